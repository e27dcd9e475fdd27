package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"unicode"

	"mockamivoice/scenarios/fromtape"
)

type scenariosNew struct {
	FromTape string `name:"from-tape" required:"" placeholder:"FILE" help:"Tape that the dialogue is on, as serve --tape, stream --tape or GET /tape write it; - for stdin."`
	Conn     uint64 `name:"conn" placeholder:"N" help:"Connection of the dialogue; without it the connections are listed."`
	ID       string `name:"id" help:"Id of the scenario, like stream.key-expires-before-first-p."`
	Title    string `name:"title" help:"Title of the scenario, a sentence."`
	Output   string `name:"output" short:"o" placeholder:"FILE" help:"File to write; stdout without it. One that is there is left alone."`
}

// Help is shown by scenarios new --help.
func (scenariosNew) Help() string {
	return "Examples:\n  mockamivoice scenarios new --from-tape tape.jsonl\n" +
		"  mockamivoice scenarios new --from-tape tape.jsonl --conn 5 --id stream.what-happened-on-friday -o friday.yaml\n" +
		"  curl -s http://127.0.0.1:8081/tape | mockamivoice scenarios new --from-tape - --conn 5"
}

// Run writes the scenario. Nothing of it is secret: a tape is redacted, and redacted again when it is read.
func (c scenariosNew) Run(w *world) error {
	tape, err := c.read(w)
	if err != nil {
		return err
	}
	if c.Conn == 0 {
		if err := listConns(w, tape); err != nil {
			return err
		}
		return usage("choose a connection with --conn")
	}
	text, err := tape.Scenario(c.Conn, fromtape.Options{ID: c.ID, Title: c.Title})
	if err != nil {
		return usage("%w", err)
	}
	if c.Output == "" {
		_, err = w.stdout.Write(text)
		return err
	}
	return writeNew(c.Output, text)
}

func (c scenariosNew) read(w *world) (*fromtape.File, error) {
	in, name := w.stdin, "stdin"
	if c.FromTape != "-" {
		f, err := os.Open(c.FromTape)
		if err != nil {
			return nil, usage("%w", err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		in, name = f, c.FromTape
	}
	tape, err := fromtape.Read(name, in)
	if err != nil {
		return nil, usage("%w", err)
	}
	return tape, nil
}

func listConns(w *world, tape *fromtape.File) error {
	table := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
	for _, conn := range tape.Conns() {
		about := strings.TrimLeft(conn.About, ", ")
		if conn.Surface == "" {
			about = strings.TrimSpace("nothing was said " + about)
		}
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\n", conn.Number, conn.Surface, oneLine(about)) // Flush reports the error
	}
	return table.Flush()
}

// oneLine shows control characters as what they are not: a tape is not to be trusted with a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// writeNew writes a new file: one that is there may be somebody's work.
func writeNew(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return usage("%s is there already; choose another name, or remove it first", name)
	}
	if err != nil {
		return usage("%w", err)
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
