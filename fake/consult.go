package fake

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/fake/internal/session"
	"mockamivoice/protocol"
	"mockamivoice/scenarios/transcript"
)

const (
	mostThinking = 4                       // utterances of a stream that a recognizer is asked about before its client has to wait
	mostSound    = 600 * hearing.SoundRate // samples of an upload that are kept for it: ten minutes
)

// Sound is the samples of an utterance: one channel of 16-bit PCM.
type Sound struct {
	Rate    int // samples per second
	Samples []int16
}

// Recognizer says what was said from the sound itself. It is asked when nothing else knows; when it fails, the built-in sentences
// answer, and the tape says why. A Transcript without text and code means that nothing was understood. Words without times, or text
// without words, are made to fit; times count from the beginning of the client's audio.
//
// It is called from several goroutines at once and must return soon after ctx is done, which happens when nobody waits for it any
// more. A stream goes on while it thinks: events of later utterances come, results keep their order, and the client is read on until
// 4 utterances wait. A synchronous request waits for all of its utterances, one after another. A job is made at once, and not over before
// all of its utterances were answered, whatever the clock says.
type Recognizer func(ctx context.Context, s Speech, sound Sound) (Transcript, error)

// WithRecognizer asks r what was said before the built-in sentences are used. Up to 30 s of sound are kept for each utterance.
func WithRecognizer(r Recognizer) Option { return func(f *config) { f.recognizer = r } }

// think asks the recognizer, and falls back to the built-in sentences; problem says why.
func (s *Server) think(ctx context.Context, r recognition, u utterance, index int) (t Transcript, problem string) {
	if ctx.Err() != nil { // of several utterances, those after the one at which the client left
		return s.builtIn(r, u, index), ""
	}
	t, err := s.recognize(ctx, r, u, index)
	switch {
	case ctx.Err() != nil: // nobody waits for it, or is told
		return s.builtIn(r, u, index), ""
	case err != nil:
		problem = s.redact.Text("recognizer: " + err.Error() + "; a built-in sentence answers")
		s.log.Warn(problem)
		return s.builtIn(r, u, index), problem
	case t.Code == "" && t.Text == "" && len(t.Tokens) == 0:
		return notUnderstood(), ""
	}
	cue := transcript.Cue{Text: t.Text, Tokens: t.Tokens}
	if len(cue.Tokens) == 0 {
		cue.Tokens = transcript.Words(t.Text)
	}
	if t.Confidence > 0 {
		cue.Confidence = protocol.Some(t.Confidence)
	}
	if t.Code == "" {
		t = r.fit(r.heardAs(cue), u, 0)
	}
	r.nameSpeakers(t.Tokens, labelled(t.Tokens), u, index)
	return t, ""
}

func (s *Server) recognize(ctx context.Context, r recognition, u utterance, index int) (t Transcript, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it fell over: %v", p)
		}
	}()
	if u.sound == nil {
		return Transcript{}, errors.New("there are no samples: the audio is not decoded, or has more than 10 minutes of speech")
	}
	return s.recognizer(ctx, speech(r, u, index), Sound{Rate: hearing.SoundRate, Samples: u.sound.Samples})
}

func speech(r recognition, u utterance, index int) Speech {
	return Speech{Surface: r.surface, Engine: r.engine, Language: r.language, Start: u.start, End: u.end, Index: index}
}

// bound lets go of the sound of utterances when an upload has too much of it.
func (j *job) bound(events []hearing.Event) {
	for i, e := range events {
		end, ok := e.(hearing.SpeechEnd)
		if !ok || end.Sound == nil {
			continue
		}
		if j.kept += len(end.Sound.Samples); j.kept > mostSound {
			end.Sound = nil
			events[i] = end
		}
	}
}

// thought is a result of a stream on its way to be said. Results keep the order of their utterances.
type thought struct {
	result protocol.Result
	ready  bool
}

// mind is what of a stream is with the recognizer, past cycles included.
type mind struct {
	busy int            // utterances; guarded by the mutex of the stream
	all  sync.WaitGroup // of goroutines
	over chan struct{}  // gets something when one of them is done
}

func (s *Server) newMind() *mind {
	if s.recognizer == nil {
		return nil
	}
	return &mind{over: make(chan struct{}, 1)}
}

func (m *mind) wait() {
	if m != nil {
		m.all.Wait()
	}
}

// conclude says a result, once those before it were said.
func (c *stream) conclude(r protocol.Result) {
	c.cycle.thoughts = append(c.cycle.thoughts, &thought{result: r, ready: true})
	c.utter()
}

// utter says the results that are ready, up to the first that is not.
func (c *stream) utter() {
	for len(c.cycle.thoughts) > 0 && c.cycle.thoughts[0].ready {
		r := c.cycle.thoughts[0].result
		c.cycle.thoughts = c.cycle.thoughts[1:]
		c.run(session.Recognized{Result: r})
	}
}

// consult asks the recognizer about an utterance while the stream goes on.
func (c *stream) consult(u utterance, index int) {
	if c.cycle.forget == nil {
		c.cycle.wanted, c.cycle.forget = context.WithCancel(context.Background())
	}
	ctx, params := c.cycle.wanted, c.cycle.params
	mine := &thought{}
	c.cycle.thoughts = append(c.cycle.thoughts, mine)
	c.mind.busy++
	c.mind.all.Go(func() {
		t, problem := c.s.think(ctx, params, u, index)
		c.mu.Lock()
		c.now = c.s.clock.Now()
		c.mind.busy--
		if ctx.Err() == nil { // otherwise the cycle is over
			if problem != "" {
				c.x.tolerate(problem)
			}
			mine.result, mine.ready = t.spelled(params.vocabulary.words).result(c.utteranceID(), u), true
			c.utter() //nolint:contextcheck // what follows belongs to the stream, not to this utterance
		}
		c.mu.Unlock()
		select {
		case c.mind.over <- struct{}{}:
		default:
		}
		c.out.drainSoon()
	})
}

// discard forgets the cycle, and lets the recognizer know that nobody waits for it.
func (c *stream) discard() {
	c.saveWords()
	if c.cycle.forget != nil {
		c.cycle.forget()
	}
	c.cycle = cycle{}
}

// speak sends what is to be sent after a message of the client. The next one is not read while the recognizer is asked about more
// than enough, so that what waits for it stays bounded.
func (c *stream) speak() {
	c.out.drain()
	for c.mind != nil {
		c.mu.Lock()
		n := c.mind.busy
		c.mu.Unlock()
		if n <= mostThinking {
			return
		}
		select {
		case <-c.mind.over:
		case <-c.s.closing:
			return
		}
	}
}

// asks tells whether the recognizer is to be asked about what nothing else knows.
func (s *Server) asks(u utterance) bool { return s.recognizer != nil && u.voice.Understood }
