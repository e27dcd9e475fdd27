package session

import (
	"bytes"
	"time"

	"mockamivoice/protocol"
)

func (m *Machine) command(at time.Time, c protocol.Command) {
	switch c := c.(type) {
	case protocol.Start:
		m.start(at, c)
	case protocol.Feed:
		m.feed(at, c)
	case protocol.End:
		m.end(at)
	}
}

// start opens a cycle. An s inside a cycle is an error that ends the cycle.
// (documented: state table; assumed: the text)
func (m *Machine) start(at time.Time, s protocol.Start) {
	if m.state != Initialized {
		m.reset(at)
		m.failed = false
		m.sayError(protocol.NewError(protocol.StartState))
		return
	}
	m.state, m.failed = Starting, false
	m.cycle++
	m.do(Disarm{Timer: TimerIdle})
	m.do(Authorize{Cycle: m.cycle, Start: s})
}

// answered opens or refuses the cycle, then takes the packets that did not wait for it.
func (m *Machine) answered(at time.Time, a Answered) {
	if m.state != Starting || a.Cycle != m.cycle {
		return
	}
	if a.Rules != nil {
		m.goBy(at, *a.Rules)
	}
	if a.Refusal != nil {
		m.refuse(at, a.Refusal)
		return
	}
	m.state, m.expires, m.lastData = Started, a.Expires, at
	m.detecting, m.recognizing, m.queued, m.flushed = false, false, 0, false
	m.arm(TimerNoData, at, m.rules.NoData)
	m.arm(TimerNonSpeech, at, m.rules.NonSpeech)
	if m.rules.Info {
		m.say(protocol.Info{Text: "info"}) // observed: a desktop client meets G before the answer
	}
	m.say(protocol.StartReply{})
	early := m.early
	m.early, m.earlySize = nil, 0
	for _, in := range early {
		m.step(at, in)
	}
}

// goBy changes the rules. A connection that may live for another time counts from now.
func (m *Machine) goBy(at time.Time, rules Rules) {
	if rules.Session != m.rules.Session {
		m.arm(TimerSession, at, rules.Session)
	}
	m.rules = rules
}

// broke ends the cycle, if one is open, with an error.
func (m *Machine) broke(at time.Time, b Broke) {
	m.reset(at)
	m.failed = b.Error.Packet == 'p'
	m.sayError(b.Error)
	if b.HangUp {
		m.hangUp()
	}
}

// refuse answers s with an error and hangs up after the grace. (observed: a client library notes that the service hangs up)
func (m *Machine) refuse(at time.Time, refusal *protocol.Error) {
	m.reset(at)
	m.sayError(refusal)
	if !m.rules.KeepRefused {
		m.hangUp()
	}
}

func (m *Machine) feed(at time.Time, p protocol.Feed) {
	switch m.state {
	case Initialized, Closed:
		m.refuseFeed()
	case Starting:
		if m.rules.RefuseEarly {
			m.refuseFeed()
			return
		}
		m.queue(Command{protocol.Feed{Audio: bytes.Clone(p.Audio)}}, len(p.Audio))
	case Started:
		if !m.expires.IsZero() && !at.Before(m.expires) {
			m.fail(at, protocol.NewError(protocol.FeedRefused)) // documented: issue-api-key-with-api, the second check of expiry
			return
		}
		m.state = Providing
		if m.rules.Info {
			m.say(protocol.Info{Text: "info"})
		}
		m.hear(at, p)
	case Providing:
		m.hear(at, p)
	case Ending:
		m.refuseFeed() // the pending e is still answered (assumed)
	}
}

func (m *Machine) hear(at time.Time, p protocol.Feed) {
	m.lastData = at
	m.do(Hear(p))
}

// refuseFeed says once that audio cannot be taken; later packets of the burst are swallowed. (assumed: once a cycle)
func (m *Machine) refuseFeed() {
	if m.failed {
		m.do(Note{Text: "p swallowed after a p error"})
		return
	}
	m.failed = true
	m.sayError(protocol.NewError(protocol.FeedRefused))
}

