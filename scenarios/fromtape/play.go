package fromtape

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// playing gathers what the server did out of the ordinary, as faults that do the same to any client.
type playing struct {
	transcripts []flow // of the only cycle
	later       []flow // results as faults, when there are several cycles
	faults      []flow
	requests    map[scenarios.Point]int
	open        []scenarios.Point // requests that are not answered yet
	starts      int
	feeds       int
	ends        int
	finals      int
	asked       byte             // the last packet of the client that waits for an answer: s or e; 0 for none
	since       *scenarios.Entry // that packet, or a request
	refused     bool             // the server has ended the stream of its own, or is about to
}

func (p *playing) fault(at scenarios.Point, of string, nth int, do flow) {
	p.faults = append(p.faults, mapping(
		field{"at", flow(at)}, field{"of", flow(of)}, field{"nth", when(nth > 0, flow(strconv.Itoa(nth)))}, field{"do", do},
	))
}

func (p *playing) text() string {
	var b strings.Builder
	faults, transcripts := p.faults, p.transcripts
	if p.starts > 1 {
		faults, transcripts = append(p.later, faults...), nil
	}
	if len(faults)+len(transcripts) == 0 {
		return ""
	}
	b.WriteString("\nplay:\n")
	block(&b, "transcripts", transcripts)
	block(&b, "faults", faults)
	return b.String()
}

func block(b *strings.Builder, name string, items []flow) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "  %s:\n", name)
	for _, item := range items {
		fmt.Fprintf(b, "    - %s\n", item)
	}
}

// command counts what the client sent.
func (p *playing) command(e *scenarios.Entry) {
	switch {
	case e.Text == "p":
		p.feeds++
	case e.Text == "e":
		p.ends++
		p.asked, p.since = 'e', e
	case e.Text == "s" || strings.HasPrefix(e.Text, "s "):
		p.starts++
		p.asked, p.since = 's', e
	}
}

// handshake is a refusal of one.
func (p *playing) handshake(e *scenarios.Entry) {
	if e.Status >= 200 {
		p.refused = true
		p.fault(scenarios.AtHandshake, "", 1, status(e.Status))
	}
}

func status(code int) flow { return mapping(field{"status", flow(strconv.Itoa(code))}) }

// event is a message of the server. Its plain answers and events are ordinary.
func (p *playing) event(e *scenarios.Entry) {
	event, err := protocol.ParseEvent([]byte(e.Text))
	if err != nil {
		p.broken(e)
		return
	}
	switch event := event.(type) {
	case protocol.StartReply:
		p.asked = 0
		if event.Error.OK {
			p.refused = true
			p.failed('s', event.Error.Value, scenarios.AtStart, p.starts)
		}
	case protocol.FeedError:
		p.failed('p', event.Text, scenarios.AtFeed, max(p.feeds, 1))
	case protocol.EndReply:
		isAsked := p.asked == 'e'
		p.asked = 0
		switch {
		case !event.Error.OK:
		case isAsked:
			p.failed('e', event.Error.Value, scenarios.AtEnd, p.ends)
		case p.feeds > 0:
			p.refused = true
			p.failed('e', event.Error.Value, scenarios.AtFeed, p.feeds)
		default:
			p.refused = true
			p.fault(scenarios.AtStart, "", p.starts, mapping(field{"limit", flow(scenarios.LimitNoData)}))
		}
	case protocol.Final:
		p.finals++
		said := saidOf(event.Result)
		p.transcripts = append(p.transcripts, said)
		p.later = append(p.later, mapping(field{"at", flow(scenarios.AtEvent)}, field{"of", "A"}, field{"nth", flow(strconv.Itoa(p.finals))}, field{"do", mapping(field{"result", said})}))
	default:
	}
}

// failed is an error of the stream: one of the catalogue when its text is known.
func (p *playing) failed(packet byte, text string, at scenarios.Point, nth int) {
	id, known := named(packet, text)
	switch {
	case id == protocol.StartExpired:
		p.fault(at, "", nth, "expire-key") // the server finds the date by itself
	case known:
		p.fault(at, "", nth, mapping(field{"error", flow(id)}))
	case at == scenarios.AtFeed:
		p.fault(at, "", nth, mapping(field{"send", quote(plain(string(packet) + " " + text))}))
	default:
		p.fault(at, "", nth, mapping(field{"replace", quote(plain(string(packet) + " " + text))}))
	}
}

