package scenarios

import (
	"fmt"
	"strings"
	"time"

	"mockamivoice/protocol"
)

// InWords says what p does, one sentence each, for people.
func (p *Play) InWords() []string {
	var all []string
	for _, f := range p.Faults {
		all = append(all, f.InWords())
	}
	for i, s := range p.Transcripts {
		all = append(all, fmt.Sprintf("Utterance %d of each cycle or recording is taken for %s.", i+1, s.inWords()))
	}
	all = append(all, p.Limits.inWords()...)
	if p.Jobs != "" {
		all = append(all, jobsInWords(p.Jobs))
	}
	for _, c := range p.Behaviour {
		for _, b := range Behaviours() {
			if b.Point == c.point {
				all = append(all, fmt.Sprintf("%s is %s: %s.", c.point, c.value, b.About))
			}
		}
	}
	return all
}

// InWords is the fault as a sentence: when it strikes, and what happens then.
func (f Fault) InWords() string {
	var happens []string
	for _, d := range f.Do {
		happens = append(happens, f.doInWords(d))
	}
	return "At " + f.when() + map[bool]string{true: " of all clients together"}[f.All] + ": " + strings.Join(happens, ", then ") + "."
}

// when names the occurrences, such as "the first handshake".
func (f Fault) when() string {
	one := map[Point]string{
		AtIssue: "request for a key", AtSyncRequest: "recording", AtSyncResponse: "reply to a recording", AtHandshake: "handshake",
		AtAsyncCreate: "upload for a job", AtAsyncPoll: "poll of a job", AtAsyncResult: "poll of a job that has ended", AtWordsRequest: "request about words",
		AtStart: "s", AtFeed: "p", AtEvent: "event", AtEnd: "e",
	}[f.At]
	if f.Of != "" {
		one = f.Of
	}
	switch {
	case f.Times == 0 && f.Nth == 1:
		return "every " + one
	case f.Times == 0:
		return fmt.Sprintf("every %s from the %s on", one, ordinal(f.Nth))
	case f.Times == 1:
		return fmt.Sprintf("the %s %s", ordinal(f.Nth), one)
	case f.Nth == 1:
		return fmt.Sprintf("each %s up to the %s", one, ordinal(f.Times))
	}
	return fmt.Sprintf("each %s from the %s to the %s", one, ordinal(f.Nth), ordinal(f.Nth+f.Times-1))
}

func ordinal(n int) string {
	if n == 1 {
		return "first"
	}
	ending := "th"
	if tens := n / 10 % 10; tens != 1 {
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, ending)
}

// subject is what the clause is about, and what is done with it when nothing is wrong.
func (f Fault) subject() (it, done string) {
	switch f.At {
	case AtFeed, AtSyncRequest:
		return "it", "heard"
	case AtIssue, AtSyncResponse, AtHandshake, AtAsyncCreate, AtAsyncPoll, AtAsyncResult, AtWordsRequest:
		return "the answer", "sent"
	case AtStart, AtEvent, AtEnd:
	}
	return "it", "sent"
}

func statusInWords(d DoStatus) string {
	text := fmt.Sprintf("the answer is HTTP status %d, with a body that is none of the service's", d.Status)
	if d.RetryAfter > 0 {
		text += " and a header that asks to come back after " + span(d.RetryAfter)
	}
	if d.Unread {
		text += "; it comes as soon as the key is known, and what the client is still sending is not read"
	}
	return text
}

// doInWords is what happens, as a clause.
func (f Fault) doInWords(d Do) string {
	it, done := f.subject()
	switch d := d.(type) {
	case DoError:
		return f.errorInWords(d.ID)
	case DoStatus:
		return statusInWords(d)
	case DoDelay:
		return span(d.For) + " of clock time pass, and what follows on the connection waits as well"
	case DoStall, DoNoAnswer:
		return silenceInWords(d)
	case DoClose:
		return f.closeInWords(d)
	case DoReset:
		return "the connection is reset (TCP RST)"
	case DoTruncate:
		return it + " breaks off after " + d.inWords() + ", and the connection ends"
	case DoGarble:
		return it + " has some of its characters changed, the first among them"
	case DoDrip:
		return fmt.Sprintf("%s is %s in pieces of %s, one every %s of clock time", it, done, bytesInWords(d.Bytes), span(d.Every))
	case DoDrop:
		return it + " is not " + done
	case DoDuplicate:
		return fmt.Sprintf("%s is %s %d times", it, done, d.Times)
	case DoOrder:
		return fmt.Sprintf("events wait until there is one of each of %s, and go in this order", strings.Join(d.Letters, ", "))
	case DoSend:
		return fmt.Sprintf("the service says %q first", d.Text)
	case DoReplace:
		return d.inWords()
	case DoResult:
		return "the result is " + d.inWords()
	case DoLimit:
		return "the " + d.Name.inWords() + " counts as reached"
	case DoState:
		return "the answer is that the job is " + string(d.State) + ", wherever it is"
	case DoExpireKey:
		return f.expiryInWords(d)
	}
	return d.Word()
}