func (m *Machine) end(at time.Time) {
	switch m.state {
	case Initialized, Closed:
		m.endOutside()
	case Starting:
		if m.rules.RefuseEarly {
			m.sayError(protocol.NewError(protocol.EndState))
			return
		}
		m.queue(Command{protocol.End{}}, 0)
	case Started, Providing:
		m.state = Ending
		m.do(Disarm{Timer: TimerNoData})
		m.do(Disarm{Timer: TimerNonSpeech})
		m.do(Flush{})
	case Ending:
		m.sayError(protocol.NewError(protocol.EndState))
	}
}

// endOutside answers an e that no cycle is open for. After a p error it is a plain e: a Go client waits for it. (observed)
func (m *Machine) endOutside() {
	if m.failed && !m.rules.EndAfterError {
		m.say(protocol.EndReply{})
	} else {
		m.sayError(protocol.NewError(protocol.EndState))
	}
	m.failed = false
}

func (m *Machine) queue(in Input, size int) {
	m.earlySize += size
	if m.earlySize > maxEarly {
		m.drop()
		return
	}
	m.early = append(m.early, in)
}

// fail ends the cycle with a p error; the connection stays open for the next s.
// (documented: reference-websocket-p-command-packet, retry from s)
func (m *Machine) fail(at time.Time, refusal *protocol.Error) {
	m.reset(at)
	m.failed = true
	m.sayError(refusal)
}

// audioRefused ends the cycle. An e that waits for results is answered like one that comes after a p error: packets that did not
// wait for the answer to s are all taken before the first audio is heard. (inferred)
func (m *Machine) audioRefused(at time.Time, refusal *protocol.Error) {
	if !m.inCycle() {
		return
	}
	pending := m.state == Ending
	m.fail(at, refusal)
	if pending {
		m.endOutside()
	}
}

// reset goes back to the state before s. Results that were pending are lost (inferred).
func (m *Machine) reset(at time.Time) {
	if m.state == Initialized {
		return
	}
	m.state = Initialized
	m.detecting, m.recognizing, m.queued, m.flushed = false, false, 0, false
	m.early, m.earlySize = nil, 0
	m.do(Disarm{Timer: TimerNoData})
	m.do(Disarm{Timer: TimerNonSpeech})
	m.arm(TimerIdle, at, m.rules.Idle)
	m.do(Discard{})
}

// settle answers e when nothing is left to come. (inferred from reference-websocket-e-command-packet)
func (m *Machine) settle(at time.Time) {
	if m.state != Ending || !m.flushed || m.detecting || m.recognizing || m.queued > 0 {
		return
	}
	m.reset(at)
	m.failed = false
	m.say(protocol.EndReply{})
}

func (m *Machine) fired(at time.Time, t Timer) {
	switch t {
	case TimerIdle:
		if m.state == Initialized {
			m.hangUp()
		}
	case TimerNoData:
		m.noData(at)
	case TimerNonSpeech:
		if (m.state == Started || m.state == Providing) && !m.detecting {
			m.finish(at, protocol.FeedRefused) // documented: limitations, 600 s without speech
		}
	case TimerSession:
		if m.inCycle() {
			m.finish(at, protocol.FeedSessionTimeout) // documented: p command, previous manual
			return
		}
		m.hangUp()
	case Timers:
	}
}

// reached is fired for a limit that counts as reached although the dialogue shows that it is not: somebody speaks, or s was sent.
func (m *Machine) reached(at time.Time, t Timer) {
	switch {
	case t == TimerNonSpeech && m.inCycle():
		m.finish(at, protocol.FeedRefused)
	case t == TimerIdle && m.state != Closed:
		m.reset(at)
		m.hangUp()
	default:
		m.lastData = at.Add(-m.rules.NoData)
		m.fired(at, t)
	}
}

// noData ends the session after 60 s without a packet, with the long text when an utterance is under way.
// (documented: limitations; assumed: that detection alone counts as under way)
func (m *Machine) noData(at time.Time) {
	if m.state != Started && m.state != Providing {
		return
	}
	if due := m.lastData.Add(m.rules.NoData); at.Before(due) {
		m.do(Arm{Timer: TimerNoData, At: due})
		return
	}
	if m.detecting || m.recognizing || m.queued > 0 {
		m.finish(at, protocol.EndTimeoutRecognizing)
		return
	}
	m.finish(at, protocol.EndTimeout)
}

// finish ends cycle and connection with an error that nobody asked for.
func (m *Machine) finish(at time.Time, id protocol.ErrorID) {
	m.reset(at)
	m.sayError(protocol.NewError(id))
	m.hangUp()
}
