package scenarios_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"mockamivoice/conformance/judge"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

func TestEdgeCasesArePlayable(t *testing.T) {
	const least = 55
	all := scenarios.EdgeCases()
	if len(all) < least {
		t.Errorf("%d edge cases; %d were promised", len(all), least)
	}
	titles := make(map[string]string)
	for _, s := range all {
		if s.Script != nil || s.Client == nil || s.Statement != "" || len(s.Needs) > 0 {
			t.Errorf("%s: an edge case has play and client, and no script, statement or needs", s.ID)
		}
		if other := titles[string(s.Surface)+s.Title]; other != "" {
			t.Errorf("%s and %s have the same title", s.ID, other)
		}
		titles[string(s.Surface)+s.Title] = s.ID
		for _, f := range s.Play.Faults {
			if f.At.Surface() != s.Surface {
				t.Errorf("%s: %s is a place of another surface", s.ID, f.At)
			}
		}
	}
}

// What people read are sentences: a title is half of one, a reason ends in a full stop.
func TestTextsOfEdgeCasesAreSane(t *testing.T) {
	for _, s := range scenarios.EdgeCases() {
		title, why := []rune(s.Title), s.Why
		switch {
		case unicode.IsLower(title[0]) && title[0] != 's' && title[0] != 'e' || strings.HasSuffix(s.Title, ".") || len(title) > 120:
			t.Errorf("%s: title %q", s.ID, s.Title)
		case !strings.HasSuffix(why, ".") || len(why) < 40 || len(why) > 220:
			t.Errorf("%s: why %q", s.ID, why)
		case len(s.Source) < 18 || strings.HasSuffix(s.Source, "."):
			t.Errorf("%s: source %q", s.ID, s.Source)
		case (s.Basis == protocol.Documented) != strings.Contains(s.Source, "manual") && s.Basis != protocol.Inferred:
			t.Errorf("%s is %s, its source %q", s.ID, s.Basis, s.Source)
		}
	}
}

// Whatever is known for certain to go wrong can be brought about by name.
func TestEveryKnownErrorHasAnEdgeCase(t *testing.T) {
	brought := make(map[protocol.ErrorID][]string)
	for _, s := range scenarios.EdgeCases() {
		for _, f := range s.Play.Faults {
			for _, d := range f.Do {
				if id := errorOf(f.At, d); id != "" {
					brought[id] = append(brought[id], s.ID)
				}
			}
		}
	}
	for _, e := range protocol.Catalogue() {
		certain := e.Basis == protocol.Documented || e.Basis == protocol.Observed
		if certain && brought[e.ID] == nil {
			t.Errorf("%s is %s, and no edge case brings it about", e.ID, e.Basis)
		}
		if e.Surface == protocol.SurfaceSync && e.Status == 200 && brought[e.ID] == nil {
			t.Errorf("no edge case brings about code %s of the synchronous interface", e.Code)
		}
	}
}

// errorOf is the error that d leads to at a point, empty for none.
func errorOf(at scenarios.Point, d scenarios.Do) protocol.ErrorID {
	switch d := d.(type) {
	case scenarios.DoError:
		return d.ID
	case scenarios.DoExpireKey:
		return map[scenarios.Point]protocol.ErrorID{
			scenarios.AtStart: "stream.start.expired", scenarios.AtFeed: "stream.feed.refused", scenarios.AtSyncRequest: "sync.unauthorized",
			scenarios.AtWordsRequest: "words.expired",
		}[at]
	case scenarios.DoLimit:
		return map[scenarios.Limit]protocol.ErrorID{
			scenarios.LimitSession: "stream.feed.session-timeout", scenarios.LimitNonSpeech: "stream.feed.refused",
		}[d.Name]
	case scenarios.DoResult:
		return map[string]protocol.ErrorID{"o": "sync.rejected"}[d.Code]
	}
	return ""
}

