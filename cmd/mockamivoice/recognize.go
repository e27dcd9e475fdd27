package main

import (
	"errors"
	"fmt"
	"strings"

	refclient "mockamivoice/reference-client"
)

type recognizeCommand struct {
	clientFlags

	File   string   `arg:"" help:"Audio file, or - for stdin."`
	Engine string   `default:"-a-general" help:"Connection engine. (${default})" placeholder:"NAME"`
	Format string   `help:"Format of audio without a header: LSB16K, MSB8K, MULAW, … (what the header says)" placeholder:"NAME"`
	Set    []string `help:"Setting of d, like keepFillerToken=1; repeatable." placeholder:"KEY=VALUE"`
	NoLog  bool     `help:"Let the service keep neither audio nor result."`
	JSON   bool     `name:"json" help:"The reply as it was received, instead of the text."`
}

// Help is shown by recognize --help.
func (*recognizeCommand) Help() string {
	return `Sends a whole recording and prints its text. The audio is streamed, never held.

Examples:
  mockamivoice recognize testdata/speech-ja.wav
  mockamivoice recognize --json --set keepFillerToken=1 testdata/speech-ja.wav
  sox in.mp3 -t raw -r 16k -b 16 -e signed -c 1 - | mockamivoice recognize --format LSB16K -
  AMIVOICE_KEY=… mockamivoice recognize --target real --no-log in.wav

Exit status: 1 when the service refuses, 3 when it cannot be reached.`
}

// Run recognizes a file.
func (c *recognizeCommand) Run(w *world) error {
	params, err := settings(c.Set)
	if err != nil {
		return err
	}
	audio, err := openAudio(c.File, c.Format, w.stdin)
	if err != nil {
		return err
	}
	client, err := c.client("10m")
	if err != nil {
		return errors.Join(err, audio.close())
	}
	watched := audio.watch(w.stderr)
	r, err := client.Recognize(w.ctx, watched, refclient.Request{Engine: c.Engine, Format: audio.declared(c.Format), Params: params, NoLog: c.NoLog})
	watched.done()
	if r != nil {
		err = errors.Join(err, c.print(w, r))
	}
	return client.close(errors.Join(told(err), audio.close()))
}

func (c *recognizeCommand) print(w *world, r *refclient.Recognition) error {
	text := r.Text
	if c.JSON {
		text = strings.TrimRight(string(r.Raw), "\r\n")
	} else if text == "" {
		return nil
	}
	_, err := fmt.Fprintln(w.stdout, text)
	return err
}
