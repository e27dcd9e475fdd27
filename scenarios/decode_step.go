package scenarios

import (
	"encoding/hex"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/sound"
	"mockamivoice/scenarios/strict"
)

const (
	usualPacket   = 4096 // bytes of audio in a p packet (observed: the vendor's clients)
	usualPatience = 2 * time.Second
	mostSteps     = 200
	mostSound     = 10 * time.Minute
)

func (s *Scenario) readScript(n strict.Node) {
	items := n.Items()
	if len(items) > mostSteps {
		n.Fail("has %d steps; %d are enough for one idea", len(items), mostSteps)
		return
	}
	s.Script = []Step{}
	var place placing
	for _, item := range items {
		step := Step{Line: item.Line()}
		step.read(item, &place)
		s.Script = append(s.Script, step)
	}
}

// placing is what has gone before a step: what a bare expect is about, and whether there is a connection.
type placing struct{ request, stream bool }

func (s *Step) read(n strict.Node, place *placing) {
	needStream := func(read strict.Reader) strict.Reader {
		return func(v strict.Node) {
			if !place.stream {
				v.Fail("there is no stream yet; connect first")
			}
			place.request = false
			read(v)
		}
	}
	n.One("verb", strict.Fields{
		"issue":   func(v strict.Node) { s.Action = readIssue(v) },
		"request": func(v strict.Node) { s.Action, place.request = readRequest(v), true },
		"submit":  func(v strict.Node) { s.Action, place.request = readSubmit(v), true },
		"poll":    func(v strict.Node) { s.Action, place.request = readPoll(v), true },
		"words":   func(v strict.Node) { s.Action, place.request = readWords(v), true },
		"connect": func(v strict.Node) { s.Action, place.request, place.stream = readConnect(v), false, true },
		"send":    needStream(func(v strict.Node) { s.Action = readSend(v) }),
		"feed":    needStream(func(v strict.Node) { s.Action = readFeed(v) }),
		"end":     needStream(func(v strict.Node) { onlyTrue(v); s.Action = End{} }),
		"close":   needStream(func(v strict.Node) { onlyTrue(v); s.Action = Close{} }),
		"expect": func(v strict.Node) {
			if !place.stream && !place.request {
				v.Fail("nothing was sent yet that could be answered")
			}
			s.Action = readExpect(v, place.request)
		},
		"any-order":   needStream(func(v strict.Node) { s.Action = readAnyOrder(v) }),
		"expect-none": needStream(func(v strict.Node) { s.Action = readExpectNone(v) }),
		"closed":      needStream(func(v strict.Node) { s.Action = readClosed(v) }),
		"wait": func(v strict.Node) {
			var w Wait
			strict.Duration(&w.For)(v)
			s.Action = w
		},
	})
}

func onlyTrue(n strict.Node) {
	var v bool
	if strict.Bool(&v)(n); !v {
		n.Fail("must be true; leave the step out otherwise")
	}
}

func template(dst *Template) strict.Reader {
	return func(n strict.Node) {
		*dst = Template(n.Text())
		checkTemplate(n, string(*dst))
	}
}

func templateOr(dst **Template) strict.Reader {
	return func(n strict.Node) {
		var t Template
		template(&t)(n)
		*dst = &t
	}
}

func checkTemplate(n strict.Node, s string) {
	if _, err := expand(s, func(string) (string, error) { return "", nil }); err != nil {
		n.Fail("%v", err)
	}
	known := placeholders()
	for _, name := range Template(s).Variables() {
		if _, is := known[name]; is {
			n.Fail("${%s} stands for something that is expected; it cannot be sent", name)
		}
	}
}

func readIssue(n strict.Node) Issue {
	a := Issue{As: "key"}
	if n.IsNull() {
		return a
	}
	n.Map(strict.Fields{
		"sid": templateOr(&a.SID), "spw": templateOr(&a.SPW), "epi": templateOr(&a.EPI), "ipa": templateOr(&a.IPA),
		"as": variable(&a.As), "from": template(&a.From),
		"by": func(v strict.Node) {
			var by string
			strict.OneOf(&by, "issuing-key", "credentials")(v)
			a.ByIssuingKey = by == "issuing-key"
		},
	})
	return a
}

