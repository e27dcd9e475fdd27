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
	c.cycle = cycle{params: r, format: format, listener: hearing.NewListener(streamSpec(c.x.stage, format, r.interval))}
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
			u := utterance{start: c.cycle.start, end: e.At, voice: e.Voice}
			c.x.noteCarried(u)
			t := c.s.transcribe(c.cycle.params, u, c.cycle.index, c.x.stage.scenario)
			c.cycle.end = e.At
			c.cycle.index++
			c.run(session.Recognized{Result: t.result(c.utteranceID(), u)})
		}
	}
}

func (c *stream) guess(e hearing.Interim) {
	p := c.cycle.params
	if said, played := saidBy(c.x.stage.scenario, c.cycle.index); played {
		if t := transcriptOf(said, utterance{}); len(t.Tokens) > 0 {
			c.cycle.guesses++
			c.run(session.Guessed{Interim: interimOf(t, c.cycle.guesses)})
		}
		return
	}
	if said := e.Voice.Carried; said.Found {
		if t := transcriptOf(scenarios.Said{Text: said.Text}, utterance{}); len(t.Tokens) > 0 {
			c.cycle.guesses++
			c.run(session.Guessed{Interim: interimOf(t, c.cycle.guesses)})
		}
		return
	}
	if c.s.transcriber != nil || !e.Voice.Understood {
		return // what a transcriber will say is not known before the utterance is over
	}
	c.run(session.Guessed{Interim: hearing.Guess(p.language, e.Voice, p.fillers)})
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
		e.Text = cut(raw)
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

func cut(raw []byte) string {
	return string(bytes.ToValidUTF8(raw[:min(len(raw), longestText)], []byte("\uFFFD")))
}
