package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"mockamivoice/fake"
	"mockamivoice/fake/recognizer"
)

// planHeard opens the folder of transcripts and looks for the recognizer.
func (c *serveCommand) planHeard(p *plan) error {
	limits := recognizer.Limits{Time: c.RecognizerTime, Concurrent: c.RecognizerConcurrency}
	var err error
	switch {
	case c.RecognizerCommand != "" && c.RecognizerURL != "":
		return usage("--recognizer-command and --recognizer-url: give one of them")
	case c.RecognizerModel != "" && c.RecognizerURL == "":
		return usage("--recognizer-model goes with --recognizer-url")
	case len(c.RecognizerEnv) > 0 && c.RecognizerCommand == "":
		return usage("--recognizer-env goes with --recognizer-command")
	case c.RecognizerTime <= 0 || c.RecognizerConcurrency < 1:
		return usage("--recognizer-time and --recognizer-concurrency: more than nothing")
	case c.RecognizerURL != "":
		if p.recognizer, err = recognizer.Server(limits, c.RecognizerURL, c.RecognizerModel); err != nil {
			return usage("--recognizer-url %w", err)
		}
	case c.RecognizerCommand != "":
		argv, err := arguments(c.RecognizerCommand)
		if err == nil {
			p.recognizer, err = recognizer.Command(limits, argv, recognizer.Environment(os.Environ(), c.RecognizerEnv...))
		}
		if err != nil {
			return usage("--recognizer-command %q: %w", c.RecognizerCommand, err)
		}
	}
	if c.Transcripts == "" {
		return nil
	}
	if p.transcripts, err = os.OpenRoot(c.Transcripts); err != nil {
		return usage("--transcripts: %w", err)
	}
	return nil
}

// arguments are those of a command: a JSON list of texts, or words between blanks. Where a shell would read quotes nobody can tell
// what is meant.
func arguments(text string) ([]string, error) {
	var list []string
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			return nil, fmt.Errorf(`is no JSON list like ["program", "an argument"]: %w`, err)
		}
		return list, nil
	}
	if strings.ContainsAny(text, "\"'\\") {
		return nil, errors.New(`no shell reads the quotes; write a JSON list like ["program", "an argument"]`)
	}
	return strings.Fields(text), nil
}

// heard are the options for what was said.
func (p *plan) heard() []fake.Option {
	var options []fake.Option
	if p.transcripts != nil {
		options = append(options, fake.WithTranscripts(p.transcripts.FS()))
	}
	if p.recognizer != nil {
		options = append(options, fake.WithRecognizer(p.recognizer))
	}
	return options
}

// close lets go of what planning opened.
func (p *plan) close() {
	if p.transcripts != nil {
		_ = p.transcripts.Close()
	}
}

// heardFrom tells who knows what was said, in lines. Commands and URLs may hold passwords, and are not shown.
func (c *serveCommand) heardFrom() string {
	text := ""
	if c.Transcripts != "" {
		text += "transcripts from " + c.Transcripts + "\n"
	}
	switch {
	case c.RecognizerCommand != "":
		text += "recognizer: the command of --recognizer-command\n"
	case c.RecognizerURL != "":
		text += "recognizer: the server of --recognizer-url\n"
	}
	return text
}
