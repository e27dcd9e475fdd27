package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/protocol"
	refclient "mockamivoice/reference-client"
)

type streamCommand struct {
	clientFlags

	File     string        `arg:"" help:"Audio file, or - for stdin."`
	Engine   string        `default:"-a-general" help:"Connection engine. (${default})" placeholder:"NAME"`
	Format   string        `help:"Format of audio without a header: LSB16K, MSB8K, MULAW, … (what the header says)" placeholder:"NAME"`
	Set      []string      `help:"Parameter of s, like keepFillerToken=1; repeatable." placeholder:"KEY=VALUE"`
	Interval time.Duration `default:"400ms" help:"Audio between two interim results; 0 for none. (${default})" placeholder:"DURATION"`
	Packet   int           `default:"4096" help:"Bytes of audio in a packet. (${default})" placeholder:"BYTES"`
	Realtime bool          `help:"Send no faster than the audio is spoken."`
	NoLog    bool          `help:"Let the service keep neither audio nor result."`
	JSON     bool          `name:"json" help:"The JSON of every U and A as it was received, a line each, instead of texts."`
}

// Help is shown by stream --help.
func (*streamCommand) Help() string {
	return `Streams audio and prints a line for each utterance. On a terminal, interim results are shown in place meanwhile.

Examples:
  mockamivoice stream testdata/speech-ja.wav
  mockamivoice stream --realtime --json testdata/speech-ja.wav
  arecord -t raw -f S16_LE -r 16000 -c 1 | mockamivoice stream --format LSB16K -
  AMIVOICE_KEY=… mockamivoice stream --target real --no-log in.wav

Exit status: 1 when the service refuses, 3 when it cannot be reached.`
}

// Run streams a file.
func (c *streamCommand) Run(w *world) error {
	params, err := settings(c.Set)
	if err != nil {
		return err
	}
	if c.Packet < 1 {
		return usage("--packet: must be at least 1")
	}
	audio, err := openAudio(c.File, c.Format, w.stdin)
	if err != nil {
		return err
	}
	if c.Realtime && audio.rate == 0 {
		return errors.Join(usage("--realtime: %s does not say how many bytes a second has", c.File), audio.close())
	}
	client, err := c.client("10m")
	if err != nil {
		return errors.Join(err, audio.close())
	}
	params = append(params, protocol.Param{Key: "resultUpdatedInterval", Value: strconv.FormatInt(c.Interval.Milliseconds(), 10)})
	stream, err := client.Stream(w.ctx, refclient.StreamRequest{Engine: c.Engine, Format: audio.format, Params: params, NoLog: c.NoLog})
	if err == nil {
		err = c.talk(w, stream, audio)
		err = errors.Join(err, stream.Close())
	}
	return client.close(errors.Join(told(err), audio.close()))
}

// talk sends the audio and prints what comes meanwhile.
func (c *streamCommand) talk(w *world, s *refclient.Stream, audio *source) error {
	out := &captions{w: w.stdout, live: isTerminal(w.stdout) && !c.JSON, json: c.JSON}
	var watched *progress
	if out.live {
		watched = audio.watch(nil) // the captions have the terminal
	} else {
		watched = audio.watch(w.stderr)
	}
	sent := make(chan error, 1)
	go func() { sent <- c.send(w.ctx, s, watched) }()
	var first error
	for m, err := range s.Events() {
		if err == nil {
			err = out.show(m)
		}
		if err != nil {
			first = err
			_ = s.Close() // so that the sender stops
			break
		}
	}
	err := <-sent
	watched.done()
	if first == nil && err == nil && !out.heard {
		_, _ = fmt.Fprintln(w.stderr, "mockamivoice: no speech was heard in the audio; is it whole, and in the format that was named?")
	}
	if first != nil {
		return first
	}
	return err
}

// send sends the audio in packets, and then e.
func (c *streamCommand) send(ctx context.Context, s *refclient.Stream, audio *progress) error {
	packet := make([]byte, c.Packet)
	started := clock.System{}.Now()
	for {
		n, err := io.ReadFull(audio, packet)
		if n > 0 {
			if _, err := s.Write(packet[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return s.End(ctx)
		}
		if err != nil {
			return fmt.Errorf("read the audio: %w", err)
		}
		if c.Realtime {
			spoken := time.Duration(float64(audio.read) / float64(audio.rate) * float64(time.Second))
			rest(ctx, spoken-clock.System{}.Now().Sub(started))
		}
	}
}

// rest sleeps, or until ctx is done.
func rest(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}

// captions prints results: final ones a line each, interim ones in place.
type captions struct {
	w    io.Writer
	live bool
	json bool

	heard bool // a final result has come
}

func (c *captions) show(m refclient.Message) error {
	var text string
	final := false
	switch e := m.Event.(type) {
	case protocol.Partial:
		text = e.Interim.Text
	case protocol.Final:
		text, final = e.Result.Text, true
		if e.Result.Code != "" {
			text = "(" + e.Result.Message + ")"
		}
	case protocol.LegacyFinal:
		text, final = e.Result.Text, true
	default:
		return nil
	}
	c.heard = c.heard || final
	var err error
	switch {
	case c.json:
		_, err = fmt.Fprintf(c.w, "%s\n", m.Raw[len("A "):])
	case c.live && final:
		_, err = fmt.Fprintf(c.w, "\r\x1b[K%s\n", text)
	case c.live:
		_, err = fmt.Fprintf(c.w, "\r\x1b[K%s", lastRunes(text, 70))
	case final:
		_, err = fmt.Fprintln(c.w, text)
	}
	return err
}

// lastRunes is the end of a text that is too long for a line.
func lastRunes(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return "…" + string(r[len(r)-most:])
}
