package session_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"mockamivoice/fake/internal/session"
	"mockamivoice/protocol"
)

// dialogue drives one machine and writes down what it does, a word for each effect: what it says in quotes, and the names of
// other effects.
type dialogue struct {
	m   *session.Machine
	now time.Time
	log []string
	// cycle of the last Authorize
	cycle int
}

func limits() session.Rules {
	return session.Rules{NoData: time.Minute, NonSpeech: 10 * time.Minute, Session: 24 * time.Hour, Idle: time.Minute}
}

func open(r session.Rules) *dialogue {
	d := &dialogue{m: session.New(r), now: time.Date(2026, 7, 31, 0, 0, 0, 0, time.UTC)}
	d.give(session.Opened{})
	return d
}

func (d *dialogue) give(inputs ...session.Input) *dialogue {
	for _, in := range inputs {
		for _, e := range slices.Clone(d.m.Step(d.now, in)) {
			d.log = append(d.log, d.word(e))
		}
	}
	return d
}

func (d *dialogue) word(e session.Effect) string {
	switch e := e.(type) {
	case session.Authorize:
		d.cycle = e.Cycle
		return "authorize"
	case session.Hear:
		return fmt.Sprintf("hear %d", len(e.Audio))
	case session.Flush:
		return "flush"
	case session.Discard:
		return "discard"
	case session.Arm:
		return fmt.Sprintf("arm %d +%s", e.Timer, e.At.Sub(d.now))
	case session.Disarm:
		return fmt.Sprintf("disarm %d", e.Timer)
	case session.Say:
		return `"` + string(protocol.AppendEvent(nil, e.Event)) + `"`
	case session.HangUp:
		return "hang up"
	case session.Drop:
		return "drop"
	case session.Note:
		return "note"
	}
	return "?"
}

// said is what was said since the last call, and how the connection ended.
func (d *dialogue) said() string {
	var words []string
	for _, w := range d.log {
		if strings.HasPrefix(w, `"`) || w == "hang up" || w == "drop" {
			words = append(words, w)
		}
	}
	d.log = nil
	return strings.Join(words, " ")
}

func s() session.Input {
	return session.Command{Command: protocol.Start{Format: "16K", Engine: "-a-general"}}
}
func p() session.Input { return session.Command{Command: protocol.Feed{Audio: []byte{0, 0}}} }
func e() session.Input { return session.Command{Command: protocol.End{}} }

func (d *dialogue) ok() session.Input { return session.Answered{Cycle: d.cycle} }

func (d *dialogue) after(t time.Duration) *dialogue {
	d.now = d.now.Add(t)
	return d
}

// states brings a fresh machine into each state of the audio supply.
func states(r session.Rules) map[string]*dialogue {
	initial := open(r)
	starting := open(r).give(s())
	started := open(r).give(s())
	started.give(started.ok())
	providing := open(r).give(s())
	providing.give(providing.ok(), p())
	ending := open(r).give(s())
	ending.give(ending.ok(), p(), session.SpeechBegan{At: 500}, session.SpeechEnded{At: 900}, e())
	all := map[string]*dialogue{"initialized": initial, "starting": starting, "started": started, "providing": providing, "ending": ending}
	for _, d := range all {
		d.said()
	}
	return all
}