// named finds the error of the catalogue with that text, which may have a variable part.
func named(packet byte, text string) (protocol.ErrorID, bool) {
	variable := regexp.MustCompile(`<[a-z]+>`)
	for _, e := range protocol.Catalogue() {
		if e.Packet != packet {
			continue
		}
		pattern := variable.ReplaceAllString(regexp.QuoteMeta(e.Message), ".+")
		if regexp.MustCompile(`\A(?:` + pattern + `)\z`).MatchString(text) {
			return e.ID, true
		}
	}
	return "", false
}

// broken is a message that is none of the protocol: it is sent as it was, in the place of one with its letter.
func (p *playing) broken(e *scenarios.Entry) {
	name := letter(e)
	do := mapping(field{"replace", quote(plain(e.Text))})
	switch {
	case name == "A":
		p.finals++
		p.fault(scenarios.AtEvent, "A", p.finals, do)
	case len(name) == 1 && strings.Contains("SECUG", name):
		p.fault(scenarios.AtEvent, name, 1, do)
	case p.feeds > 0 && e.Text != "":
		p.fault(scenarios.AtFeed, "", p.feeds, mapping(field{"send", quote(plain(e.Text))}))
	case p.starts > 0 && e.Text != "":
		p.fault(scenarios.AtStart, "", p.starts, mapping(field{"send", quote(plain(e.Text))}))
	}
}

// goodbye is a close frame of the server: the answer to the client's, or a word of its own.
func (p *playing) goodbye(e *scenarios.Entry, answers bool) {
	if answers || p.refused {
		p.refused = true // what ends now is no news
		return
	}
	p.refused = true
	if e.Code >= 1000 && e.Code <= 4999 && e.Code != 1005 && e.Code != 1006 && e.Code != 1015 {
		p.atLast(mapping(field{"close", mapping(field{"code", flow(strconv.Itoa(e.Code))})}))
		return
	}
	p.atLast("close")
}

// cut is the end of a stream that the server brought about without a word. A fault that closes would say goodbye; one that resets
// does not.
func (p *playing) cut(saidGoodbye bool) {
	if !saidGoodbye && !p.refused {
		p.atLast("reset")
	}
}

// ignored is the end of a stream by the client, who may have waited in vain. It tells whether he did.
func (p *playing) ignored(e *scenarios.Entry) bool {
	if p.asked == 0 || p.refused || !p.waited(e) {
		return false
	}
	at, nth := scenarios.AtStart, p.starts
	if p.asked == 'e' {
		at, nth = scenarios.AtEnd, p.ends
	}
	p.asked = 0
	p.fault(at, "", nth, "no-answer")
	return true
}

// waited tells whether the client gave the server time to answer before e, on its clock or in reality.
func (p *playing) waited(e *scenarios.Entry) bool {
	const patience = time.Second
	return e.At.Sub(p.since.At.Time) >= patience || e.T-p.since.T >= patience.Milliseconds()
}

// atLast is a fault at what the client did last on the stream.
func (p *playing) atLast(do flow) {
	switch {
	case p.asked == 'e':
		p.fault(scenarios.AtEnd, "", p.ends, do)
	case p.feeds > 0 && p.asked != 's':
		p.fault(scenarios.AtFeed, "", p.feeds, do)
	case p.starts > 0:
		p.fault(scenarios.AtStart, "", p.starts, do)
	default: // a stream on which nothing was said: there is no point at which to end it
	}
}

// plain is a text for the fake, which knows no variables there.
func plain(s string) string {
	s = marker().ReplaceAllString(s, "(a key)")
	return strings.ReplaceAll(s, "${", "$ {")
}

