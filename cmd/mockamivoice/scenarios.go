package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"mockamivoice/scenarios"
)

type scenariosCommand struct {
	List     scenariosList     `cmd:"" help:"List the scenarios that come with the program."`
	Show     scenariosShow     `cmd:"" help:"Explain one scenario."`
	Validate scenariosValidate `cmd:"" help:"Check scenario files."`
	New      scenariosNew      `cmd:"" help:"Make a scenario of a dialogue on a tape."`
}

type scenariosList struct {
	Edge    bool   `help:"Only edge cases, which the fake plays to any client." xor:"kind"`
	Scripts bool   `help:"Only scripts, which the kit plays to any service." xor:"kind"`
	Surface string `help:"Only those of a surface: issue, sync or stream." enum:"issue,sync,stream," default:""`
	JSON    bool   `name:"json" help:"One JSON array instead of a table."`
}

// Help is shown by scenarios list --help.
func (scenariosList) Help() string {
	return "Examples:\n  mockamivoice scenarios list --edge\n  mockamivoice scenarios list --scripts --surface stream\n  mockamivoice scenarios list --json"
}

// shows reports whether the flags ask for s.
func (c scenariosList) shows(s *scenarios.Scenario) bool {
	return (!c.Edge || s.Play != nil) && (!c.Scripts || s.Script != nil) && (c.Surface == "" || c.Surface == string(s.Surface))
}

// listed is a scenario in a list, as the admin routes have it too.
type listed struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Surface string   `json:"surface"`
	Level   string   `json:"level"`
	Basis   string   `json:"basis"`
	Parts   []string `json:"parts"`
}

// Run prints the list.
func (c scenariosList) Run(w *world) error {
	var all []listed
	for _, s := range scenarios.Library() {
		if c.shows(s) {
			all = append(all, listed{s.ID, s.Title, string(s.Surface), string(s.Level), s.Basis.String(), s.Parts()})
		}
	}
	if c.JSON {
		e := json.NewEncoder(w.stdout)
		e.SetIndent("", " ")
		e.SetEscapeHTML(false)
		return e.Encode(all)
	}
	table := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
	for _, s := range all {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.ID, s.Level, s.Basis, s.Title) // Flush reports the error
	}
	return table.Flush()
}

type scenariosShow struct {
	Name string `arg:"" help:"Id of a scenario."`
	YAML bool   `name:"yaml" help:"The file itself."`
}

// Help is shown by scenarios show --help.
func (scenariosShow) Help() string {
	return "Examples:\n  mockamivoice scenarios show stream.expiry-at-first-p\n  mockamivoice scenarios show stream.key-expires-before-first-p\n  mockamivoice scenarios show --yaml stream.key-expires-before-first-p > mine.yaml"
}

// Run prints one scenario.
func (c scenariosShow) Run(w *world) error {
	s, err := scenarios.Named(c.Name)
	if err != nil {
		return usage("%w (scenarios list shows them all)", err)
	}
	data, err := s.Bytes()
	if err != nil {
		return err
	}
	if c.YAML {
		_, err = w.stdout.Write(data)
		return err
	}
	if s.Script == nil {
		_, err = io.WriteString(w.stdout, explainCase(s))
		return err
	}
	_, err = io.WriteString(w.stdout, explainScript(s, data))
	return err
}

// explainScript says what a script shows, and shows its steps.
func explainScript(s *scenarios.Scenario, data []byte) string {
	needs := make([]string, 0, len(s.Needs))
	for _, n := range s.Needs {
		needs = append(needs, string(n))
	}
	text := fmt.Sprintf("%s\n%s\n\n%s\n\nlevel %s, basis %s: %s\nneeds %s", s.ID, s.Title, s.Why, s.Level, s.Basis, s.Source, strings.Join(needs, ", "))
	if s.Waits() > 0 {
		text += fmt.Sprintf("; lets %s of clock time pass", s.Waits())
	}
	_, script, _ := strings.Cut(string(data), "\nscript:\n")
	script, _, _ = strings.Cut(script, "\nwhy:")
	return fmt.Sprintf("%s\n\n%s\n", text, script)
}

type scenariosValidate struct {
	Files []string `arg:"" help:"Scenario files." placeholder:"FILE"`
}

// Help is shown by scenarios validate --help.
func (scenariosValidate) Help() string {
	return "Example:\n  mockamivoice scenarios validate scenarios/library/*.yaml"
}

// Run checks every file, and tells about all that are wrong.
func (c scenariosValidate) Run(w *world) error {
	var wrong []error
	for _, file := range c.Files {
		if err := validateScenario(file); err != nil {
			wrong = append(wrong, err)
		}
	}
	if len(wrong) > 0 {
		return usage("%w", errors.Join(wrong...))
	}
	_, err := fmt.Fprintf(w.stdout, "%d files are good\n", len(c.Files))
	return err
}

// validateScenario reads the file and looks up the laws that it names.
func validateScenario(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	s, err := scenarios.ParseScenario(file, data)
	if err != nil {
		return err
	}
	for _, e := range s.Client {
		if e.Law == "" {
			continue
		}
		if _, err := clientLaw(e.Law); err != nil {
			return fmt.Errorf("%s:%d: %w", file, e.Line, err)
		}
	}
	return nil
}
