package fromtape

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// realGap is how long a pause of a clock that runs by itself must be to count as one.
const (
	realGap  = time.Second
	slowness = 10 * time.Second // of a server whose clock runs by itself: less is how long it took to answer
)

// builder makes the parts of a scenario.
type builder struct {
	source  string
	tape    recording
	conn    uint64
	surface protocol.Surface
	own     []*scenarios.Entry
	manual  bool // the clock was moved by hand, so every difference is meant
	issued  []issuance
	names   map[string]string // variable by id of key
	steps   []string          // lines of the script
	needs   []scenarios.Capability
	waited  time.Duration
	last    time.Time // of what the last step stands for
	played  playing
	noted   map[string]bool
}

func newBuilder(file string, t recording, conn uint64) *builder {
	b := &builder{source: file, tape: t, conn: conn, own: t.of(conn), names: make(map[string]string), noted: make(map[string]bool)}
	for _, e := range b.own {
		if b.surface == "" && (e.Kind == scenarios.HTTPRequest || e.Kind == scenarios.WSHandshake) {
			b.surface = protocol.Surface(e.Surface)
			if b.surface == "" && e.Kind == scenarios.WSHandshake {
				b.surface = protocol.SurfaceStream
			}
		}
	}
	b.manual = slices.ContainsFunc(t.entries, func(e scenarios.Entry) bool { return e.Kind == scenarios.Clock })
	return b
}

func (b *builder) build() {
	b.findKeys()
	if slices.ContainsFunc(b.tape.entries, func(e scenarios.Entry) bool { return e.Kind == scenarios.Dropped }) {
		b.note("the tape has dropped entries, so that steps may be missing here")
	}
	if b.surface == protocol.SurfaceStream {
		b.stream()
	} else {
		b.http()
	}
}

func (b *builder) step(verb string, value flow) {
	b.steps = append(b.steps, "- "+verb+": "+string(value))
}

// note writes a comment above the next step, once.
func (b *builder) note(text string) {
	if !b.noted[text] {
		b.noted[text] = true
		b.steps = append(b.steps, "# "+text)
	}
}

// struck says that a server which plays scenarios did so here.
func (b *builder) struck(e *scenarios.Entry) {
	b.note("the server played " + string(quote(e.Scenario)) + " about here: " + string(quote(e.Text)))
}

func (b *builder) need(c scenarios.Capability) {
	if !slices.Contains(b.needs, c) {
		b.needs = append(b.needs, c)
	}
}

// gap is how much clock time passed before an entry that is not explained by sound of so many milliseconds.
func (b *builder) gap(at time.Time, sound int64, least time.Duration) time.Duration {
	d := at.Sub(b.last)
	switch {
	case b.last.IsZero() || d <= 0:
		return 0
	case b.manual:
		return d
	}
	if d -= time.Duration(sound) * time.Millisecond; d < least {
		return 0
	}
	return d.Round(100 * time.Millisecond)
}

// wait lets clock time pass.
func (b *builder) wait(d time.Duration) {
	if d > 0 {
		b.step("wait", quote(d.String()))
		b.waited += d
	}
}

// file is the whole of it.
func (b *builder) file(o Options) []byte {
	const longestWait = 3 * time.Second // without a clock to move
	if b.waited > longestWait {
		b.need(scenarios.CanControl)
	}
	if o.ID == "" {
		o.ID = fmt.Sprintf("%s.from-tape-%d", b.surface, b.conn)
	}
	if o.Title == "" {
		o.Title = fmt.Sprintf("What happened on connection %d of a tape: give it a title", b.conn)
	}
	var needs []flow
	for _, n := range b.needs {
		needs = append(needs, flow(n))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "id: %s\ntitle: %s\nsurface: %s\nlevel: info\nbasis: %s\nsource: %s\n",
		o.ID, quote(o.Title), b.surface, b.basis(), quote("a tape, "+b.tape.header.Tool))
	if len(needs) > 0 {
		fmt.Fprintf(&out, "needs: %s\n", list(needs...))
	}
	out.WriteString("\nscript:\n")
	for _, line := range b.steps {
		out.WriteString("  " + line + "\n")
	}
	out.WriteString(b.played.text())
	out.WriteString("\n" + `why: "Say here why this matters, and to whom: it is the first thing that a reader wants to know."` + "\n")
	return []byte(out.String())
}

// basis is observed for what a client recorded elsewhere than on its own machine: there stands a fake, as like as not.
func (b *builder) basis() protocol.Basis {
	if b.tape.header.Recorder != "client" {
		return protocol.Assumed
	}
	host := ""
	for _, e := range b.own {
		if h := header(e, "Host"); h != "" {
			host = h
		}
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if host == "" || strings.EqualFold(host, "localhost") || err == nil && (a.IsLoopback() || a.IsPrivate() || a.IsUnspecified()) {
		return protocol.Assumed
	}
	return protocol.Observed
}

// header is the value of a header line, or "".
func header(e *scenarios.Entry, name string) string {
	for _, h := range e.Headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}