// request is one over HTTP.
func (p *playing) request(e *scenarios.Entry) {
	at := scenarios.AtSyncRequest
	if e.Surface == string(protocol.SurfaceIssue) {
		at = scenarios.AtIssue
	}
	if p.requests == nil {
		p.requests = make(map[scenarios.Point]int)
	}
	p.requests[at]++
	p.open = append(p.open, at)
	p.since = e
}

// reply is the answer to one.
func (p *playing) reply(e *scenarios.Entry) {
	if len(p.open) == 0 {
		return
	}
	at := p.open[0]
	p.open = p.open[1:]
	nth := p.requests[at]
	if at == scenarios.AtIssue {
		p.issued(e, nth)
		return
	}
	r, err := protocol.ParseResult([]byte(e.Body))
	switch {
	case e.Status != 200:
		p.fault(scenarios.AtSyncResponse, "", nth, status(e.Status))
	case err != nil:
		p.fault(scenarios.AtSyncResponse, "", nth, mapping(field{"replace", quote(plain(e.Body))}))
	case r.Code != "":
		p.failedResult(r, nth, e.Body)
	default:
		p.fault(scenarios.AtSyncResponse, "", nth, mapping(field{"result", saidOf(r)}))
	}
}

func (p *playing) failedResult(r protocol.Result, nth int, body string) {
	for _, known := range protocol.Catalogue() {
		if known.Surface == protocol.SurfaceSync && known.Status == 200 && known.Code == r.Code && known.Message == r.Message {
			p.fault(scenarios.AtSyncRequest, "", nth, mapping(field{"error", flow(known.ID)}))
			return
		}
	}
	p.fault(scenarios.AtSyncResponse, "", nth, mapping(field{"replace", quote(plain(body))}))
}

func (p *playing) issued(e *scenarios.Entry, nth int) {
	switch {
	case e.Status == 200 && e.Body == "":
		p.fault(scenarios.AtIssue, "", nth, mapping(field{"error", flow(protocol.IssueEmpty)}))
	case e.Status != 200:
		p.fault(scenarios.AtIssue, "", nth, status(e.Status))
	}
}

// unanswered is the end of a connection on which an answer is due.
func (p *playing) unanswered(e *scenarios.Entry) {
	if len(p.open) == 0 {
		return
	}
	do := flow("close")
	switch {
	case e.Text == scenarios.ClosedByClient && p.waited(e):
		do = "no-answer"
	case e.Text == scenarios.ClosedByClient:
		return
	case e.How == "rst":
		do = "reset"
	}
	p.fault(p.open[0], "", p.requests[p.open[0]], do)
}

// saidOf is what was understood.
func saidOf(r protocol.Result) flow {
	for _, known := range protocol.Catalogue() {
		if r.Code != "" && known.Surface == protocol.SurfaceSync && known.Status == 200 && known.Code == r.Code {
			return mapping(field{"code", quote(r.Code)})
		}
	}
	tokens, written := tokensOf(r)
	confidence := flow("")
	if n := len(r.Results); n > 0 && r.Results[n-1].Confidence.OK {
		confidence = flow(strconv.FormatFloat(r.Results[n-1].Confidence.Value, 'f', -1, 64))
	}
	const most = 500
	if len(tokens) == 0 || len(tokens) > most {
		return mapping(field{"text", quote(plain(r.Text))}, field{"confidence", confidence})
	}
	return mapping(field{"text", when(written != r.Text, quote(plain(r.Text)))}, field{"confidence", confidence}, field{"tokens", list(tokens...)})
}

// tokensOf are the words of a result without their times, which the sound decides, and what they come to.
func tokensOf(r protocol.Result) (tokens []flow, written string) {
	var text strings.Builder
	for _, u := range r.Results {
		for _, t := range u.Tokens {
			text.WriteString(t.Written)
			fields := []field{{"written", quote(plain(t.Written))}}
			for _, one := range []struct {
				name  string
				value protocol.Maybe[string]
			}{{"spoken", t.Spoken}, {"label", t.Label}} {
				fields = append(fields, field{one.name, when(one.value.OK, quote(plain(one.value.Value)))})
			}
			tokens = append(tokens, mapping(fields...))
		}
	}
	return tokens, text.String()
}
