package main

import (
	"fmt"
	"slices"
	"strings"

	"mockamivoice/conformance/judge"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/strict"
)

// explainCase says what a client meets in an edge case, why, how that is known, what it ought to do, and how to bring it about.
func explainCase(s *scenarios.Scenario) string {
	var b strings.Builder
	paragraph := func(head, text string) {
		if text != "" {
			fmt.Fprintf(&b, "\n%s\n  %s\n", head, strings.ReplaceAll(text, "\n", "\n  "))
		}
	}
	fmt.Fprintf(&b, "%s\n%s\n", s.ID, s.Title)
	if s.Play != nil {
		paragraph("What happens", strings.Join(s.Play.InWords(), "\n")+counted(s))
	}
	paragraph("Why it matters", s.Why)
	paragraph("How this is known", known(s.Basis)+" ("+s.Source+").")
	paragraph("What a good client does", goodClient(s))
	if s.Play != nil {
		paragraph("How to bring it about", start(s))
	}
	return b.String()
}

// counted says for whom occurrences are counted, where that makes a difference.
func counted(s *scenarios.Scenario) string {
	some := func(f scenarios.Fault) bool { return (f.Nth > 1 || f.Times > 0) && !f.All }
	switch {
	case !slices.ContainsFunc(s.Play.Faults, some):
		return ""
	case s.IsForServer():
		return "\nOccurrences are counted for the whole server: no key is known yet."
	}
	return "\nOccurrences are counted for each key on its own: while the whole server plays this, the next key meets it again."
}

// known is a basis as a sentence without its end.
func known(b protocol.Basis) string {
	switch b {
	case protocol.Documented:
		return "The manual documents it"
	case protocol.Observed:
		return "It was observed"
	case protocol.Inferred:
		return "Nobody says so outright; it follows from what is known"
	case protocol.Assumed:
		return "Nothing shows that the service does it; it is there to try clients with"
	}
	return "Nobody says how it is known"
}

// goodClient says what is expected, and how much a verdict makes of it.
func goodClient(s *scenarios.Scenario) string {
	var lines []string
	for _, e := range s.Client {
		line := "It " + e.InWords() + "."
		if law, err := clientLaw(e.Law); err == nil {
			line = fmt.Sprintf("%s. %s (law %s)", law.Title, law.Fix, law.ID)
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 {
		lines = append(lines, map[scenarios.Level]string{
			scenarios.Must: "A client that does otherwise is at fault.", scenarios.Should: "A client that does otherwise is warned.",
			scenarios.Info: "A client that does otherwise is told, and not blamed.",
		}[s.Level])
	}
	return strings.Join(lines, "\n")
}

// clientLaw finds a law of clients. The error suggests the nearest one.
func clientLaw(id string) (judge.Law, error) {
	laws := judge.ClientLaws()
	ids := make([]string, 0, len(laws))
	for _, l := range laws {
		if l.ID == id {
			return l, nil
		}
		ids = append(ids, l.ID)
	}
	return judge.Law{}, fmt.Errorf("no law of clients is called %q%s", id, strict.DidYouMean(id, ids))
}

// start is what to type.
func start(s *scenarios.Scenario) string {
	const post = "curl -H 'Content-Type: application/json'"
	text := fmt.Sprintf("mockamivoice serve --scenario %s\n%s -X PUT -d '{\"name\":%q}' http://127.0.0.1:8081/scenario", s.ID, post, s.ID)
	if s.IsForServer() {
		return text + "\nIt cannot be bound to a key: it strikes before any key is known."
	}
	return text + fmt.Sprintf("\n%s -d '{\"scenario\":%q}' http://127.0.0.1:8081/keys   # a key that meets it, beside others that do not", post, s.ID)
}
