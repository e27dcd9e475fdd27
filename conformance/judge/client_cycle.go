package judge

import (
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// clientCycleLaws hold of the order in which a client speaks: s, its answer, p, e, its answer, and so on.
func clientCycleLaws() []Law { //nolint:funlen,gocognit // a table
	all := []Law{
		{
			ID: "client.stream.start-first", Title: "Nothing is fed or ended before an s", Level: Must, Basis: protocol.Documented, Source: manualTable,
			Why: "Without s there is no format, no engine and no key; the audio is lost.", Fix: "Send s, and wait for its answer.",
			check: ofSteps(func(t *trial, s step) {
				t.apply()
				if s.from == idle && (isFeed(s.entry) || isEnd(s.entry)) {
					t.find(s.entry, "%s comes before any s", s.entry.Text)
				}
			}),
		},
		{
			ID: "client.stream.wait-before-feeding", Title: "Audio waits for the answer to s", Level: Must, Basis: protocol.Documented, Source: manualTalk,
			Why: "Whether the key is good and the recognizer ready is not known before. What is sent earlier may be lost, and is when s is refused.",
			Fix: "Keep the audio until s has been answered with s.", check: ofTalks(waitBeforeFeeding),
		},
		{
			ID: "client.stream.wait-before-ending", Title: "e waits for the answer to s", Level: Must, Basis: protocol.Documented, Source: manualTable,
			Why: "A cycle that has not begun cannot be ended.", Fix: "Wait for the answer to s, then send e.",
			check: ofSteps(func(t *trial, s step) {
				if !isEnd(s.entry) {
					return
				}
				t.apply()
				if s.from == starting {
					t.trace(s.entry, []*scenarios.Entry{s.round.start}, "e comes before the answer to s")
				}
			}),
		},
		{
			ID: "client.stream.heed-refusal", Title: "A refused s is followed by neither p nor e", Level: Must, Basis: protocol.Documented, Source: manualTable,
			Why: "There is no cycle. The audio is lost, and the user never learns why.", Fix: "Look at the answer to s: anything but the letter alone is an error to show.", check: ofTalks(heedRefusal),
		},
		{
			ID: "client.stream.one-start", Title: "No s is sent inside of a cycle", Level: Must, Basis: protocol.Documented, Source: manualTable,
			Why: "It is an error, and nobody can tell any more which answer belongs to what.", Fix: "End the cycle with e, wait for the answer, then send s.",
			check: ofSteps(func(t *trial, s step) {
				if !isStart(s.entry) {
					return
				}
				t.apply()
				if s.from == starting || s.from == feeding {
					t.find(s.entry, "s comes while the cycle of the last one is open")
				}
			}),
		},
		{
			ID: "client.stream.wait-between-cycles", Title: "The next s waits for the answer to e", Level: Must, Basis: protocol.Documented, Source: manualTable,
			Why: "Results of the last cycle are still to come; with two cycles open they end up in the wrong one.", Fix: "Wait for e, then send s.",
			check: ofSteps(func(t *trial, s step) {
				if !isStart(s.entry) {
					return
				}
				t.apply()
				if s.from == ending {
					t.trace(s.entry, []*scenarios.Entry{s.round.end}, "s comes before the answer to e")
				}
			}),
		},
		{
			ID: "client.stream.no-audio-after-end", Title: "No audio is fed behind e", Level: Must, Basis: protocol.Documented, Source: manualTable,
			Why: "The cycle is over with e. The audio is lost, and an error comes back.", Fix: "Stop the microphone, send what is left, then send e; or begin another cycle.", check: ofTalks(noAudioAfterEnd),
		},
		{
			ID: "client.stream.one-end", Title: "A cycle is ended once", Level: Must, Basis: protocol.Documented, Source: manualTable,
			Why: "A second e is an error, and its answer may be taken for that of the next cycle.", Fix: "Send e once, and wait for its answer.",
			check: ofSteps(func(t *trial, s step) {
				if !isEnd(s.entry) {
					return
				}
				t.apply()
				if s.from == ending || s.from == ended || s.round != nil && s.round.end != s.entry && s.from != unclear && s.from != idle {
					t.find(s.entry, "a second e in the same cycle")
				}
			}),
		},
		{
			ID: "client.stream.stop-after-error", Title: "Nothing is fed on behind a p error", Level: Must, Basis: protocol.Documented, Source: manualFeed,
			Why: "The cycle is over for the service. What is fed into it is lost, up to the next s.", Fix: "Stop feeding at a p error, and begin again with s, or with another key if the old one has expired.",
			check: ofTalks(func(t *trial, s *talk) { onAndOn(t, s, 'p', isFeed) }),
		},
		{
			ID: "client.stream.heed-timeout", Title: "A cycle that timed out is left alone", Level: Must, Basis: protocol.Documented, Source: manualEnd,
			Why: "An e that nobody asked for says that the service has given the cycle up, and hangs up. What is sent into it is lost.",
			Fix: "Take every e for the end of the cycle, and connect again when there is something to say.",
			check: ofTalks(func(t *trial, s *talk) {
				onAndOn(t, s, 'e', func(e *scenarios.Entry) bool { return isFeed(e) || isEnd(e) })
			}),
		},
		{
			ID: "client.stream.end-before-leaving", Title: "A client ends its cycle before it leaves", Level: Should, Basis: protocol.Inferred, Source: manualEnd + ": the results come before the answer to e",
			Why: "What was said last is not recognized any more, or nobody is there to read it.", Fix: "Send e, wait for its answer, then close.", check: ofTalks(endBeforeLeaving),
		},
		{
			ID: "client.stream.wait-for-results", Title: "A client waits for the answer to e before it leaves", Level: Should, Basis: protocol.Inferred, Source: manualEnd + ": the results come before the answer to e",
			Why: "The result of the last utterance comes between e and its answer. Who closes at e loses it.", Fix: "Close when e has been answered, or after some seconds without an answer.", check: ofTalks(waitForResults),
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceStream
	}
	return all
}

// waitBeforeFeeding blames the first packet of a cycle alone. A packet behind the answer proves nothing: a server answers at once.
func waitBeforeFeeding(t *trial, s *talk) {
	var seen *round
	for _, step := range s.steps {
		if !isFeed(step.entry) || step.round == nil || step.round == seen {
			continue
		}
		seen = step.round
		t.apply()
		if step.from == starting {
			t.trace(step.entry, []*scenarios.Entry{seen.start}, "audio comes before the answer to s")
		}
	}
}

func heedRefusal(t *trial, s *talk) {
	for _, r := range s.rounds {
		if r.refusal != "" || r.answer != nil && r.answer.Text != "s" {
			t.apply()
		}
	}
	var seen *round
	for _, step := range s.steps {
		if step.from == refused && step.round != seen && (isFeed(step.entry) || isEnd(step.entry)) {
			seen = step.round
			t.trace(step.entry, []*scenarios.Entry{seen.answer}, "%s comes although s was refused: %q", step.entry.Text, seen.refusal)
		}
	}
}

func noAudioAfterEnd(t *trial, s *talk) {
	for _, r := range s.rounds {
		if r.end != nil {
			t.apply()
		}
	}
	var seen *round
	for _, step := range s.steps {
		if isFeed(step.entry) && (step.from == ending || step.from == ended) && step.round != seen {
			seen = step.round
			t.trace(step.entry, []*scenarios.Entry{seen.end}, "audio comes behind e")
		}
	}
}

// onAndOn finds messages that came long after the service had ended the cycle with such a packet. What comes sooner may have been
// under way.
func onAndOn(t *trial, s *talk, packet byte, is func(*scenarios.Entry) bool) {
	const late = 1000 // real milliseconds
	for _, r := range s.rounds {
		if r.failure != nil && r.failure.Text[0] == packet {
			t.apply()
		}
	}
	var seen *round
	for _, step := range s.steps {
		if step.from != failed || step.round == seen || step.round.failure.Text[0] != packet || !is(step.entry) {
			continue
		}
		if after := step.entry.T - step.round.failure.T; after >= late {
			seen = step.round
			t.trace(step.entry, []*scenarios.Entry{seen.failure}, "%s comes %d ms after %q", step.entry.Text, after, seen.failure.Text)
		}
	}
}

// endBeforeLeaving forgives who leaves a connection on which a fault struck.
func endBeforeLeaving(t *trial, s *talk) {
	for _, r := range s.rounds {
		if len(r.packets) > 0 {
			t.apply()
		}
	}
	if l := s.left; l != nil && l.from == feeding && len(l.round.packets) > 0 && l.round.failure == nil && !s.faulted {
		t.trace(l.entry, []*scenarios.Entry{l.round.start}, "the client left %d packets after s, without e", len(l.round.packets))
	}
}

func waitForResults(t *trial, s *talk) {
	const patience = 3 * time.Second // observed: what a published client waits for
	for _, r := range s.rounds {
		if r.end != nil {
			t.apply()
		}
	}
	if l := s.left; l != nil && l.from == ending && l.round.failure == nil {
		if waited := lapse(l.round.end, l.entry); waited < patience {
			t.trace(l.entry, []*scenarios.Entry{l.round.end}, "the client left %s after e, without an answer", waited)
		}
	}
}
