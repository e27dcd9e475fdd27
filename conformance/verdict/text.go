package verdict

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"mockamivoice/conformance/dialogue"
	"mockamivoice/scenarios"
)

// How much a person is shown.
const (
	mostOfLaw    = 3 // findings of one law with their dialogues
	linesBefore  = 4 // of the offence
	linesBehind  = 2
	longestLine  = 240 // characters
	longestNames = 110
)

// WriteText writes the verdict for a terminal: findings with the frames around them, then how often each law applied and which
// failures were met, and what it comes to last, where the eye rests.
func (v *Verdict) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, group := range v.byLaw() {
		v.writeLaw(&b, group)
	}
	v.writeApplied(&b)
	v.Coverage.writeText(&b)
	fmt.Fprintf(&b, "%s\n", v.headline())
	for _, r := range v.Reasons {
		fmt.Fprintf(&b, "  %s\n", r)
	}
	_, err := io.WriteString(w, dialogue.Printable(b.String()))
	return err
}

func (v *Verdict) writeLaw(b *strings.Builder, group []Finding) {
	first := group[0]
	if first.Known != "" {
		fmt.Fprintf(b, "KNOWN %s  %s: %s (%s)\n\n", first.Law, first.Title, plural(len(group), "finding"), first.Known)
		return
	}
	fmt.Fprintf(b, "%s %s\n", strings.ToUpper(string(first.Level)), first.Law)
	fmt.Fprintf(b, "  rule    %s\n  source  %s, %s: %s\n  why     %s\n  fix     %s\n", first.Title, first.Level, first.Basis, first.Source, first.Why, first.Fix)
	for i := range group {
		if i == mostOfLaw {
			fmt.Fprintf(b, "  and %d more\n", len(group)-mostOfLaw)
			break
		}
		v.writeFinding(b, &group[i])
	}
	b.WriteString("\n")
}

func (v *Verdict) writeFinding(b *strings.Builder, f *Finding) {
	fmt.Fprintf(b, "  at %s\n     %s\n", f.place(), f.Text)
	dialogue.Write(b, v.around(f))
}

// place says where a finding is.
func (f *Finding) place() string {
	where := fmt.Sprintf("%s:%d", f.File, f.Line)
	if f.Conn != 0 {
		where += fmt.Sprintf(", connection %d", f.Conn)
	}
	if f.Key != "" {
		where += ", key " + f.Key
	}
	return where
}

// around are some lines of the dialogue about the entries of a finding.
func (v *Verdict) around(f *Finding) []dialogue.Line {
	var some []scenarios.Entry
	for _, e := range v.tapes[f.tape].Entries {
		if e.Conn == f.Conn || slices.Contains(f.Entries, e.N) {
			some = append(some, e)
		}
	}
	all := dialogue.Condense(dialogue.Lines(some, f.Entries...))
	var out []dialogue.Line
	last := -1
	for i, l := range all {
		near := func(j int) bool { return all[j].Mark && i >= j-linesBefore && i <= j+linesBehind }
		isNear := false
		for j := max(0, i-linesBehind); j < len(all) && j <= i+linesBefore; j++ {
			isNear = isNear || near(j)
		}
		if !isNear {
			continue
		}
		if i != last+1 {
			out = append(out, dialogue.Line{Arrow: " ", Text: "…"})
		}
		last = i
		l.Text = short(l.Text)
		out = append(out, l)
	}
	return out
}

func short(s string) string {
	if r := []rune(s); len(r) > longestLine {
		return string(r[:longestLine]) + "…"
	}
	return s
}

// writeApplied says how often each law had something to look at.
func (v *Verdict) writeApplied(b *strings.Builder) {
	var applied, never []string
	for _, l := range v.laws {
		if n := v.Applied[l.ID]; n > 0 {
			applied = append(applied, fmt.Sprintf("%s %d", l.ID, n))
		} else {
			never = append(never, l.ID)
		}
	}
	fmt.Fprintf(b, "laws, and how often each applied: %d of %d did\n", len(applied), len(v.laws))
	writeNames(b, "  did", applied)
	writeNames(b, "  never", never)
}

func (c *Coverage) writeText(b *strings.Builder) {
	fmt.Fprintf(b, "documented failures: %d of %d were met\n", len(c.Met), len(c.Met)+len(c.Never))
	writeNames(b, "  met", ids(c.Met))
	writeNames(b, "  never", ids(c.Never))
}

func ids(failures []Failure) []string {
	all := make([]string, len(failures))
	for i, f := range failures {
		all[i] = f.ID
	}
	return all
}

// writeNames writes a list, wrapped.
func writeNames(b *strings.Builder, title string, names []string) {
	if len(names) == 0 {
		return
	}
	line := title + ":"
	for i, n := range names {
		if i < len(names)-1 {
			n += ","
		}
		if len(line)+1+len(n) > longestNames {
			b.WriteString(line + "\n")
			line = "   "
		}
		line += " " + n
	}
	b.WriteString(line + "\n")
}

func (v *Verdict) headline() string {
	word := strings.ToUpper(string(v.Status))
	if v.Empty() {
		word = "NOTHING WAS JUDGED"
	}
	broken, applied := make(map[string]bool), 0
	for _, f := range v.Findings {
		broken[f.Law] = true
	}
	for _, n := range v.Applied {
		if n > 0 {
			applied++
		}
	}
	text := fmt.Sprintf("%s: %s of %s (%d must, %d should, %d info", word, plural(len(v.Findings), "finding"), plural(len(broken), "law"), v.Counts.Must, v.Counts.Should, v.Counts.Info)
	if v.Counts.Known > 0 {
		text += fmt.Sprintf(", %d known", v.Counts.Known)
	}
	return text + fmt.Sprintf("); %d of %d laws applied; %d %% of the documented failures were met", applied, len(v.laws), v.Coverage.Percent)
}