// The vocabulary of faults is used: each word at some place, each place by some case, and every other part of play.
func TestEdgeCasesUseTheWholeVocabulary(t *testing.T) {
	var words, points, parts []string
	for _, s := range scenarios.EdgeCases() {
		p := s.Play
		for part, used := range map[string]bool{
			"transcripts": len(p.Transcripts) > 0, "behaviour": len(p.Behaviour) > 0, "limits": p.Limits != scenarios.Limits{},
		} {
			if used {
				parts = append(parts, part)
			}
		}
		for _, f := range p.Faults {
			points = append(points, string(f.At))
			for _, d := range f.Do {
				words = append(words, d.Word())
			}
		}
	}
	for _, p := range scenarios.Points() {
		if !slices.Contains(points, string(p)) {
			t.Errorf("no edge case strikes at %s", p)
		}
	}
	for _, d := range []scenarios.Do{
		scenarios.DoError{},
		scenarios.DoStatus{},
		scenarios.DoDelay{},
		scenarios.DoStall{},
		scenarios.DoNoAnswer{},
		scenarios.DoClose{},
		scenarios.DoReset{},
		scenarios.DoTruncate{},
		scenarios.DoGarble{},
		scenarios.DoDrip{},
		scenarios.DoDrop{},
		scenarios.DoDuplicate{},
		scenarios.DoOrder{},
		scenarios.DoSend{},
		scenarios.DoReplace{},
		scenarios.DoResult{},
		scenarios.DoLimit{},
		scenarios.DoExpireKey{},
	} {
		if !slices.Contains(words, d.Word()) {
			t.Errorf("no edge case has a fault that does %s", d.Word())
		}
	}
	for _, part := range []string{"transcripts", "behaviour", "limits"} {
		if !slices.Contains(parts, part) {
			t.Errorf("no edge case has %s", part)
		}
	}
}

// The table of edge cases is made of the files; go test ./scenarios -update writes it.
func TestEdgeCaseTableIsUpToDate(t *testing.T) { upToDate(t, "EDGE-CASES.md", edgeCaseTable()) }

// The README has the same table, shorter, between two comments.
func TestEdgeCasesOfTheREADMEAreUpToDate(t *testing.T) {
	const file, from, to = "../README.md", "<!-- edge cases: go test ./scenarios -update -->\n", "<!-- end of edge cases -->"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(data), from)
	_, after, ended := strings.Cut(rest, to)
	if !begun || !ended {
		t.Fatal("the README has no place for the edge cases")
	}
	upToDate(t, file, []byte(before+from+shortEdgeCaseTable()+to+after))
}

func shortEdgeCaseTable() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details>\n<summary>The %d edge cases that come with the program</summary>\n\n", len(scenarios.EdgeCases()))
	b.WriteString("What is *assumed* is not said to be what the service does: it is there to try clients with. [EDGE-CASES.md](scenarios/EDGE-CASES.md) says as well what a good client does.\n\n")
	b.WriteString("| name | what the client meets | known how |\n|---|---|---|\n")
	for _, s := range scenarios.EdgeCases() {
		fmt.Fprintf(&b, "| [%s](scenarios/library/%s.yaml) | %s | %s |\n", s.ID, s.ID, cell(s.Title), s.Basis)
	}
	b.WriteString("\n</details>\n")
	return b.String()
}

func edgeCaseTable() []byte {
	titles := make(map[string]string)
	for _, l := range judge.ClientLaws() {
		titles[l.ID] = l.Title
	}
	var b bytes.Buffer
	b.WriteString("# What can be made to go wrong\n\nGenerated: `go test ./scenarios -update`. `mockamivoice scenarios show ID` explains one, " +
		"`mockamivoice serve --scenario ID` brings it about.\nHow well it is known that the service does so is in the third column; what is " +
		"assumed is there to try clients with.\n\n")
	fmt.Fprintf(&b, "%d edge cases.\n", len(scenarios.EdgeCases()))
	for _, surface := range []protocol.Surface{protocol.SurfaceIssue, protocol.SurfaceSync, protocol.SurfaceAsync, protocol.SurfaceWords, protocol.SurfaceStream} {
		fmt.Fprintf(&b, "\n## %s\n\n| id | what the client meets | basis | what a good client does |\n|---|---|---|---|\n", surface)
		for _, s := range scenarios.EdgeCases() {
			if s.Surface == surface {
				fmt.Fprintf(&b, "| [%s](library/%s.yaml) | %s | %s | %s |\n", s.ID, s.ID, cell(s.Title), s.Basis, cell(goodClient(s, titles)))
			}
		}
	}
	return b.Bytes()
}

func goodClient(s *scenarios.Scenario, titles map[string]string) string {
	var all []string
	for _, e := range s.Client {
		words := e.InWords()
		if e.Law != "" {
			words = titles[e.Law]
		}
		all = append(all, words)
	}
	return strings.Join(all, "; ")
}