func silenceInWords(d Do) string {
	if _, forEver := d.(DoStall); forEver {
		return "the service says nothing any more, whatever comes, and the connection stays open"
	}
	return "there is no answer"
}

// errorInWords is the answer as it goes over the wire.
func (f Fault) errorInWords(id protocol.ErrorID) string {
	e, _ := protocol.ErrorNamed(id)
	if e == nil {
		return string(id)
	}
	known := map[protocol.Basis]string{protocol.Assumed: " (the wording is assumed)", protocol.Inferred: " (the wording is inferred)"}[e.Basis]
	switch {
	case f.At.Surface() == protocol.SurfaceAsync && e.Surface == protocol.SurfaceSync:
		return fmt.Sprintf("the job has failed, with code %s, %q, in its error_message%s", e.Code, e.Message, known)
	case e.Code == "" && e.Packet == 0 && e.Message != "":
		return fmt.Sprintf("the answer is HTTP status %d with the message %q%s", e.Status, e.Message, known)
	case e.Packet != 0:
		return fmt.Sprintf("the answer is %q%s", string(e.Packet)+" "+e.Message, known)
	case e.Code != "":
		return fmt.Sprintf("the answer is HTTP status %d with code %s, %q%s", e.Status, e.Code, e.Message, known)
	case e.Message != "":
		return fmt.Sprintf("the answer is HTTP status %d with the message %q%s", e.Status, e.Message, known)
	}
	return fmt.Sprintf("the answer is HTTP status %d with an empty body", e.Status)
}

func (f Fault) closeInWords(d DoClose) string {
	switch {
	case f.At.Surface() != protocol.SurfaceStream || f.At == AtHandshake:
		return "the connection ends without an answer"
	case d.Code != 0:
		return fmt.Sprintf("a close frame with code %d ends the connection", d.Code)
	}
	return "a close frame without a code ends the connection"
}

func (f Fault) expiryInWords(d DoExpireKey) string {
	key := "the key"
	if f.At == AtIssue {
		key = "the key that is issued"
	}
	if d.Ago > 0 {
		return key + " expired " + span(d.Ago) + " ago"
	}
	return key + " has just expired"
}

func (d DoTruncate) inWords() string {
	if d.Fraction > 0 {
		return fmt.Sprintf("%g of its length", d.Fraction)
	}
	return bytesInWords(d.Bytes)
}

func (d DoReplace) inWords() string {
	text := fmt.Sprintf("%q comes instead", short(d.Text))
	if strings.Contains(d.Text, "${payload}") {
		text += ", with what would have come in place of ${payload}"
	}
	return text
}

func bytesInWords(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// span is d without the zeros at its end: 5m, not 5m0s.
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (s Said) inWords() string {
	switch {
	case s.Code != "":
		return fmt.Sprintf("code %s, %q, and no text", s.Code, s.Message())
	case s.Text == "" && len(s.Tokens) == 0:
		return "an empty text"
	case s.Repeat > 1:
		return fmt.Sprintf("%q, %d times over", short(s.Text), s.Repeat)
	}
	return fmt.Sprintf("%q", short(s.Text))
}

func (l Limit) inWords() string {
	return map[Limit]string{
		LimitNoData: "limit of a stream without audio", LimitNonSpeech: "limit of a stream without speech",
		LimitSession: "limit of a session", LimitIdle: "limit of a connection without s",
	}[l]
}

func (l Limits) inWords() []string {
	var all []string
	for _, d := range []struct {
		what string
		is   time.Duration
	}{
		{"A stream may go without audio", l.NoData},
		{"A stream may go without speech", l.NonSpeech},
		{"A session may last", l.Session},
		{"A connection may be without s", l.Idle},
		{"An utterance may last", l.Utterance},
		{"A job is kept", l.Retention},
	} {
		if d.is > 0 {
			all = append(all, fmt.Sprintf("%s for %s and no longer.", d.what, span(d.is)))
		}
	}
	if l.Upload > 0 {
		all = append(all, fmt.Sprintf("A recording may have %d bytes of audio and no more.", l.Upload))
	}
	return all
}

// InWords is what a client does that keeps a reaction, such as "asks for another key within 10s"; for a law it is its id.
func (e Expectation) InWords() string {
	if e.Law != "" {
		return "keeps " + e.Law
	}
	if e.Expect == ReactNone {
		return "neither tries again nor asks for another key for " + span(e.Within)
	}
	does := map[Reaction]string{
		ReactIssue: "asks for another key", ReactStart: "begins again with s", ReactClose: "gives up and ends the connection", ReactRetry: "tries once more",
	}[e.Expect]
	return does + " within " + span(e.Within)
}

func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// jobsInWords says how jobs go on.
func jobsInWords(progress string) string {
	word, value, _ := strings.Cut(progress, "=")
	switch word {
	case "at-once":
		return "A job is over when it is made."
	case "clock":
		return "A job is over after " + value + " of clock time."
	case "polls":
		return "A job goes on to its next state after " + value + " polls."
	}
	return "A job goes on only when it is told to."
}
