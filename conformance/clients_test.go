package conformance_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"mockamivoice/conformance/judge"
	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

// badClient is a client that does something wrong, and the laws that say so, without "client.".
type badClient struct {
	id      string
	laws    string // on the tape of the fake and on that of the client
	server  string // on the tape of the fake alone
	own     string // on the client's own alone: the fake answers at once, so its tape cannot tell who waited
	options []fake.Option
	plays   string // what the fake plays for the actor's key, and what it expects of the client then, in the words of a scenario
	act     func(a *actor)
}

func badClients() []badClient {
	return slices.Concat(badIssuers(), badUploaders(), badKeepers(), badSpeakers(), badFramers(), badListeners(), badLeavers(), badSounds(), badRetriers(), badReactors(), badJobMakers(), badPollers(), badRegistrars())
}

// judged is what the laws of clients say. Played is the scenario that was played, nil for none.
func judged(entries []scenarios.Entry, played *scenarios.Scenario) judge.Verdict {
	lookup := func(id string) (*scenarios.Scenario, error) {
		if played != nil && played.ID == id {
			return played, nil
		}
		return scenarios.Named(id)
	}
	return judge.Tape{Entries: entries, Scenarios: lookup}.Judge(judge.ClientLaws())
}

// broken lists the laws that entries break, each once.
func broken(entries []scenarios.Entry, played *scenarios.Scenario) []string {
	var ids []string
	for _, f := range judged(entries, played).Findings {
		ids = append(ids, strings.TrimPrefix(f.Law, "client."))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func words(texts ...string) []string {
	list := strings.Fields(strings.Join(texts, " "))
	slices.Sort(list)
	return list
}

// Each bad client breaks exactly the laws that it declares, and each law is broken by one. go test ./conformance -run Clients
// -update writes the table.
func TestBadClients(t *testing.T) {
	by := make(map[string][]string)
	for _, m := range badClients() {
		for _, l := range words(m.laws, m.server, m.own) {
			by["client."+l] = append(by["client."+l], m.id)
		}
		t.Run(m.id, func(t *testing.T) {
			t.Parallel()
			a, played := m.meets(t)
			m.act(a)
			server, client := a.tapes()
			if got, want := broken(server, played), words(m.laws, m.server); !slices.Equal(got, want) {
				t.Errorf("on the tape of the fake it breaks %q, want %q\n%s", got, want, shown(server))
			}
			if got, want := broken(client, nil), words(m.laws, m.own); !slices.Equal(got, want) {
				t.Errorf("on its own tape it breaks %q, want %q\n%s", got, want, shown(client))
			}
		})
	}
	for _, l := range judge.ClientLaws() {
		if len(by[l.ID]) == 0 {
			t.Errorf("law %s has never been seen to fail", l.ID)
		}
	}
	checkTable(t, by)
}

// meets is the actor with a key for which the fake plays something.
func (m badClient) meets(t *testing.T) (*actor, *scenarios.Scenario) {
	t.Helper()
	if m.plays == "" {
		return newActor(t, m.options...), nil
	}
	text := "id: " + m.plays + "\n"
	played, err := scenarios.ParseScenario("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if played.StrikesAt(scenarios.AtHandshake, scenarios.AtIssue) {
		return newActor(t, append(m.options, fake.WithScenario(played))...), played
	}
	a := newActor(t, append(m.options, fake.WithScenarios(played))...)
	a.key = a.made(fake.KeyRequest{EPI: "1h", Scenario: played.ID})
	return a, played
}

// shown is a tape for the eye of who has to find out why.
func shown(entries []scenarios.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "  %d #%d %s %s %.80s%s %s\n", e.N, e.Conn, e.Dir, e.Kind, e.Text, e.Method, e.Target)
	}
	for _, f := range judge.Judge(judge.ClientLaws(), entries).Findings {
		fmt.Fprintf(&b, "  %s at %v: %s\n", f.Law, f.Entries, f.Text)
	}
	return b.String()
}

func checkTable(t *testing.T, by map[string][]string) {
	t.Helper()
	const file = "CLIENT-LAWS.md"
	table := clientTable(by)
	if *update {
		write(t, file, table)
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, table) {
		t.Errorf("%s is out of date (%v)", file, err)
	}
}

// clientTable lists the laws of clients for people.
func clientTable(by map[string][]string) []byte {
	var b bytes.Buffer
	laws := judge.ClientLaws()
	fmt.Fprintf(&b, "# What is asked of a client\n\nGenerated: `go test ./conformance -run Clients -update`. %d laws, and %d clients over raw sockets that are wrong on purpose.\n"+
		"A must rests on what is documented or observed; info is told and never failed. What a tape does not show is held against nobody.\n\n", len(laws), len(badClients()))
	b.WriteString("| law | level | basis | what it asks | why | what to do | source | fired by |\n|---|---|---|---|---|---|---|---|\n")
	for _, l := range laws {
		cells := []string{l.ID, string(l.Level), l.Basis.String(), l.Title, l.Why, l.Fix, l.Source, some(by[l.ID])}
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", "\\|")
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	return b.Bytes()
}
