package conformance_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mockamivoice/conformance"
	"mockamivoice/conformance/judge"
	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

var update = flag.Bool("update", false, "write the kill lists and the matrix instead of comparing them")

// target gives each script a server with the mutant's fault.
func (m mutant) target() conformance.Target {
	t := freshFake()
	t.Name = "mutant " + m.id
	t.Fresh = func(ctx context.Context) (conformance.Target, func(), error) { return m.start(ctx, t) }
	return t
}

func (m mutant) start(ctx context.Context, t conformance.Target) (conformance.Target, func(), error) {
	srv := fake.New(append([]fake.Option{fake.WithClock(clock.NewManual(clock.System{}.Now()))}, m.options...)...)
	var handler http.Handler = srv
	if m.change != nil {
		handler = rewrite(handler, m.change)
	}
	if m.request != nil {
		inner := handler
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			m.request(r)
			inner.ServeHTTP(w, r)
		})
	}
	service, admin := &http.Server{Handler: handler}, &http.Server{Handler: srv.Admin()} //nolint:gosec // loopback, for milliseconds
	srv.Configure(service)
	var urls []string
	for _, s := range []*http.Server{service, admin} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return t, nil, err
		}
		urls = append(urls, "http://"+l.Addr().String())
		if s == service && (m.tamper.in != nil || m.tamper.out != nil) {
			l = tamperListener{l, m.tamper}
		}
		go func() { _ = s.Serve(l) }()
	}
	own, err := conformance.At(urls[0], urls[1], t.Credentials)
	own.Capabilities, own.Sources = t.Capabilities, t.Sources
	return own, func() {
		srv.Close()
		_ = service.Close()
		_ = admin.Close()
	}, err
}

// concerns tells whether a script uses a surface on which the mutant differs.
func (m mutant) concerns(s *scenarios.Scenario) bool {
	heavy := []string{"sync.largest", "sync.oversize", "stream.utterance-limit"} // against every mutant they would take most of the time
	if !m.heavy && slices.Contains(heavy, s.ID) {
		return false
	}
	for _, c := range s.Needs {
		surface := strings.TrimSuffix(string(c), "-by-key")
		if slices.Contains(strings.Fields(m.surfaces), surface) {
			return true
		}
	}
	return false
}

// kills are the scripts and laws that do not hold of the mutant.
func (m mutant) kills(ctx context.Context, sounds *conformance.Sounds) ([]string, error) {
	var scripts []*scenarios.Scenario
	for _, s := range scenarios.Scripts() {
		if m.concerns(s) {
			scripts = append(scripts, s)
		}
	}
	report, err := conformance.Run(ctx, m.target(), scripts, conformance.WithJobs(24), conformance.WithPatience(3*time.Second), conformance.WithSounds(sounds))
	if err != nil {
		return nil, err
	}
	killed := make(map[string]bool)
	for _, r := range report.Results {
		if r.Outcome != conformance.Pass {
			killed[r.ID] = true
		}
	}
	for _, l := range report.Laws {
		if len(l.Findings) > 0 {
			killed[l.ID] = true
		}
	}
	return slices.Sorted(maps.Keys(killed)), nil
}

// killsOfAll plays the mutants, a few at a time, because much of it is waiting.
func killsOfAll(t *testing.T) map[string][]string {
	t.Helper()
	found := make(map[string][]string)
	sounds := &conformance.Sounds{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	room := make(chan struct{}, 3)
	for _, m := range mutants() {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			kills, err := m.kills(t.Context(), sounds)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("mutant %s: %v", m.id, err)
			}
			found[m.id] = kills
		})
	}
	wg.Wait()
	return found
}

