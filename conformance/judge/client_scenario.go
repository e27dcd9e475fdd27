package judge

import (
	"cmp"
	"fmt"
	"strconv"
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
	settled  uint64           // N of the entry with which what was struck came to a good end all the same; 0 for none
}

// expectations looks at each scenario once for each key, or for each address where no key is known: who gives up in the end is not
// expected to come back once more.
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
		client := e.Scenario + " " + cmp.Or(e.Key, p.host(e.Conn), strconv.FormatUint(e.Conn, 10))
		if seen[client] {
			continue
		}
		seen[client] = true
		s, err := lookup(e.Scenario)
		if err != nil {
			continue // of another version, or somebody's own file
		}
		one := strike{fault: e, scenario: s, host: p.host(e.Conn), own: p.struck(e)}
		one.settled = one.end(p)
		one.judge(t, d)
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
			if inTime && (s.settled == 0 || e.N < s.settled) && s.isOwn(p, e) {
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
