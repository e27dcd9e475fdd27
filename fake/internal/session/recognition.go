package session

import (
	"time"

	"mockamivoice/protocol"
)

// speechBegan is the start of an utterance: S, and C as soon as the recognizer is free. Utterances are recognized one after
// another (inferred).
func (m *Machine) speechBegan(ms int) {
	if !m.inCycle() || m.detecting {
		return
	}
	m.detecting = true
	m.do(Disarm{Timer: TimerNonSpeech})
	m.say(protocol.SpeechStart{At: ms})
	if m.recognizing {
		m.queued++
		return
	}
	m.recognizing = true
	m.say(protocol.Processing{})
}

func (m *Machine) speechEnded(at time.Time, ms int) {
	if !m.inCycle() || !m.detecting {
		return
	}
	m.detecting = false
	if m.state != Ending {
		m.arm(TimerNonSpeech, at, m.rules.NonSpeech)
	}
	m.say(protocol.SpeechEnd{At: ms})
}

// recognized is the one A that every S gets. (inferred: the vendor's clients count S against A)
func (m *Machine) recognized(at time.Time, r protocol.Result) {
	if !m.inCycle() || !m.recognizing {
		return
	}
	m.recognizing = false
	m.say(protocol.Final{Result: r})
	if m.queued > 0 {
		m.queued--
		m.recognizing = true
		m.say(protocol.Processing{})
	}
	m.settle(at)
}
