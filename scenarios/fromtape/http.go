package fromtape

import (
	"encoding/hex"
	"strconv"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// http writes the requests of a connection and what they were answered.
func (b *builder) http() {
	requests := 0
	for i, e := range b.own {
		switch e.Kind {
		case scenarios.HTTPRequest:
			before := len(b.steps)
			b.issueBefore(e.N)
			issued := len(b.steps) > before
			b.wait(b.gap(e.At.Time, 0, realGap))
			b.last = e.At.Time
			requests++
			b.request(e, b.reply(i), requests > 1 && !issued)
			b.played.request(e)
		case scenarios.HTTPResponse:
			b.expectReply(e)
			b.played.reply(e)
		case scenarios.ConnClose:
			b.played.unanswered(e)
		case scenarios.FaultStruck:
			b.struck(e)
		default:
		}
	}
	for range b.played.open {
		b.note("there was no answer to this request on the tape")
	}
}

// reply is the answer to the request at i, or nil.
func (b *builder) reply(i int) *scenarios.Entry {
	for _, e := range b.own[i+1:] {
		switch e.Kind {
		case scenarios.HTTPResponse:
			return e
		case scenarios.HTTPRequest:
			return nil
		default:
		}
	}
	return nil
}

func (b *builder) request(e, reply *scenarios.Entry, same bool) {
	path, query, _ := strings.Cut(pathOf(e.Target), "?")
	issue := path == protocol.PathIssue
	b.need(scenarios.Request{Path: scenarios.Template(path)}.Needs())
	secret := wrongKey
	switch {
	case issue && b.goodCredentials(e):
		secret = "${spw}"
	case issue:
		secret = wrongSPW
	case reply != nil && reply.Status == 200 && !strings.Contains(reply.Body, `"code":"-"`):
		secret = "${key}"
	}
	var headers []field
	if v := header(e, "Authorization"); v != "" {
		headers = append(headers, field{"Authorization", quote(b.vary(v, wrongKey))})
	}
	if v := header(e, "Origin"); v != "" {
		headers = append(headers, field{"Origin", quote(b.vary(v, hidden))})
	}
	form, parts, body := b.fields(e, secret)
	if v := header(e, "Content-Type"); v != "" && form == "" && parts == "" && body != "" {
		headers = append(headers, field{"Content-Type", quote(b.vary(v, hidden))})
	}
	b.step("request", mapping(
		field{"method", when(e.Method != "POST", quote(e.Method))}, field{"path", quote(path)},
		field{"query", when(query != "", quote(b.vary(query, secret)))}, field{"headers", when(headers != nil, mapping(headers...))},
		field{"form", form}, field{"parts", parts}, field{"body", body},
		field{"chunked", when(strings.EqualFold(header(e, "Transfer-Encoding"), "chunked"), "true")}, field{"same-connection", when(same, "true")},
	))
}

// pathOf is the path and query of a target, which may be a whole URL.
func pathOf(target string) string {
	if _, rest, ok := strings.Cut(target, "://"); ok {
		_, path, _ := strings.Cut(rest, "/")
		return "/" + path
	}
	return target
}

// goodCredentials tells whether nothing says that the key issued for e will be refused for its credentials.
func (b *builder) goodCredentials(e *scenarios.Entry) bool {
	for _, other := range b.own {
		if other.N > e.N && other.Kind == scenarios.KeyIssued {
			return !badCredentials(other)
		}
	}
	return true
}

// fields are the body of a request, in one of its three shapes.
func (b *builder) fields(e *scenarios.Entry, secret string) (form, parts, body flow) {
	media, _, _ := strings.Cut(header(e, "Content-Type"), ";")
	switch {
	case len(e.Parts) > 0 && strings.EqualFold(strings.TrimSpace(media), "multipart/form-data"):
		return "", b.parts(e, secret), ""
	case len(e.Parts) > 0:
		return b.form(e, secret), "", ""
	case e.Audio != nil:
		return "", "", mapping(b.sound(e)...)
	case e.Body != "":
		return "", "", quote(b.vary(e.Body, secret))
	}
	return "", "", ""
}

func (b *builder) form(e *scenarios.Entry, secret string) flow {
	var fields []field
	seen := make(map[string]bool)
	for _, p := range e.Parts {
		if seen[p.Name] {
			b.note("the field " + strings.ToValidUTF8(string(quote(p.Name)), "?") + " was there more than once, which a form of a script cannot have")
			continue
		}
		seen[p.Name] = true
		value := b.vary(p.Value, secret)
		if p.Name == "sid" && b.goodCredentials(e) {
			value = "${sid}"
		}
		fields = append(fields, field{string(quote(p.Name)), quote(value)})
	}
	return mapping(fields...)
}

func (b *builder) parts(e *scenarios.Entry, secret string) flow {
	var all []flow
	for _, p := range e.Parts {
		name := p.Name
		if name == "" {
			b.note("a part had no name, which one of a script must have")
			name = "unnamed"
		}
		fields := []field{{"name", quote(b.vary(name, hidden))}}
		if p.Filename != nil {
			fields = append(fields, field{"filename", quote(b.vary(*p.Filename, hidden))})
		}
		fields = append(fields, field{"type", when(p.Type != "", quote(b.vary(p.Type, hidden)))})
		if e.Audio != nil && p.Name == "a" && p.Value == "" && p.Size == e.Audio.Bytes && p.Size > 0 {
			fields = append(fields, b.sound(e)...)
		} else {
			fields = append(fields, field{"value", quote(b.vary(p.Value, secret))})
		}
		all = append(all, mapping(fields...))
	}
	return list(all...)
}

// sound stands for the audio of an upload.
func (b *builder) sound(e *scenarios.Entry) []field {
	if known, ok := wholly([]*scenarios.Entry{e}); ok {
		return []field{{"hex", quote(hex.EncodeToString(known))}}
	}
	if b.replyCode(e) == "+" && e.Audio.First != "" {
		b.note(firstBytes)
		return []field{{"hex", quote(unreadable(e.Audio.First))}}
	}
	b.note(aboutSound([]*scenarios.Entry{e}))
	c := newCycle(declared(e))
	as, bytes := flow(""), e.Audio.Bytes
	if strings.HasPrefix(e.Audio.First, riff) {
		bytes = max(bytes-wavHeader, 1)
		as = "WAV16K"
		if c.format.Rate == 8000 {
			as = "WAV8K"
		}
	} else if c.format.Encoding != protocol.Headed {
		as = flow(c.format.Name)
	}
	ms := e.Audio.Ms
	if ms == 0 {
		ms = bytes * 1000 / c.bytesPerSecond()
	}
	return []field{{string(b.kindOf(e)), quote(strconv.FormatInt(min(max(ms, 1), longMs), 10) + "ms")}, {"as", as}}
}

// declared is the format that a request names as c, in the field of that name or in d.
func declared(e *scenarios.Entry) string {
	for _, p := range e.Parts {
		if p.Name == "c" {
			return p.Value
		}
	}
	if f, ok := protocol.ParseAudioContentType(header(e, "Content-Type")); ok {
		return f.Name
	}
	_, query, _ := strings.Cut(e.Target, "?")
	if c, ok := protocol.First(protocol.ParseForm(query), "c"); ok {
		return c
	}
	return ""
}

// kindOf guesses from the answer what was to be heard: digital silence and noise have answers of their own. (observed)
func (b *builder) kindOf(request *scenarios.Entry) scenarios.SoundKind {
	switch r, ok := b.result(request); {
	case ok && r.Code == "o":
		return scenarios.SoundSilence
	case ok && r.Code == "" && r.Text == "":
		return scenarios.SoundNoise
	}
	return scenarios.SoundSpeech
}

func (b *builder) replyCode(request *scenarios.Entry) string {
	r, _ := b.result(request)
	return r.Code
}

// result is what the answer to a request says, when it is a result.
func (b *builder) result(request *scenarios.Entry) (protocol.Result, bool) {
	for _, e := range b.own {
		if e.N > request.N && e.Kind == scenarios.HTTPResponse {
			r, err := protocol.ParseResult([]byte(e.Body))
			return r, err == nil
		}
	}
	return protocol.Result{}, false
}

// expectReply writes what a request was answered. The body of an issuance is a key, whatever the tape says.
func (b *builder) expectReply(e *scenarios.Entry) {
	var body flow
	pattern, isJSON := jsonPattern(e.Body)
	isIssue := e.Surface == string(protocol.SurfaceIssue)
	switch {
	case isIssue && e.Status == 200 && e.Body != "":
		name := "key"
		if id := issuedBy(e); b.names[id] != "" {
			name = b.names[id]
		}
		body = mapping(field{"regexp", quote("(?s:.+)")}, field{"as", flow(name)})
	case e.Status >= 300 && (!isIssue || !isJSON):
		body = "" // no page of a proxy is like another
	case isJSON:
		body = mapping(field{"json", pattern})
	default:
		body = quote(b.literal(e.Body))
	}
	b.step("expect", mapping(field{"status", flow(strconv.Itoa(e.Status))}, field{"body", body}))
}
