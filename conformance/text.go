package conformance

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"mockamivoice/conformance/dialogue"
	"mockamivoice/conformance/judge"
)

// WriteText writes a summary for a terminal: what does not hold comes first, with its dialogue, and the headline last, where
// the eye rests.
func (r *Report) WriteText(w io.Writer) error {
	const most = 10 // are shown with their dialogues
	var b strings.Builder
	shown := 0
	for i := range r.Results {
		one := &r.Results[i]
		isNew := one.Failure != nil && one.Known == ""
		if isNew {
			shown++
		}
		if isNew && shown > most {
			fmt.Fprintf(&b, "%s %s: expected %s, received %s\n", strings.ToUpper(string(one.Outcome)), one.ID, one.Failure.Expected, one.Failure.Received)
			continue
		}
		one.writeText(&b)
	}
	if shown > most {
		fmt.Fprintf(&b, "(only the first %d are shown with their dialogues; --report html=FILE has all)\n", most)
	}
	for i := range r.Laws {
		r.Laws[i].writeText(&b)
	}
	for _, k := range r.Stale {
		fmt.Fprintf(&b, "STALE %s holds, but is listed as known to fail: %s\n", k.ID, k.Reason)
	}
	r.writeSkips(&b)
	fmt.Fprintf(&b, "%s, in %s\n", r.Headline, time.Duration(r.Duration)*time.Millisecond)
	fmt.Fprintf(&b, "target: %s\n", r.Target)
	_, err := io.WriteString(w, dialogue.Printable(b.String()))
	return err
}

func (r *Result) writeText(b *strings.Builder) {
	switch {
	case r.Outcome == Errored:
		fmt.Fprintf(b, "ERROR %s  %s\n  %s\n", r.ID, r.Title, r.Reason)
	case r.Failure == nil:
	case r.Known != "":
		fmt.Fprintf(b, "KNOWN %s  %s (%s)\n", r.ID, r.Title, r.Known)
	default:
		fmt.Fprintf(b, "%s %s\n", strings.ToUpper(string(r.Outcome)), r.ID)
		fmt.Fprintf(b, "  requirement  %s\n  source       %s, %s: %s\n", r.Title, r.Level, r.Basis, r.Source)
		fmt.Fprintf(b, "  expected     %s\n  received     %s\n", r.Failure.Expected, r.Failure.Received)
		fmt.Fprintf(b, "  in           %s:%d (%s)\n  dialogue\n", r.File, r.Failure.Line, r.Failure.Verb)
		dialogue.Write(b, dialogue.Condense(dialogue.Lines(r.Tape)))
	}
}

func (l *LawResult) writeText(b *strings.Builder) {
	if l.Outcome != Fail && l.Outcome != Warn {
		return
	}
	if l.Known != "" {
		fmt.Fprintf(b, "KNOWN %s  %s (%s)\n", l.ID, l.Title, l.Known)
		return
	}
	const most = 3
	fmt.Fprintf(b, "%s %s\n", strings.ToUpper(string(l.Outcome)), l.ID)
	fmt.Fprintf(b, "  requirement  %s\n  source       %s, %s: %s\n  fix          %s\n", l.Title, l.Level, l.Basis, l.Source, l.Fix)
	for i, f := range l.Findings {
		if i == most {
			fmt.Fprintf(b, "  and %d more\n", len(l.Findings)-most)
			break
		}
		fmt.Fprintf(b, "  in %s: %s\n", f.Scenario, f.Text)
	}
}

// writeSkips lists what was skipped, by reason.
func (r *Report) writeSkips(b *strings.Builder) {
	byReason := make(map[string][]string)
	for i := range r.Results {
		if one := &r.Results[i]; one.Outcome == Skip {
			reason, _, _ := strings.Cut(one.Reason, ":")
			byReason[reason] = append(byReason[reason], one.ID)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		ids := byReason[reason]
		const most = 6
		list := strings.Join(ids[:min(len(ids), most)], ", ")
		if len(ids) > most {
			list += ", …"
		}
		fmt.Fprintf(b, "SKIP %d: %s (%s)\n", len(ids), reason, list)
	}
}

// explain is a finding of a law in a line.
func explain(f judge.Finding) string { return f.Law + ": " + f.Text }
