package session_test

import (
	"testing"

	"mockamivoice/fake/internal/session"
	"mockamivoice/protocol"
)

// Audio may turn out to be unreadable only when e has come. The e is answered like one that comes after a p error, because a Go
// client waits for it. (inferred)
func TestEndThatWaitsIsAnsweredAfterRefusedAudio(t *testing.T) {
	errorAfter := limits()
	errorAfter.EndAfterError = true
	for _, c := range []struct {
		rules session.Rules
		want  string
	}{
		{limits(), `"s" "p received unsupported audio format" "e"`},
		{errorAfter, `"s" "p received unsupported audio format" "e can't stop feeding audio data to recognizer server"`},
	} {
		d := open(c.rules).give(s())
		d.give(d.ok(), p(), e(), session.AudioRefused{Refusal: protocol.NewError(protocol.FeedUnsupportedAudio)})
		if got := d.said(); got != c.want || d.m.State() != session.Initialized {
			t.Errorf("got %s in state %d, want %s", got, d.m.State(), c.want)
		}
	}
}

// A finding that comes after its cycle counts for nothing.
func TestLateFindingsSayNothing(t *testing.T) {
	late := []session.Input{
		session.SpeechBegan{At: 1},
		session.SpeechEnded{At: 2},
		session.Guessed{},
		session.Recognized{},
		session.Flushed{},
		session.AudioRefused{Refusal: protocol.NewError(protocol.FeedUnsupportedAudio)},
	}
	for _, in := range late {
		d := open(limits()).give(s())
		d.give(d.ok(), p(), e(), session.Flushed{})
		d.said()
		if got := d.give(in).said(); got != "" {
			t.Errorf("%T after the cycle: %s", in, got)
		}
	}
}

// T27 with audio of the wrong kind: the client sent everything at once and waits for an e.
func TestEarlyEndIsAnsweredAfterRefusedAudio(t *testing.T) {
	d := open(limits()).give(s(), p(), e())
	d.give(d.ok(), session.AudioRefused{Refusal: protocol.NewError(protocol.FeedUnsupportedAudio)}, session.Flushed{})
	if got, want := d.said(), `"s" "p received unsupported audio format" "e"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
