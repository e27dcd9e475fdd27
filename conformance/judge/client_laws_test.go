package judge_test

import (
	"slices"
	"strings"
	"testing"

	"mockamivoice/conformance/judge"
	"mockamivoice/scenarios"
)

func report(t *testing.T, about string, v judge.Verdict) {
	t.Helper()
	for _, f := range v.Findings {
		t.Errorf("%s: %s at entry %d: %s", about, f.Law, f.Entries[0], f.Text)
	}
}

func TestGoodClients(t *testing.T) {
	report(t, "good clients", judge.Judge(judge.ClientLaws(), goodClients().entries))
}

// A good client that goes on is good so far, whether the tape is over or not.
func TestBeginningsOfGoodClients(t *testing.T) {
	entries := goodClients().entries
	for n := range entries {
		report(t, "cut", judge.Tape{Entries: entries[:n]}.Judge(judge.ClientLaws()))
		report(t, "cut and live", judge.Tape{Entries: entries[:n], Live: true}.Judge(judge.ClientLaws()))
		report(t, "without a beginning", judge.Judge(judge.ClientLaws(), entries[n:]))
	}
}

// Whatever a bounded tape has dropped, what is left accuses nobody.
func TestGapsOfGoodClients(t *testing.T) {
	entries := goodClients().entries
	for from := range entries {
		for to := from + 1; to <= len(entries); to += 7 {
			gap := scenarios.Entry{N: entries[to-1].N, At: entries[to-1].At, T: entries[to-1].T, Dir: scenarios.Note, Kind: scenarios.Dropped, Count: uint64(to - from)}
			v := judge.Judge(judge.ClientLaws(), slices.Concat(entries[:from], []scenarios.Entry{gap}, entries[to:]))
			report(t, "with a gap", v)
			if len(v.Findings) > 0 {
				t.Fatalf("entries %d to %d were dropped", from+1, to)
			}
		}
	}
}

func TestClientMutants(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range badClients() {
		t.Run(m.about, func(t *testing.T) {
			c := goodClients()
			before := uint64(len(c.entries))
			m.act(c)
			v := judge.Tape{Entries: c.entries, Scenarios: played}.Judge(judge.ClientLaws())
			want := slices.Sorted(slices.Values(strings.Fields(m.laws)))
			var got []string
			for _, f := range v.Findings {
				got = append(got, strings.TrimPrefix(f.Law, "client."))
				if f.Entries[0] <= before {
					t.Errorf("%s blames entry %d, before anything went wrong", f.Law, f.Entries[0])
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("noticed by %q, want %q", got, want)
				report(t, m.about, v)
			}
		})
		for l := range strings.FieldsSeq(m.laws) {
			seen["client."+l] = true
		}
	}
	for _, l := range judge.ClientLaws() {
		if !seen[l.ID] {
			t.Errorf("law %s has never been seen to fail", l.ID)
		}
	}
}

// What scenarios expect of a client are laws that there are.
func TestScenariosExpectLawsThatThereAre(t *testing.T) {
	known := make(map[string]bool)
	for _, l := range judge.ClientLaws() {
		known[l.ID] = true
	}
	list := scenarios.Library()
	for _, id := range []string{"stream.again", "stream.leave", "stream.nothing", "stream.retry", "stream.law"} {
		s, err := played(id)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	seen := 0
	for _, s := range list {
		for _, x := range s.Client {
			if seen++; x.Law != "" && (!known[x.Law] || x.Law == "client.scenario.expectation") {
				t.Errorf("%s:%d: no law of clients is called %s", s.File, x.Line, x.Law)
			}
		}
	}
	if seen == 0 {
		t.Error("no scenario expects anything")
	}
}

// Tapes come from files; one with holes is judged, not crashed on.
func TestHolesInClients(t *testing.T) {
	for _, m := range badClients() {
		c := goodClients()
		c.entries = nil
		m.act(c)
		for n := range c.entries {
			judge.Judge(judge.ClientLaws(), slices.Delete(slices.Clone(c.entries), n, n+1))
			bare := slices.Clone(c.entries)
			bare[n] = scenarios.Entry{N: bare[n].N, Conn: bare[n].Conn, Dir: bare[n].Dir, Kind: bare[n].Kind}
			judge.Tape{Entries: bare, Scenarios: played}.Judge(judge.ClientLaws())
		}
	}
}

// A law that had nothing to look at says so, and one that had counts.
func TestClientLawsCountHowOftenTheyApplied(t *testing.T) {
	good := judge.Judge(judge.ClientLaws(), goodClients().entries)
	for _, l := range judge.ClientLaws() {
		rare := []string{"client.retry.unchanged-audio", "client.retry.storm", "client.scenario.expectation"} // of clients that met something
		if n := good.Applied[l.ID]; (n == 0) != slices.Contains(rare, l.ID) {
			t.Errorf("%s applied %d times", l.ID, n)
		}
	}
	for id, n := range judge.Judge(judge.ClientLaws(), nil).Applied {
		if n != 0 {
			t.Errorf("%s applied %d times to nothing", id, n)
		}
	}
}
