package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/sound"
)

// player plays one script.
type player struct {
	target   Target
	script   *scenarios.Scenario
	patience time.Duration
	tape     *tape
	vars     map[string]string
	http     *httpConn
	reply    *reply
	stream   *streamConn
	streams  []*streamConn // all of them
	format   string        // of the last s
	sounds   *Sounds
}

func newPlayer(t Target, s *scenarios.Scenario, o options) *player {
	return &player{target: t, script: s, patience: o.patience, tape: newTape(t.Credentials), vars: t.variables(), sounds: o.sounds}
}

// play goes through the steps. A failure is the target's, an error is not.
func (p *player) play(ctx context.Context) (*Failure, error) {
	if err := p.prepare(ctx); err != nil {
		return nil, err
	}
	for _, step := range p.script.Script {
		err := p.step(ctx, step.Action)
		if m, ok := errors.AsType[*mismatch](err); ok {
			return &Failure{Line: step.Line, Verb: step.Action.Verb(), Expected: m.expected, Received: m.received}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", p.script.File, step.Line, step.Action.Verb(), err)
		}
	}
	return nil, nil //nolint:nilnil // neither a failure nor an error
}

// prepare gets a key for a script that uses one without issuing it.
func (p *player) prepare(ctx context.Context) error {
	for _, name := range p.script.Uses() {
		if name != "key" {
			continue
		}
		if p.vars["key"] = p.target.Credentials.Key; p.vars["key"] != "" {
			return nil
		}
		life := scenarios.Template("10m")
		err := p.issue(ctx, scenarios.Issue{EPI: &life, As: "key"})
		if m, ok := errors.AsType[*mismatch](err); ok {
			return fmt.Errorf("no key could be had for the script: expected %s, got %s", m.expected, m.received)
		}
		return err
	}
	return nil
}

// mismatch is an expectation that was not met.
type mismatch struct{ expected, received string }

// Error implements error.
func (m *mismatch) Error() string { return "expected " + m.expected + ", got " + m.received }

func (p *player) step(ctx context.Context, a scenarios.Action) error {
	switch a := a.(type) {
	case scenarios.Issue:
		return p.issue(ctx, a)
	case scenarios.Request:
		return p.request(ctx, a)
	case scenarios.Submit:
		return p.submit(ctx, a)
	case scenarios.Poll:
		return p.poll(ctx, a)
	case scenarios.Words:
		return p.words(ctx, a)
	case scenarios.Connect:
		return p.connect(ctx, a)
	case scenarios.Send:
		return p.send(a)
	case scenarios.Feed:
		return p.feed(a)
	case scenarios.End:
		return p.stream.send(message{payload: []byte("e"), opcode: opText})
	case scenarios.Close:
		return p.stream.leave()
	case scenarios.Expect:
		return p.expect(ctx, a)
	case scenarios.AnyOrder:
		return p.anyOrder(ctx, a)
	case scenarios.ExpectNone:
		return p.expectNone(ctx, a)
	case scenarios.Closed:
		return p.closed(ctx, a)
	case scenarios.Wait:
		return p.wait(ctx, a)
	}
	return fmt.Errorf("the kit does not know the verb %s", a.Verb())
}

// send sends a message as the script has it.
func (p *player) send(a scenarios.Send) error {
	payload := a.Hex
	if a.Hex == nil {
		text, err := a.Text.Expand(p.vars)
		if err != nil {
			return err
		}
		payload = []byte(text)
	}
	if c, err := protocol.ParseCommand(payload); err == nil {
		if s, ok := c.(protocol.Start); ok {
			p.format = s.Format
		}
	}
	m := message{payload: payload, opcode: opText, fragments: a.Fragments}
	if a.Binary {
		m.opcode = opBinary
	}
	return p.stream.send(m)
}

// feed sends audio in packets.
func (p *player) feed(a scenarios.Feed) error {
	format := p.format
	if format == "" { // no s so far
		format = "LSB16K"
	}
	audio, err := p.sound(a.Sound, format)
	if err != nil {
		return err
	}
	size := a.Packet
	if size == 0 || size > len(audio) {
		size = len(audio)
	}
	for first := true; first || len(audio) > 0; first = false {
		packet := audio[:min(size, len(audio))]
		audio = audio[len(packet):]
		payload := packet
		if !a.Bare {
			payload = append([]byte("p"), packet...)
		}
		if err := p.stream.send(message{payload: payload, opcode: opBinary}); err != nil {
			return err
		}
	}
	return nil
}

// sound makes the bytes of a sound, in a format of its own or else in fallback.
func (p *player) sound(s scenarios.Sound, fallback string) ([]byte, error) {
	switch s.Kind {
	case scenarios.SoundHex:
		return s.Hex, nil
	case scenarios.SoundFile:
		return scenarios.AudioFile(s.File)
	case scenarios.SoundSilence, scenarios.SoundSpeech, scenarios.SoundNoise:
	}
	name := s.As
	if name == "" {
		name = fallback
	}
	f, err := sound.ParseFormat(name)
	if err != nil {
		return nil, err
	}
	return p.sounds.of(string(s.Kind)+" "+s.For.String()+" "+name, func() []byte { return generate(s, f) }), nil
}

func generate(s scenarios.Sound, f sound.Format) []byte {
	samples := map[scenarios.SoundKind]func(int, time.Duration) []int16{
		scenarios.SoundSilence: sound.Silence, scenarios.SoundSpeech: sound.Speech, scenarios.SoundNoise: sound.Noise,
	}[s.Kind]
	return sound.Encode(f, samples(f.Rate, s.For))
}

// wait lets clock time pass: on the target's clock if it has one, else in reality.
func (p *player) wait(ctx context.Context, a scenarios.Wait) error {
	if !p.target.Has(scenarios.CanControl) {
		rest(ctx, a.For)
		return ctx.Err()
	}
	for _, s := range p.streams {
		if err := s.settle(ctx, p.patience); err != nil {
			return err
		}
	}
	return p.target.advance(ctx, a.For)
}

// rest sleeps, or until ctx is done.
func rest(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}

// leave ends every connection of the script, and records what the target still says.
func (p *player) leave(ctx context.Context) {
	if p.http != nil {
		p.http.close()
	}
	for _, s := range p.streams {
		s.end(ctx)
	}
}

func (p *player) dialer(from scenarios.Template) (*net.Dialer, error) {
	d := &net.Dialer{Timeout: p.patience}
	text, err := from.Expand(p.vars)
	if err != nil || text == "" {
		return d, err
	}
	ip := net.ParseIP(text)
	if ip == nil {
		return nil, fmt.Errorf("from: %q is not an address", text)
	}
	d.LocalAddr = &net.TCPAddr{IP: ip}
	return d, nil
}

// set makes variables of what a pattern found.
func (p *player) set(found map[string]string) { maps.Copy(p.vars, found) }
