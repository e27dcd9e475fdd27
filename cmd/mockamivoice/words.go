package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"mockamivoice/protocol"
	refclient "mockamivoice/reference-client"
)

type wordsCommand struct {
	Get     wordsGetCommand     `cmd:"" help:"Print the words of a profile."`
	Set     wordsSetCommand     `cmd:"" help:"Put words in the place of all that a profile has."`
	List    wordsListCommand    `cmd:"" help:"List the profiles of an engine."`
	Classes wordsClassesCommand `cmd:"" help:"List the classes that words of an engine can have."`
}

// Help is shown by words --help.
func (*wordsCommand) Help() string {
	return `A profile is a dictionary of one engine; recognition uses it with profileId=:NAME.

Examples:
  mockamivoice words set shop words.tsv
  mockamivoice words get shop
  mockamivoice recognize --set profileId=:shop testdata/speech-ja.wav

Exit status: 1 when the service refuses, 2 when a word is wrong, 3 when the service cannot be reached.`
}

// wordsFlags say which dictionary is meant.
type wordsFlags struct {
	clientFlags

	Engine string `default:"-a-general" help:"Connection engine. (${default})" placeholder:"NAME"`
	ADF    string `name:"adf" enum:"16k,8k," default:"" help:"Dictionary of a hybrid engine: for audio at 16k or at 8k. (16k)" placeholder:"ADF"`
}

func (f *wordsFlags) dictionary() refclient.Dictionary {
	return refclient.Dictionary{Engine: f.Engine, ADF: protocol.Dictionary(f.ADF)}
}

// named finds the colon that profileId has and a profile has not.
func named(profile string) error {
	if name, colon := strings.CutPrefix(profile, ":"); colon {
		return usage("profile %q has the colon of profileId; did you mean %q?", profile, name)
	}
	return nil
}

type wordsGetCommand struct {
	wordsFlags

	Profile string `arg:"" help:"Name of the profile, without a colon."`
	JSON    bool   `name:"json" help:"JSON instead of columns with tabs between them."`
}

// Help is shown by words get --help.
func (*wordsGetCommand) Help() string {
	return `Prints a line for each word: written, spoken and class; of an end-to-end engine written, other spelling and biasing. words set reads it.

Examples:
  mockamivoice words get shop
  mockamivoice words get --json --engine=-a2-ja-general shop > words.json`
}

// Run prints the words of a profile.
func (c *wordsGetCommand) Run(w *world) error {
	if err := named(c.Profile); err != nil {
		return err
	}
	client, err := c.client("10m")
	if err != nil {
		return err
	}
	words, err := client.Words(w.ctx, c.dictionary(), c.Profile)
	if err := client.close(told(err)); err != nil {
		return err
	}
	if c.JSON {
		return writeWordsJSON(w.stdout, words)
	}
	return writeWords(w.stdout, words)
}

type wordsSetCommand struct {
	wordsFlags

	Profile string `arg:"" help:"Name of the profile, without a colon: letters, digits, - and _."`
	File    string `arg:"" help:"Columns with tabs between them, or JSON; - for stdin. UTF-8."`
	Empty   bool   `help:"Empty the profile when there are no words."`
}

// Help is shown by words set --help.
func (*wordsSetCommand) Help() string {
	return `Everything that the profile had before is gone. A line is a word: written, spoken and perhaps a class; for an end-to-end engine (-a2…)
written and perhaps another spelling and a biasing from 0 to 1. JSON is that of the service: {"profilewords":[{"written":…,"spoken":…}]}

Examples:
  mockamivoice words set shop words.tsv
  printf 'AmiVoice\tあみぼいす\n' | mockamivoice words set shop -
  mockamivoice words set --empty shop /dev/null`
}

// Run replaces the words of a profile.
func (c *wordsSetCommand) Run(w *world) error {
	if err := named(c.Profile); err != nil {
		return err
	}
	words, err := c.words(w.stdin)
	if err != nil {
		return err
	}
	if len(words) == 0 && !c.Empty {
		return usage("%s holds no words, which would empty the profile %s; say --empty when that is meant", c.File, c.Profile)
	}
	client, err := c.client("10m")
	if err != nil {
		return err
	}
	err = client.SetWords(w.ctx, c.dictionary(), c.Profile, words)
	if err := client.close(told(err)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.stderr, "words in profile %s of %s now: %d\n", c.Profile, c.Engine, len(words))
	return err
}

func (c *wordsSetCommand) words(stdin io.Reader) ([]protocol.Word, error) {
	read := func() ([]byte, error) { return os.ReadFile(c.File) }
	if c.File == "-" {
		read = func() ([]byte, error) { return io.ReadAll(stdin) }
	}
	data, err := read()
	if err != nil {
		return nil, usage("%w", err)
	}
	words, err := parseWords(c.Engine, data)
	if err != nil {
		return nil, usage("%s: %w", c.File, err)
	}
	return words, nil
}

type wordsListCommand struct{ wordsFlags }

// Help is shown by words list --help.
func (*wordsListCommand) Help() string {
	return "Example:\n  mockamivoice words list --engine=-a-general --adf 8k"
}

// Run lists profiles.
func (c *wordsListCommand) Run(w *world) error {
	client, err := c.client("10m")
	if err != nil {
		return err
	}
	profiles, err := client.Profiles(w.ctx, c.dictionary())
	return printLines(w, profiles, client.close(told(err)))
}

type wordsClassesCommand struct{ wordsFlags }

// Help is shown by words classes --help.
func (*wordsClassesCommand) Help() string {
	return "Example:\n  mockamivoice words classes --engine=-a-medical"
}

// Run lists classes.
func (c *wordsClassesCommand) Run(w *world) error {
	client, err := c.client("10m")
	if err != nil {
		return err
	}
	classes, err := client.ClassNames(w.ctx, c.dictionary())
	return printLines(w, classes, client.close(told(err)))
}

func printLines(w *world, lines []string, err error) error {
	for _, line := range lines {
		if err != nil {
			break
		}
		_, err = fmt.Fprintln(w.stdout, line)
	}
	return err
}

// writeWordsJSON writes words as the service does, but for people: a field to a line, and no letter escaped.
func writeWordsJSON(w io.Writer, words []protocol.Word) error {
	type word struct {
		Written            string   `json:"written"`
		Spoken             string   `json:"spoken,omitempty"`
		ClassName          string   `json:"classname,omitempty"`
		AlternativeWritten string   `json:"alternativewritten,omitempty"`
		Biasing            *float64 `json:"biasing,omitempty"`
	}
	list := make([]word, 0, len(words))
	for _, one := range words {
		item := word{one.Written, one.Spoken, one.ClassName, one.AlternativeWritten, nil}
		if one.Biasing.OK {
			item.Biasing = &one.Biasing.Value
		}
		list = append(list, item)
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(map[string][]word{"profilewords": list})
}
