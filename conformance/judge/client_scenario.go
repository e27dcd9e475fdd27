package judge

import (
	"fmt"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// clientScenarioLaws hold of clients that met a scenario.
func clientScenarioLaws() []Law {
	return []Law{{
		ID: "client.scenario.expectation", Title: "A client does what the scenario that it met expects of it", Level: Should, Basis: protocol.Inferred,
		Source: "the scenario; level and basis of a finding are its own", Why: "Each scenario says why: mockamivoice scenarios show NAME.",
		Fix: "Handle the failure as the scenario says.", check: expectations,
	}}
}

// strike is the first time that a scenario struck a client.
type strike struct {
	fault    *scenarios.Entry
	scenario *scenarios.Scenario
	host     string
	own      *scenarios.Entry // the request that it struck, where that is on the tape behind the fault
}

// expectations looks at each scenario once for each key, or connection where no key is known.
func expectations(t *trial, d *dialogue) {
	p := d.asClient()
	lookup := d.tape.Scenarios
	if lookup == nil {
		lookup = scenarios.Named
	}
	seen := make(map[string]bool)
	for i := range p.entries {
		e := &p.entries[i]
		if e.Kind != scenarios.FaultStruck || e.Scenario == "" {
			continue
		}
		client := e.Scenario + " " + e.Key
		if e.Key == "" {
			client = fmt.Sprintf("%s #%d", e.Scenario, e.Conn)
		}
		if seen[client] {
			continue
		}
		seen[client] = true
		s, err := lookup(e.Scenario)
		if err != nil {
			continue // of another version, or somebody's own file
		}
		strike{fault: e, scenario: s, host: p.host(e.Conn), own: p.struck(e)}.judge(t, d)
	}
}

// struck is the request that a fault struck before it was on the tape, nil for one that was there already.
func (p *clientTape) struck(fault *scenarios.Entry) *scenarios.Entry {
	if !p.early[fault.N] {
		return nil
	}
	for i := range p.entries {
		e := &p.entries[i]
		if e.N > fault.N && e.Conn == fault.Conn && (e.Kind == scenarios.HTTPRequest || e.Kind == scenarios.WSHandshake) {
			return e
		}
	}
	return nil
}

// host is the address of the client of a connection, empty where the tape does not say.
func (p *clientTape) host(conn uint64) string {
	if c := p.conns[conn]; c != nil {
		return c.host
	}
	return ""
}

// judge makes one finding of all that the client did not do.
func (s strike) judge(t *trial, d *dialogue) {
	var unmet []string
	causes := []*scenarios.Entry(nil)
	for _, x := range s.scenario.Client {
		t.apply()
		what, at := "", (*scenarios.Entry)(nil)
		if x.Law != "" {
			what, at = s.law(d, x.Law)
		} else {
			what, at = s.reaction(d, x)
		}
		if what != "" {
			unmet = append(unmet, what)
		}
		if at != nil {
			causes = append(causes, at)
		}
	}
	if len(unmet) == 0 {
		return
	}
	t.trace(s.fault, causes, "after %q of %s: %s", s.fault.Text, s.scenario.ID, strings.Join(unmet, "; "))
	f := &t.findings[len(t.findings)-1]
	f.Level, f.Basis = s.scenario.Level, s.scenario.Basis
}

// law finds what another law has against the client since the fault struck.
func (s strike) law(d *dialogue, id string) (what string, at *scenarios.Entry) {
	for _, l := range ClientLaws() {
		if l.ID != id || l.ID == "client.scenario.expectation" {
			continue
		}
		for _, f := range d.try(&l).findings {
			if f.Entries[0] > s.fault.N && (f.Conn == s.fault.Conn || s.fault.Key != "" && f.Key == s.fault.Key) {
				return fmt.Sprintf("%s was to hold, and %s", id, f.Text), d.asClient().entry(f.Entries[0])
			}
		}
	}
	return "", nil
}

// entry is the one with number n.
func (p *clientTape) entry(n uint64) *scenarios.Entry {
	for i := range p.entries {
		if p.entries[i].N == n {
			return &p.entries[i]
		}
	}
	return nil
}

// reaction says what is missing of a reaction, or what came too late. For what the client should do anything counts that may be
// its doing: other tests may run beside it. For what it should not do only what is certainly its own counts.
func (s strike) reaction(d *dialogue, x scenarios.Expectation) (what string, at *scenarios.Entry) {
	p := d.asClient()
	deadline := s.fault.At.Add(x.Within)
	isOver := !d.tape.Live
	var late *scenarios.Entry
	for i := range p.entries {
		e := &p.entries[i]
		if e.N <= s.fault.N || e == s.own {
			continue
		}
		inTime := !e.At.After(deadline)
		isOver = isOver || !inTime
		switch {
		case x.Expect == scenarios.ReactNone:
			if inTime && s.isOwn(p, e) {
				return "nothing was to follow within " + x.Within.String() + ", and the client " + deed(e), e
			}
		case !s.isReaction(p, e, x.Expect):
		case inTime:
			return "", nil
		case late == nil:
			late = e
		}
	}
	switch {
	case x.Expect == scenarios.ReactNone, !isOver, p.gapAfter(s.fault.N):
		return "", nil
	case x.Expect == scenarios.ReactClose && s.hungUp(p):
		return "", nil
	case late != nil:
		return fmt.Sprintf("%s came %s later, and was to come within %s", x.Expect, late.At.Sub(s.fault.At.Time).Round(time.Millisecond), x.Within), late
	}
	return fmt.Sprintf("the client was to %s within %s, and %s", act(x.Expect), x.Within, s.instead(p)), nil
}

func act(r scenarios.Reaction) string {
	return map[scenarios.Reaction]string{
		scenarios.ReactIssue: "ask for another key", scenarios.ReactStart: "send an s", scenarios.ReactClose: "end the connection",
		scenarios.ReactRetry: "connect or send the recording again",
	}[r]
}

// isReaction tells whether e may be the reaction of the client.
func (s strike) isReaction(p *clientTape, e *scenarios.Entry, r scenarios.Reaction) bool {
	if r == scenarios.ReactClose {
		return s.isClose(p, e)
	}
	if host := p.host(e.Conn); host != "" && s.host != "" && host != s.host {
		return false
	}
	switch r {
	case scenarios.ReactIssue:
		return e.Kind == scenarios.KeyIssued && e.Conn != s.fault.Conn || e.Kind == scenarios.HTTPRequest && e.Surface == string(protocol.SurfaceIssue)
	case scenarios.ReactStart:
		return e.Kind == scenarios.WSCommand && isStart(e)
	case scenarios.ReactRetry:
		again := e.Kind == scenarios.HTTPRequest && e.Surface == string(protocol.SurfaceSync)
		if s.fault.Surface == string(protocol.SurfaceIssue) {
			again = e.Kind == scenarios.HTTPRequest && e.Surface == string(protocol.SurfaceIssue)
		}
		return again || e.Kind == scenarios.WSHandshake
	case scenarios.ReactClose, scenarios.ReactNone:
	}
	return false
}

// isClose tells whether the client ended its connection. Where the tape does not say who did, it may have been the client.
func (s strike) isClose(p *clientTape, e *scenarios.Entry) bool {
	if e.Conn != s.fault.Conn {
		return false
	}
	isFrame := e.Kind == scenarios.WSControl && e.Dir == scenarios.In && e.Frame != nil && e.Frame.Opcode == opClose
	return isFrame || e.Kind == scenarios.ConnClose && !s.hungUp(p)
}

// hungUp tells whether the server ended the connection, so that there was nothing left to close.
func (s strike) hungUp(p *clientTape) bool {
	c := p.conns[s.fault.Conn]
	if c == nil || c.closed == nil {
		return false
	}
	if c.talk != nil && c.talk.goodbye && c.talk.left == nil {
		return true
	}
	switch c.closed.Text {
	case "", scenarios.ClosedByClient, scenarios.ClosedAfterGoodbye:
		return false
	}
	return true
}

// isOwn tells whether e is certainly a deed of the client that the fault struck.
func (s strike) isOwn(p *clientTape, e *scenarios.Entry) bool {
	if e.Conn != s.fault.Conn && (s.fault.Key == "" || p.keyOf(e) != s.fault.Key) {
		return false
	}
	switch e.Kind {
	case scenarios.WSCommand:
		return isStart(e)
	case scenarios.HTTPRequest, scenarios.WSHandshake:
		return true
	case scenarios.ConnClose:
		return e.Conn == s.fault.Conn && (e.Text == scenarios.ClosedByClient || e.Text == scenarios.ClosedAfterGoodbye) && !s.hungUp(p)
	default:
		return false
	}
}

// keyOf is the key of an entry. A server learns the key of an s after it has put it on the tape.
func (p *clientTape) keyOf(e *scenarios.Entry) string {
	if e.Kind != scenarios.WSCommand {
		return e.Key
	}
	if c := p.conns[e.Conn]; c != nil && c.talk != nil {
		for _, r := range c.talk.rounds {
			if r.start == e {
				return r.key()
			}
		}
	}
	return e.Key
}

// deed says what the client did.
func deed(e *scenarios.Entry) string {
	switch {
	case e.Kind == scenarios.WSCommand:
		return fmt.Sprintf("sent %.1s", e.Text)
	case e.Kind == scenarios.WSHandshake:
		return "opened a stream"
	case e.Kind == scenarios.ConnClose:
		return "closed the connection"
	}
	path, _, _ := strings.Cut(e.Target, "?")
	return "sent " + e.Method + " " + path
}

// instead says what the client did after the fault, on its connection.
func (s strike) instead(p *clientTape) string {
	var deeds []string
	for i := range p.entries {
		e := &p.entries[i]
		isDeed := e.Kind == scenarios.WSCommand && e.Text != "" || e.Kind == scenarios.WSHandshake || e.Kind == scenarios.HTTPRequest || e.Kind == scenarios.ConnClose
		if e.N > s.fault.N && e.Conn == s.fault.Conn && isDeed && (len(deeds) == 0 || deeds[len(deeds)-1] != deed(e)) {
			deeds = append(deeds, deed(e))
		}
	}
	const most = 4
	switch {
	case len(deeds) == 0:
		return "it did nothing"
	case len(deeds) > most:
		deeds = append(deeds[:most], "more")
	}
	return "it " + strings.Join(deeds, ", ")
}