// The kit is tested by servers that are wrong on purpose: each of them is noticed by exactly the checks that were declared, and
// each check notices at least one. Otherwise it checks nothing. go test ./conformance -run Mutants -update writes the lists.
func TestMutants(t *testing.T) {
	if testing.Short() || *targetURL != "fake" || *targetFile != "" {
		t.Skip("plays the library against more than a hundred servers")
	}
	declared := make(map[string][]string)
	list, err := scenarios.Mutants()
	if err != nil && !*update {
		t.Fatal(err)
	}
	for _, m := range list {
		declared[m.ID] = m.Kills
	}
	found := killsOfAll(t)
	for _, m := range mutants() {
		if _, is := declared[m.id]; !is && !*update {
			t.Errorf("mutant %s has no declared kills", m.id)
			continue
		}
		if !*update && !slices.Equal(found[m.id], declared[m.id]) {
			t.Errorf("mutant %s (%s):\n  missed by %v\n  noticed beyond its list by %v", m.id, m.about, without(declared[m.id], found[m.id]), without(found[m.id], declared[m.id]))
		}
	}
	if *update {
		write(t, "../scenarios/mutants/mutants.yaml", killFile(found))
		write(t, "MUTANTS.md", matrix(found))
	}
	checkKills(t, found)
	if got, err := os.ReadFile("MUTANTS.md"); err != nil || !bytes.Equal(got, matrix(found)) {
		t.Errorf("MUTANTS.md is out of date (%v)", err)
	}
}

// checkKills finds checks that nothing kills, and mutants that nothing notices.
func checkKills(t *testing.T, found map[string][]string) {
	t.Helper()
	killed := make(map[string]bool)
	for id, kills := range found {
		if len(kills) == 0 {
			t.Errorf("mutant %s is noticed by nothing", id)
		}
		for _, k := range kills {
			killed[k] = true
		}
	}
	for _, s := range scenarios.Scripts() {
		if !killed[s.ID] {
			t.Errorf("script %s has never been seen to fail", s.ID)
		}
	}
	for _, l := range judge.ServerLaws() {
		if !killed[l.ID] {
			t.Errorf("law %s has never been seen to fail", l.ID)
		}
	}
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o644); err != nil { //nolint:gosec // documentation
		t.Fatal(err)
	}
}

func killFile(found map[string][]string) []byte {
	var b bytes.Buffer
	b.WriteString("# Servers that are wrong in one way, and the checks that notice it. An extra or a missing one fails the tests.\n")
	for _, m := range mutants() {
		fmt.Fprintf(&b, "- id: %s\n  about: %q\n  kills: [%s]\n", m.id, m.about, strings.Join(found[m.id], ", "))
	}
	return b.Bytes()
}

func matrix(found map[string][]string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Which check notices which fault\n\nGenerated: `go test ./conformance -run Mutants -update`. %d servers, each wrong in one way, against %d scripts and %d laws.\n\n",
		len(found), len(scenarios.Scripts()), len(judge.ServerLaws()))
	b.WriteString("| fault | what is wrong | noticed by |\n|---|---|---|\n")
	by := make(map[string][]string)
	for _, m := range mutants() {
		const most = 8
		kills := found[m.id]
		text := strings.Join(kills[:min(most, len(kills))], ", ")
		if len(kills) > most {
			text += fmt.Sprintf(" and %d more", len(kills)-most)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m.id, m.about, text)
		for _, k := range kills {
			by[k] = append(by[k], m.id)
		}
	}
	b.WriteString("\n| check | level | faults that it notices |\n|---|---|---|\n")
	for _, s := range scenarios.Scripts() {
		fmt.Fprintf(&b, "| %s | %s | %d: %s |\n", s.ID, s.Level, len(by[s.ID]), some(by[s.ID]))
	}
	for _, l := range judge.ServerLaws() {
		fmt.Fprintf(&b, "| %s | %s | %d: %s |\n", l.ID, l.Level, len(by[l.ID]), some(by[l.ID]))
	}
	return b.Bytes()
}

func some(list []string) string {
	const most = 4
	text := strings.Join(list[:min(most, len(list))], ", ")
	if len(list) > most {
		text += ", …"
	}
	return text
}

// A law is a must only on documented or observed grounds, and says why and how.
func TestLaws(t *testing.T) {
	seen := make(map[string]bool)
	for _, l := range judge.ServerLaws() {
		if seen[l.ID] || l.Title == "" || l.Source == "" || l.Why == "" || l.Fix == "" || !l.Level.Fits(l.Basis) || l.Side != judge.Server {
			t.Errorf("%+v", l)
		}
		seen[l.ID] = true
	}
	const least = 15
	if len(seen) < least {
		t.Errorf("%d laws", len(seen))
	}
}
