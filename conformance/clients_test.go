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
	act     func(a *actor)
}

func badClients() []badClient {
	return slices.Concat(badIssuers(), badUploaders(), badKeepers(), badSpeakers(), badFramers(), badListeners(), badLeavers(), badSounds(), badRetriers())
}

// onlyOnTapes are the laws that no client can break here, with the reason; tapes in package judge show that they can fire.
func onlyOnTapes() map[string]string {
	return map[string]string{
		"client.scenario.expectation": "needs a scenario that is being played; the tapes of package judge break it",
	}
}

func broken(entries []scenarios.Entry) []string {
	var ids []string
	for _, f := range judge.Judge(judge.ClientLaws(), entries).Findings {
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
			a := newActor(t, m.options...)
			m.act(a)
			server, client := a.tapes()
			if got, want := broken(server), words(m.laws, m.server); !slices.Equal(got, want) {
				t.Errorf("on the tape of the fake it breaks %q, want %q\n%s", got, want, shown(server))
			}
			if got, want := broken(client), words(m.laws, m.own); !slices.Equal(got, want) {
				t.Errorf("on its own tape it breaks %q, want %q\n%s", got, want, shown(client))
			}
		})
	}
	reasons := onlyOnTapes()
	for _, l := range judge.ClientLaws() {
		if (len(by[l.ID]) == 0) != (reasons[l.ID] != "") {
			t.Errorf("%s is broken by %q, and only on tapes because %q", l.ID, by[l.ID], reasons[l.ID])
		}
	}
	checkTable(t, by)
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
	laws, reasons := judge.ClientLaws(), onlyOnTapes()
	fmt.Fprintf(&b, "# What is asked of a client\n\nGenerated: `go test ./conformance -run Clients -update`. %d laws, and %d clients over raw sockets that are wrong on purpose.\n"+
		"A must rests on what is documented or observed; info is told and never failed. What a tape does not show is held against nobody.\n\n", len(laws), len(badClients()))
	b.WriteString("| law | level | basis | what it asks | why | what to do | source | fired by |\n|---|---|---|---|---|---|---|---|\n")
	for _, l := range laws {
		fired := some(by[l.ID])
		if fired == "" {
			fired = "tapes alone: " + reasons[l.ID]
		}
		cells := []string{l.ID, string(l.Level), l.Basis.String(), l.Title, l.Why, l.Fix, l.Source, fired}
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", "\\|")
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	return b.Bytes()
}
