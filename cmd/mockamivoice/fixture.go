package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/fixture"
	"mockamivoice/scenarios/sound"
)

type fixtureCommand struct {
	Text   []string      `required:"" sep:"none" help:"What an utterance says, up to 200 characters of any script; repeatable, an utterance each." placeholder:"TEXT"`
	Gap    time.Duration `default:"1.5s" help:"Silence between two utterances, at least 1s. (${default})" placeholder:"DURATION"`
	Rate   *int          `help:"Samples a second: 8000, 11025, 16000, 22050, 32000, 44100 or 48000. (16000, or what the format says)" placeholder:"HZ"`
	Format string        `default:"wav" help:"wav, raw, or a name: LSB16K, MSB16K, MULAW, ALAW, WAVMULAW, … (${default})" placeholder:"NAME"`
	Output string        `short:"o" default:"-" help:"File to write, or - for stdout. (${default})" placeholder:"FILE"`
}

// Help is shown by fixture --help.
func (*fixtureCommand) Help() string {
	return `Makes sound that carries its own transcript: to a detector of speech it is speech, and the fake reads the exact text back from it,
also through a codec, a telephone line or a microphone. Sound that arrives damaged is not understood (code o), and the tape says what
happened to it. docs/FIXTURES.md tells how.

Examples:
  mockamivoice fixture --text 'hello, world' -o hello.wav
  mockamivoice fixture --text もしもし --text はい。 --gap 2s --rate 48000 -o call.wav
  mockamivoice fixture --text hello --format MULAW -o hello.ulaw
  mockamivoice fixture --text hello --format LSB16K | mockamivoice stream --format LSB16K -

Exit status: 2 when a text cannot be said, 3 when the file cannot be written.`
}

// Run writes the sound.
func (c *fixtureCommand) Run(w *world) error {
	format, err := c.format()
	if err != nil {
		return err
	}
	if c.Gap <= 0 {
		return usage("--gap: %v is no silence; give at least %v", c.Gap, fixture.LeastGap)
	}
	samples, err := fixture.Speak(format.Rate, c.Gap, c.Text...)
	if err != nil {
		return usage("fixture: %w", err)
	}
	data := sound.Encode(format, samples)
	if c.Output != "-" {
		if err := os.WriteFile(c.Output, data, 0o644); err != nil { //nolint:gosec // test audio, for everybody to read
			return cannot("write %s: %w", c.Output, err)
		}
		_, err := fmt.Fprintf(w.stderr, "%s: %d utterance(s), %.1f s, %s\n", c.Output, len(c.Text), float64(len(samples))/float64(format.Rate), size(int64(len(data))))
		return err
	}
	if isTerminal(w.stdout) {
		return usage("fixture: audio does not belong on a terminal; name a file with -o, or write into a pipe")
	}
	if _, err := w.stdout.Write(data); err != nil {
		return cannot("write the audio: %w", err)
	}
	return nil
}

// format is what --format and --rate say together.
func (c *fixtureCommand) format() (sound.Format, error) {
	name := strings.ToLower(c.Format)
	if name == "wav" || name == "raw" {
		const usual = 16000
		rate := usual
		if c.Rate != nil {
			rate = *c.Rate
		}
		for _, f := range protocol.AudioFormats() {
			if f.Encoding == protocol.PCM16LE && f.Rate == rate {
				return sound.Format{AudioFormat: f, WAV: name == "wav"}, nil
			}
		}
		return sound.Format{}, usage("--rate: %d samples a second is none of 8000, 11025, 16000, 22050, 32000, 44100, 48000", rate)
	}
	f, err := sound.ParseFormat(c.Format)
	if err != nil {
		return sound.Format{}, usage("--format: %w, or wav, or raw", err)
	}
	if c.Rate != nil && *c.Rate != f.Rate {
		return sound.Format{}, usage("--rate: %s has %d samples a second, not %d; leave --rate out, or give --format wav or raw", strings.ToUpper(c.Format), f.Rate, *c.Rate)
	}
	return f, nil
}