// Packets in every state of the audio supply. (documented: state table; assumed or inferred: the texts of its errors)
func TestEveryPacketInEveryState(t *testing.T) {
	const noFeed, noEnd, noStart = `"p can't feed audio data to recognizer server"`, `"e can't stop feeding audio data to recognizer server"`, `"s can't start feeding audio data to recognizer server"`
	refusing := limits()
	refusing.RefuseEarly = true
	for _, c := range []struct {
		state, packet string
		rules         session.Rules
		want          string
		then          session.State
	}{
		{"initialized", "s", limits(), "", session.Starting},
		{"initialized", "p", limits(), noFeed, session.Initialized},
		{"initialized", "e", limits(), noEnd, session.Initialized},
		{"starting", "s", limits(), noStart, session.Initialized},
		{"starting", "p", limits(), "", session.Starting},
		{"starting", "e", limits(), "", session.Starting},
		{"starting", "p", refusing, noFeed, session.Starting},
		{"starting", "e", refusing, noEnd, session.Starting},
		{"started", "s", limits(), noStart, session.Initialized},
		{"started", "p", limits(), "", session.Providing},
		{"started", "e", limits(), "", session.Ending},
		{"providing", "s", limits(), noStart, session.Initialized},
		{"providing", "p", limits(), "", session.Providing},
		{"providing", "e", limits(), "", session.Ending},
		{"ending", "s", limits(), noStart, session.Initialized},
		{"ending", "p", limits(), noFeed, session.Ending},
		{"ending", "e", limits(), noEnd, session.Ending},
	} {
		d := states(c.rules)[c.state]
		d.give(map[string]session.Input{"s": s(), "p": p(), "e": e()}[c.packet])
		if got := d.said(); got != c.want || d.m.State() != c.then {
			t.Errorf("%s while %s (%+v): %s, state %d; want %s, state %d", c.packet, c.state, c.rules, got, d.m.State(), c.want, c.then)
		}
	}
}

