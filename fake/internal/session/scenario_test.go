package session_test

import (
	"testing"
	"time"

	"mockamivoice/fake/internal/session"
	"mockamivoice/protocol"
)

// What a scenario wants to have happened.
func TestWhatScenariosWant(t *testing.T) {
	timeout := protocol.NewError(protocol.EndTimeout)
	refused := protocol.NewError(protocol.FeedRefused)
	for name, c := range map[string]struct {
		play func(d *dialogue)
		want string
		then session.State
	}{
		"a key that ends its life before the first p": {func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), session.Expired{At: d.now}, p())
		}, `"s" "p can't feed audio data to recognizer server"`, session.Initialized},
		"a key that ends its life after the first p": {func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.Expired{At: d.now}, p(), e(), session.Flushed{})
		}, `"s" "e"`, session.Initialized},
		"no data, at once": {func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.Reached{Timer: session.TimerNoData})
		}, `"s" "e timeout occurred" hang up`, session.Closed},
		"no data, at once, in an utterance": {func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.SpeechBegan{At: 1}, session.Reached{Timer: session.TimerNoData})
		}, `"s" "S 1" "C" "e timeout occurred while recognizing audio data from client" hang up`, session.Closed},
		"600 s of silence, at once": {func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.Reached{Timer: session.TimerNonSpeech})
		}, `"s" "p can't feed audio data to recognizer server" hang up`, session.Closed},
		"600 s of silence, at once, while somebody speaks": {func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.SpeechBegan{At: 1}, session.Reached{Timer: session.TimerNonSpeech}, p())
		}, `"s" "S 1" "C" "p can't feed audio data to recognizer server" hang up`, session.Closed},
		"no s, at once, although there was one": {func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.Reached{Timer: session.TimerIdle}, p(), e())
		}, `"s" hang up`, session.Closed},
		"24 h, at once": {func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.Reached{Timer: session.TimerSession})
		}, `"s" "p session timeout occurred" hang up`, session.Closed},
		"an error that hangs up": {func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.Broke{Error: timeout, HangUp: true}, p())
		}, `"s" "e timeout occurred" hang up`, session.Closed},
		"a p error after which e is still answered": {func(d *dialogue) {
			d.give(s())
			d.give(d.ok(), p(), session.Broke{Error: refused}, p(), e())
		}, `"s" "p can't feed audio data to recognizer server" "e"`, session.Initialized},
		"other rules with the key": {func(d *dialogue) {
			d.give(s())
			rules := limits()
			rules.EndAfterError, rules.Session = true, time.Hour
			ok, _ := d.ok().(session.Answered)
			ok.Rules = &rules
			d.give(ok, p(), session.Broke{Error: refused}, e())
			d.after(time.Hour).give(session.Fired{Timer: session.TimerSession})
		}, `"s" "p can't feed audio data to recognizer server" "e can't stop feeding audio data to recognizer server" hang up`, session.Closed},
	} {
		d := open(limits())
		c.play(d)
		if got := d.said(); got != c.want || d.m.State() != c.then {
			t.Errorf("%s: %s in state %d, want %s in state %d", name, got, d.m.State(), c.want, c.then)
		}
	}
}