func variable(dst *string) strict.Reader {
	return func(n strict.Node) {
		*dst = n.Text()
		if _, taken := placeholders()[*dst]; taken || *dst == "" || strings.Trim(*dst, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			n.Fail("%q is not the name of a variable: small letters, digits and dashes, and no placeholder", *dst)
		}
	}
}

func readRequest(n strict.Node) Request {
	a := Request{Method: "POST"}
	n.Map(strict.Fields{
		"method": func(v strict.Node) {
			if a.Method = v.Text(); a.Method == "" || strings.Trim(a.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
				v.Fail("%q is not an HTTP method", a.Method)
			}
		},
		"path": func(v strict.Node) {
			var path string
			readPath(&path)(v)
			checkTemplate(v, path)
			a.Path = Template(path)
		},
		"query": template(&a.Query), "from": template(&a.From),
		"headers": readHeaders(&a.Headers), "form": readFields(&a.Form), "chunked": strict.Bool(&a.Chunked),
		"same-connection": strict.Bool(&a.SameConnection),
		"parts": func(v strict.Node) {
			for _, item := range v.Items() {
				a.Parts = append(a.Parts, readPart(item))
			}
		},
		"preamble": strict.Text(&a.Preamble),
		"body": func(v strict.Node) {
			a.Body = &Content{}
			if v.IsMap() {
				a.Body.Sound = &Sound{}
				v.Map(a.Body.Sound.fields())
				a.Body.Sound.check(v)
				return
			}
			template(&a.Body.Text)(v)
		},
	}, "path")
	if a.Preamble != "" && a.Parts == nil {
		n.Fail("has a preamble, which only parts can have")
	}
	if bodies := btoi(a.Form != nil) + btoi(a.Parts != nil) + btoi(a.Body != nil); bodies > 1 {
		n.Fail("has more than one of form, parts and body")
	}
	return a
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func readPath(dst *string) strict.Reader {
	return func(n strict.Node) {
		*dst = n.Text()
		if !strings.HasPrefix(*dst, "/") || strings.ContainsAny(*dst, " \r\n?#") {
			n.Fail("%q is not a path like %s", *dst, protocol.PathSync)
		}
	}
}

func readFields(dst *[]Field) strict.Reader {
	return func(n strict.Node) {
		*dst = []Field{}
		for _, p := range n.Pairs() {
			f := Field{Name: p.Name}
			template(&f.Value)(p.Value)
			*dst = append(*dst, f)
		}
	}
}

func readHeaders(dst *[]Field) strict.Reader {
	return func(n strict.Node) {
		readFields(dst)(n)
		for _, f := range *dst {
			if strings.ContainsAny(f.Name+string(f.Value), "\r\n") {
				n.Fail("header %q holds a line end", f.Name)
			}
		}
	}
}

func readPart(n strict.Node) BodyPart {
	var p BodyPart
	var sound Sound
	fields := sound.fields()
	hasValue := false
	fields["name"] = strict.NonEmpty(&p.Name)
	fields["value"] = func(v strict.Node) { template(&p.Text)(v); hasValue = true }
	fields["filename"] = strict.TextOr(&p.Filename)
	fields["type"] = strict.Text(&p.Type)
	n.Map(fields, "name")
	if !hasValue {
		p.Sound = &sound
		sound.check(n)
	} else if sound.Kind != "" {
		n.Fail("has a value and a sound; it can have one of them")
	}
	if strings.ContainsAny(p.Name+p.Type, "\r\n") || p.Filename != nil && strings.ContainsAny(*p.Filename, "\r\n") {
		n.Fail("a header of the part holds a line end")
	}
	return p
}

// fields are the fields that make a sound.
func (s *Sound) fields() strict.Fields {
	once := func(kind SoundKind, read strict.Reader) strict.Reader {
		return func(n strict.Node) {
			if s.Kind != "" {
				n.Fail("has %s and %s; a sound has one source", s.Kind, kind)
			}
			s.Kind = kind
			read(n)
		}
	}
	length := func(n strict.Node) {
		if strict.Duration(&s.For)(n); s.For > mostSound {
			n.Fail("is longer than %s", mostSound)
		}
	}
	return strict.Fields{
		"silence": once(SoundSilence, length), "speech": once(SoundSpeech, length), "noise": once(SoundNoise, length),
		"file": once(SoundFile, strict.NonEmpty(&s.File)),
		"hex":  once(SoundHex, func(n strict.Node) { s.Hex = readHex(n) }),
		"as": func(n strict.Node) {
			s.As = strings.ToUpper(n.Text())
			if _, err := sound.ParseFormat(s.As); err != nil {
				n.Fail("%v", err)
			}
		},
	}
}

func (s *Sound) check(n strict.Node) {
	switch {
	case s.Kind == "":
		n.Fail("names no sound: silence, speech, noise, file or hex")
	case (s.Kind == SoundFile || s.Kind == SoundHex) && s.As != "":
		n.Fail("as: is for generated sounds; a %s is sent as it is", s.Kind)
	}
	if s.Kind == SoundFile {
		if _, err := audioFiles.ReadFile("audio/" + s.File); err != nil {
			n.Fail("there is no audio file %q in the library", s.File)
		}
	}
}

func readHex(n strict.Node) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(n.Text(), " ", ""))
	if err != nil {
		n.Fail("must be hexadecimal digits in pairs")
	}
	return b
}