func TestDialogues(t *testing.T) {
	refused := &protocol.Error{Packet: 's', Message: "can't validate service authorization"}
	result := session.Recognized{Result: protocol.Failed("", "", "")}
	const a = `"A {"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"","message":""}"`
	const noFeed = `"p can't feed audio data to recognizer server"`
	errorAfter, keep, info := limits(), limits(), limits()
	errorAfter.EndAfterError, keep.KeepRefused, info.Info = true, true, true
	for title, c := range map[string]struct {
		rules session.Rules
		play  func(d *dialogue)
		want  string
	}{
		"answers s, hears an utterance and answers e": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.SpeechBegan{At: 500}, p(), session.SpeechEnded{At: 1692}, result, e(), session.Flushed{})
		}, `"s" "S 500" "C" "E 1692" ` + a + ` "e"`},
		"answers an e without audio": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), e(), session.Flushed{})
		}, `"s" "e"`},
		"recognizes utterances one after another": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.SpeechBegan{At: 1}, session.SpeechEnded{At: 2}, session.SpeechBegan{At: 3}, session.SpeechEnded{At: 4}, result, result)
		}, `"s" "S 1" "C" "E 2" "S 3" "E 4" ` + a + ` "C" ` + a},
		"answers e only when the last result is out": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.SpeechBegan{At: 1}, e(), session.SpeechEnded{At: 2}, session.Flushed{})
			d.log = append(d.log, `"-"`)
			d.give(result)
		}, `"s" "S 1" "C" "E 2" "-" ` + a + ` "e"`},
		"T34 answers p after e with an error and the pending e all the same": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.SpeechBegan{At: 1}, e(), p(), p(), session.SpeechEnded{At: 2}, result, session.Flushed{})
		}, `"s" "S 1" "C" ` + noFeed + ` "E 2" ` + a + ` "e"`},
		"drops what no longer counts after a p error": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.SpeechBegan{At: 1}, session.AudioRefused{Refusal: protocol.NewError(protocol.FeedUnsupportedAudio)}, session.SpeechEnded{At: 2}, result)
		}, `"s" "S 1" "C" "p received unsupported audio format"`},
		"T03 hangs up after a refused s": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(session.Answered{Cycle: d.cycle, Refusal: refused}, s(), p(), e())
		}, `"s can't validate service authorization" hang up`},
		"stays open after a refused s by choice": {keep, func(d *dialogue) {
			d.give(s())
			d.give(session.Answered{Cycle: d.cycle, Refusal: refused}, s())
			d.give(d.ok())
		}, `"s can't validate service authorization" "s"`},
		"T27 takes packets that did not wait once s is answered": {limits(), func(d *dialogue) {
			d.give(s(), p(), p(), e())
			d.give(d.ok(), session.Flushed{})
		}, `"s" "e"`},
		"forgets packets that did not wait when s is refused": {keep, func(d *dialogue) {
			d.give(s(), p(), e())
			d.give(session.Answered{Cycle: d.cycle, Refusal: refused})
		}, `"s can't validate service authorization"`},
		"ignores the verdict on an s that was given up": {limits(), func(d *dialogue) {
			d.give(s())
			old := d.ok()
			d.give(s(), old)
		}, `"s can't start feeding audio data to recognizer server"`},
		"T04 refuses the first p of an expired key once, and answers e": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(session.Answered{Cycle: d.cycle, Expires: d.now.Add(time.Second)})
			d.after(time.Second).give(p(), p(), p(), e())
		}, `"s" ` + noFeed + ` "e"`},
		"T04c answers that e with an error by choice": {errorAfter, func(d *dialogue) {
			d.give(s())
			d.give(session.Answered{Cycle: d.cycle, Expires: d.now.Add(time.Second)})
			d.after(time.Second).give(p(), e())
		}, `"s" ` + noFeed + ` "e can't stop feeding audio data to recognizer server"`},
		"T05 does not care when the key expires in mid-stream": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(session.Answered{Cycle: d.cycle, Expires: d.now.Add(time.Second)}, p())
			d.after(5*time.Second).give(p(), e(), session.Flushed{})
		}, `"s" "e"`},
		"answers e when the key expired and no audio came": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(session.Answered{Cycle: d.cycle, Expires: d.now.Add(time.Second)})
			d.after(time.Minute/2).give(e(), session.Flushed{})
		}, `"s" "e"`},
		"T11 can be started after a p that came too early": {limits(), func(d *dialogue) {
			d.give(p(), p(), s())
			d.give(d.ok())
		}, noFeed + ` "s"`},
		"T14 ends after 60 s without data": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok())
			d.after(time.Minute).give(session.Fired{Timer: session.TimerNoData}, s(), p())
		}, `"s" "e timeout occurred" hang up`},
		"T15 says so differently while recognizing": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.SpeechBegan{At: 500})
			d.after(time.Minute).give(session.Fired{Timer: session.TimerNoData})
		}, `"s" "S 500" "C" "e timeout occurred while recognizing audio data from client" hang up`},
		"counts the 60 s from the last packet": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok())
			d.after(40 * time.Second).give(p())
			d.after(20 * time.Second).give(session.Fired{Timer: session.TimerNoData})
		}, `"s"`},
		"T16 ends after 600 s without speech": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p())
			d.after(10 * time.Minute).give(session.Fired{Timer: session.TimerNonSpeech})
		}, `"s" ` + noFeed + ` hang up`},
		"does not end speech for want of speech": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.SpeechBegan{At: 1})
			d.after(10 * time.Minute).give(session.Fired{Timer: session.TimerNonSpeech})
		}, `"s" "S 1" "C"`},
		"T17 ends after 24 h": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p())
			d.after(24 * time.Hour).give(session.Fired{Timer: session.TimerSession})
		}, `"s" "p session timeout occurred" hang up`},
		"ends after 24 h without a word when no cycle is open": {limits(), func(d *dialogue) {
			d.after(24 * time.Hour).give(session.Fired{Timer: session.TimerSession})
		}, `hang up`},
		"closes an idle connection without a word": {limits(), func(d *dialogue) {
			d.after(time.Minute).give(session.Fired{Timer: session.TimerIdle})
		}, `hang up`},
		"T28 drops a connection that sends no packets": {limits(), func(d *dialogue) {
			d.give(session.Malformed{}, s())
		}, `drop`},
		"T30 says G before the answer and after the first p, by choice": {info, func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), p())
		}, `"G info" "s" "G info"`},
		"T18 takes a second cycle": {limits(), func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.SpeechBegan{At: 500}, session.SpeechEnded{At: 600}, result, e(), session.Flushed{}, s())
			d.give(d.ok(), p(), session.SpeechBegan{At: 500})
		}, `"s" "S 500" "C" "E 600" ` + a + ` "e" "s" "S 500" "C"`},
		"sends interim results only while recognizing": {limits(), func(d *dialogue) {
			guess := session.Guessed{Interim: protocol.Interim{Tokens: []string{"1", "..."}, Text: "1..."}}
			d.give(s())
			d.give(d.ok(), guess, p(), session.SpeechBegan{At: 1}, guess)
		}, `"s" "S 1" "C" "U {"results":[{"tokens":[{"written":"1"},{"written":"..."}],"text":"1..."}],"text":"1..."}"`},
	} {
		d := open(c.rules)
		c.play(d)
		if got := d.said(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", title, got, c.want)
		}
	}
}

