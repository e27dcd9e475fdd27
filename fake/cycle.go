package fake

import (
	"bytes"
	"context"
	"time"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/fake/internal/session"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const longestText = 64 << 10 // of a message on the tape

// cycle is what belongs to one s…e: the parameters, and the listener that finds utterances in the audio.
type cycle struct {
	params   recognition
	listener *hearing.Listener
	format   protocol.AudioFormat
	start    int // of the utterance that is open
	end      int // of the last utterance
	index    int
	guesses  int   // interim results of the utterance
	bytes    int64 // of audio that came

	thoughts []*thought      // results that have not been said
	wanted   context.Context //nolint:containedctx // it ends with the cycle
	forget   context.CancelFunc
}

// authorize decides about s. The order is: key, expiry, credentials, address, engine, format. (ruled)
func (c *stream) authorize(a session.Authorize) session.Answered {
	r, g := c.presented.params, c.presented.grant
	byKey := rules(c.x.stage)
	answer := session.Answered{Cycle: a.Cycle, Expires: g.expires(), Rules: &byKey}
	c.expires = answer.Expires
	if c.s.deviation.start != nil {
		c.s.deviation.start(&answer)
	}
	if c.presented.refusal != nil {
		answer.Refusal = c.presented.refusal
		return answer
	}
	if g.refusal != granted {
		c.x.refused(g)
		answer.Refusal = c.startRefusal(g, c.now)
		return answer
	}
	if r.engine == "" { // observed: the vendor's library sends 0x01 when its user names no engine
		c.x.tolerate("s names no engine")
	} else if !c.s.keys.engine(r.engine, r.service) {
		answer.Refusal = protocol.NewError(protocol.StartUnauthorized)
		if c.x.stage.choices.Is(scenarios.StreamEngine, "unavailable") {
			answer.Refusal = protocol.NewError(protocol.StartUnavailable)
		}
		c.x.tolerate("engine " + quoted(r.engine) + " is unknown, or not in the contract of the key's service")
		return answer
	}
	format, err := protocol.ParseAudioFormat(a.Start.Format)
	if err != nil {
		answer.Refusal = protocol.NewError(protocol.StartUnsupportedAudio)
		c.x.tolerate("s: " + err.Error())
		return answer
	}
	c.x.learn(context.Background(), &r, format.Rate)
	c.x.noteSegmenter(r.segmenter, r.surface)
	r.books = c.s.books(c.x)
	spec := streamSpec(c.x.stage, format, r.interval)
	spec.Keep = c.s.recognizer != nil
	c.discard()
	c.cycle = cycle{params: r, format: format, listener: hearing.NewListener(spec)}
	return answer
}

func streamSpec(g stage, format protocol.AudioFormat, interval time.Duration) hearing.Spec {
	return hearing.Spec{
		Format: format, Sniff: true, Guess: g.choices.Is(scenarios.HeaderlessAudio, "lsb"), AllowMP4: g.choices.Is(scenarios.MP4Audio, "accept"),
		Utterance: g.limits.Utterance, Interval: interval,
	}
}

// startRefusal is the answer to an s with a key that is not good. (documented: expired and bad credentials; inferred: the rest)
func (c *stream) startRefusal(g grant, now time.Time) *protocol.Error {
	switch {
	case g.refusal == expiredKey:
		return protocol.ExpiredAtStart(g.expires(), now)
	case g.refusal == wrongAddress && c.x.stage.choices.Is(scenarios.StreamAddress, "unverified"):
		return protocol.NewError(protocol.StartUnverified)
	case g.refusal == badCredentials:
		return protocol.NewError(protocol.StartUnauthorized)
	}
	return protocol.NewError(protocol.StartUnauthorized).On(protocol.Inferred)
}

// hear hands audio to the listener and tells the machine what was found in it.
func (c *stream) hear(audio []byte) {
	if c.cycle.listener == nil {
		return
	}
	c.cycle.bytes += int64(len(audio))
	events, err := c.cycle.listener.Write(audio)
	c.found(events)
	if err != nil {
		c.x.tolerate("audio cannot be read: " + err.Error())
		c.run(session.AudioRefused{Refusal: protocol.NewError(protocol.FeedUnsupportedAudio)})
	}
}

// flush ends what is being heard. Audio that turns out to be unreadable only now is refused like any other.
func (c *stream) flush() {
	c.saveWords()
	if c.cycle.listener == nil {
		c.run(session.Flushed{})
		return
	}
	events, err := c.cycle.listener.Close()
	c.found(events)
	if err != nil && c.cycle.bytes > 0 {
		c.x.tolerate("audio cannot be read: " + err.Error())
		c.run(session.AudioRefused{Refusal: protocol.NewError(protocol.FeedUnsupportedAudio)})
		return
	}
	if c.cycle.bytes > 0 {
		summary := c.cycle.listener.Summary()
		c.x.note(scenarios.Heard, scenarios.Note, scenarios.Entry{Text: describe(summary) + summary.Mismatch(c.cycle.format)})
	}
	c.run(session.Flushed{})
}

// saveWords keeps the words of the cycle where that is wanted. Its session ends.
func (c *stream) saveWords() { c.x.save(context.Background(), &c.cycle.params, c.cycle.format.Rate) }

func (c *stream) found(events []hearing.Event) {
	for _, e := range events {
		switch e := e.(type) {
		case hearing.SpeechStart:
			c.cycle.start, c.cycle.guesses = e.At, 0
			c.run(session.SpeechBegan{At: e.At})
		case hearing.Interim:
			c.guess(e)
		case hearing.SpeechEnd:
			c.run(session.SpeechEnded{At: e.At})
			c.heardOne(utterance{start: c.cycle.start, end: e.At, after: c.cycle.end, voice: e.Voice, sound: e.Sound})
		}
	}
}

// heardOne deals with an utterance that is over.
func (c *stream) heardOne(u utterance) {
	p, index := c.cycle.params, c.cycle.index
	c.cycle.end = u.end
	c.cycle.index++
	c.x.noteCarried(u)
	c.s.usage.add(p, u.end-u.start)
	t, known := c.s.knows(p, u, index, c.x.stage.scenario)
	switch {
	case !known && c.s.asks(u):
		c.consult(u, index)
		return
	case !known:
		t = c.s.builtIn(p, u, index)
	}
	c.conclude(t.spelled(p.vocabulary.words).result(c.utteranceID(), u))
}

// guess sends an interim result, unless the recognizer is still busy with an utterance before.
func (c *stream) guess(e hearing.Interim) {
	if len(c.cycle.thoughts) > 0 {
		return
	}
	if i, ok := c.foretell(e.Voice, c.cycle.guesses+1); ok {
		c.cycle.guesses++
		c.run(session.Guessed{Interim: i})
	}
}

// foretell is the nth interim result of the utterance that is open; ok is false when there is nothing to say.
func (c *stream) foretell(v hearing.Voice, nth int) (i protocol.Interim, ok bool) {
	p := c.cycle.params
	u := utterance{start: c.cycle.start, end: v.End, after: c.cycle.end, voice: v}
	if said, played := saidBy(c.x.stage.scenario, c.cycle.index); played {
		i = interimOf(transcriptOf(said, u), nth, p, v.Digest)
		return i, len(i.Tokens) > 0
	}
	if i, told := p.foretell(u, c.cycle.index, nth); told {
		return i, len(i.Tokens) > 0
	}
	if v.Carried.Found {
		t := transcriptOf(scenarios.Said{Text: v.Carried.Text}, u) // as far as it was read
		i = grow(t.Tokens, t.Text, len(t.Tokens), nth, p.language, v.Digest)
		return i, len(i.Tokens) > 0
	}
	if c.s.transcriber != nil || c.s.recognizer != nil || !v.Understood {
		return i, false // what they will say is not known before the utterance is over
	}
	return hearing.Guess(p.language, v, nth, p.fillers), true
}

// utteranceID differs from utterance to utterance. (observed: the form; the model's name is ours)
func (c *stream) utteranceID() string {
	rate := "16k"
	if c.cycle.format.Rate < 16000 {
		rate = "8k"
	}
	lang := c.cycle.params.language
	id := c.s.sessionID()
	return string(protocol.AppendStreamUtteranceID(nil, protocol.StreamUtteranceID{
		Model: lang + "_" + lang + "-amivoicecloud-" + rate + "-mock", ID: id, At: id.Time,
	}))
}

// tapeCommand puts a packet of the client on the tape: text as text, audio as its measure.
func (c *stream) tapeCommand(frame *scenarios.Frame, command protocol.Command, raw []byte) {
	e := scenarios.Entry{Frame: frame}
	switch p := command.(type) {
	case protocol.Start, protocol.End:
		e.Text = c.s.cut(raw)
	case protocol.Feed:
		var m measure
		m.write(p.Audio, c.s.tape.Audio)
		e.Text, e.Audio = "p", c.s.audioEntry(m, c.cycle.format.Milliseconds(int64(len(p.Audio))))
	}
	c.x.note(scenarios.WSCommand, scenarios.In, e)
}

// tapeMalformed keeps nothing of a message that is no packet but its measure: it may be audio, or a secret in the wrong place.
func (c *stream) tapeMalformed(frame *scenarios.Frame, raw []byte, err error) {
	var m measure
	m.write(raw, false)
	c.x.note(scenarios.WSCommand, scenarios.In, scenarios.Entry{Frame: frame, Audio: c.s.audioEntry(m, 0)})
	c.x.tolerate("connection dropped: " + err.Error())
}

// cut is as much of a text as the tape takes. A secret that the cut goes through could not be found in what is left of it.
func (s *Server) cut(raw []byte) string {
	if len(raw) > longestText {
		raw = []byte(s.redact.Text(string(raw)))
	}
	return string(bytes.ToValidUTF8(raw[:min(len(raw), longestText)], []byte("\uFFFD")))
}