func readConnect(n strict.Node) Connect {
	var a Connect
	if !n.IsMap() {
		readPath(&a.Path)(n)
		return a
	}
	n.Map(strict.Fields{
		"path": readPath(&a.Path), "headers": readHeaders(&a.Headers), "unmasked": strict.Bool(&a.Unmasked),
		"version": strict.TextOr(&a.Version), "from": template(&a.From),
	}, "path")
	return a
}

func readSend(n strict.Node) Send {
	var a Send
	if !n.IsMap() {
		template(&a.Text)(n)
		return a
	}
	var isText, isHex bool
	n.Map(strict.Fields{
		"text":   func(v strict.Node) { template(&a.Text)(v); isText = true },
		"hex":    func(v strict.Node) { a.Hex, isHex = readHex(v), true },
		"binary": strict.Bool(&a.Binary),
		"fragments": func(v strict.Node) {
			for _, item := range v.Items() {
				var size int
				strict.Int(&size, 0)(item)
				a.Fragments = append(a.Fragments, size)
			}
		},
	})
	if isText == isHex {
		n.Fail("needs one of text and hex")
	}
	return a
}

func readFeed(n strict.Node) Feed {
	a := Feed{Packet: usualPacket}
	fields := a.fields()
	fields["packet"] = strict.Int(&a.Packet, 0)
	fields["bare"] = strict.Bool(&a.Bare)
	n.Map(fields)
	a.check(n)
	return a
}

func readExpectNone(n strict.Node) ExpectNone {
	var a ExpectNone
	if n.IsMap() {
		n.Map(strict.Fields{"for": strict.Duration(&a.For), "of": strict.NonEmpty(&a.Of)}, "for", "of")
	} else {
		strict.Duration(&a.For)(n)
	}
	if a.For > longestWait {
		n.Fail("is real time; %s is the most", longestWait)
	}
	return a
}

func readClosed(n strict.Node) Closed {
	a := Closed{Within: usualPatience, By: AnyEnding}
	if !n.IsMap() {
		onlyTrue(n)
		return a
	}
	n.Map(strict.Fields{
		"within": strict.Duration(&a.Within),
		"by":     strict.OneOf(&a.By, AnyEnding, ByFrame, WithoutWord),
	})
	return a
}