func TestTimers(t *testing.T) {
	d := open(limits())
	if got := strings.Join(d.log, ", "); got != "arm 3 +24h0m0s, arm 0 +1m0s" {
		t.Errorf("opened: %s", got)
	}
	d.log = nil
	d.give(s())
	d.give(d.ok())
	if got := strings.Join(d.log, ", "); got != `disarm 0, authorize, arm 1 +1m0s, arm 2 +10m0s, "s"` {
		t.Errorf("timers are armed before the answer: %s", got)
	}
	d.log = nil
	d.after(40 * time.Second).give(p())
	d.log = nil
	d.after(20 * time.Second).give(session.Fired{Timer: session.TimerNoData})
	if got := strings.Join(d.log, ", "); got != "arm 1 +40s" {
		t.Errorf("a later packet moves the time-out: %s", got)
	}
	d.log = nil
	d.give(session.SpeechBegan{At: 1}, session.SpeechEnded{At: 2})
	if got := strings.Join(d.log, ", "); got != `disarm 2, "S 1", "C", arm 2 +10m0s, "E 2"` {
		t.Errorf("speech stops the clock of silence: %s", got)
	}
}

// random plays inputs that may come in any order, and checks what holds of every dialogue. (inferred: the order guarantees)
func random(t *testing.T, choices []byte) {
	t.Helper()
	d := open(limits())
	var spoken, results int
	inCycle, detecting, over := false, false, false
	for _, c := range choices {
		d.log = nil
		switch c % 10 {
		case 0:
			d.give(s())
		case 1:
			d.give(d.ok())
		case 2:
			d.give(p())
		case 3:
			d.give(session.SpeechBegan{At: int(c)})
		case 4:
			d.give(session.SpeechEnded{At: int(c)})
		case 5:
			d.give(session.Recognized{Result: protocol.Failed("", "", "")})
		case 6:
			d.give(e())
		case 7:
			d.give(session.Flushed{})
		case 8:
			d.after(time.Duration(c) * time.Second).give(session.Fired{Timer: session.Timer(c % 4)})
		case 9:
			d.give(session.Guessed{})
		}
		for _, w := range d.log {
			if over {
				t.Fatalf("%s after the end", w)
			}
			over = over || w == "hang up" || w == "drop"
			switch {
			case w == `"s"`:
				inCycle, detecting, spoken, results = true, false, 0, 0
			case strings.HasPrefix(w, `"S `):
				if !inCycle || detecting {
					t.Fatalf("%s outside of a cycle, or before E", w)
				}
				detecting = true
				spoken++
			case strings.HasPrefix(w, `"E `):
				if !detecting {
					t.Fatalf("%s without S", w)
				}
				detecting = false
			case strings.HasPrefix(w, `"A `):
				if results++; results > spoken || !inCycle {
					t.Fatalf("more A than S, or A outside of a cycle")
				}
			case w == `"e"`:
				if inCycle && (detecting || results != spoken) {
					t.Fatalf("e before everything is said: %d S, %d A", spoken, results)
				}
				inCycle = false
			case strings.HasPrefix(w, `"s `), w == `"p can't feed audio data to recognizer server"` && d.m.State() == session.Initialized:
				inCycle = false
			}
		}
	}
}

func TestWhatHoldsOfEveryDialogue(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 3000 {
		choices := make([]byte, 60)
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		random(t, choices)
	}
}

func FuzzMachine(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Fuzz(func(t *testing.T, choices []byte) { random(t, choices) })
}
