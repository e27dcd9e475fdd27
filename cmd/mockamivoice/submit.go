package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"mockamivoice/protocol"
	refclient "mockamivoice/reference-client"
)

type submitCommand struct {
	clientFlags

	File       string        `arg:"" optional:"" help:"Audio file, or - for stdin. None with --job."`
	Job        string        `help:"Wait for a job that was submitted before, instead of submitting one." placeholder:"ID"`
	Engine     string        `default:"-a-general" help:"Connection engine. (${default})" placeholder:"NAME"`
	Format     string        `help:"Format of audio without a header: LSB16K, MSB8K, MULAW, … (what the header says)" placeholder:"NAME"`
	Set        []string      `aliases:"param" help:"Setting of d, like keepFillerToken=1; repeatable." placeholder:"KEY=VALUE"`
	NoLog      bool          `help:"Let the service keep neither audio nor result."`
	ContentID  string        `name:"content-id" help:"A name of yours that comes back with every state." placeholder:"TEXT"`
	Diarize    bool          `name:"diarization" help:"Tell speakers apart: a line for each turn."`
	Min        int           `name:"min-speakers" help:"At least so many speakers; means --diarization." placeholder:"N"`
	Max        int           `name:"max-speakers" help:"At most so many speakers; means --diarization." placeholder:"N"`
	Sentiment  bool          `help:"Analyse sentiments, which needs --v1; see them with --json."`
	Compatible bool          `name:"compatible-with-sync" help:"Let the result look like that of recognize."`
	V1         bool          `name:"v1" help:"Use /v1/recognitions instead of /v2."`
	NoWait     bool          `help:"Print the id of the job instead of waiting for it."`
	Every      time.Duration `help:"Poll so often. (after 2, 4 and 8 s, then every 10 s)" placeholder:"DURATION"`
	Timeout    time.Duration `help:"Stop waiting after so long; the job goes on. (never)" placeholder:"DURATION"`
	JSON       bool          `name:"json" help:"The reply as it was received, instead of the text."`
}

// Help is shown by submit --help.
func (*submitCommand) Help() string {
	return `Sends a recording as a job, waits for its end and prints its text, a line for each utterance. States are told on stderr meanwhile.
A recording whose reply got lost is not sent again, for a job costs money.

Examples:
  mockamivoice submit testdata/speech-ja.wav
  mockamivoice submit --max-speakers 2 --json testdata/speech-ja.wav
  id=$(mockamivoice submit --no-wait testdata/speech-ja.wav); mockamivoice submit --job "$id" --timeout 10m
  AMIVOICE_KEY=… mockamivoice submit --target real --no-log --engine=-a2b-ja-general in.wav

Exit status: 1 when the service refuses or the job fails, 3 when the service cannot be reached or the time is over.`
}

// Run submits a file and waits, or does one of both.
func (c *submitCommand) Run(w *world) error {
	params, err := c.check()
	if err != nil {
		return err
	}
	endpoints, err := c.endpoints()
	if err != nil {
		return err
	}
	if c.V1 {
		endpoints.Async = strings.TrimSuffix(endpoints.Async, protocol.PathAsyncV2) + protocol.PathAsyncV1
	}
	if c.Job != "" {
		client, err := c.clientAt(endpoints, "10m")
		if err != nil {
			return err
		}
		return client.close(c.await(w, client.Job(c.Job)))
	}
	audio, err := openAudio(c.File, c.Format, w.stdin)
	if err != nil {
		return err
	}
	client, err := c.clientAt(endpoints, "10m")
	if err != nil {
		return errors.Join(err, audio.close())
	}
	watched := audio.watch(w.stderr)
	job, err := client.Submit(w.ctx, watched, c.request(audio, params))
	watched.done()
	err = errors.Join(told(err), audio.close())
	switch {
	case err != nil:
	case c.NoWait:
		_, err = fmt.Fprintln(w.stdout, job.ID)
	default:
		err = c.await(w, job)
	}
	return client.close(err)
}

// check finds what contradicts itself, and returns the settings.
func (c *submitCommand) check() ([]protocol.Param, error) {
	switch {
	case c.File == "" && c.Job == "":
		return nil, usage("submit: name an audio file, or a job with --job")
	case c.File != "" && c.Job != "":
		return nil, usage("--job: waits for a job that exists; do not name %s as well", c.File)
	case c.NoWait && c.Job != "":
		return nil, usage("--no-wait: there is nothing else to do for --job")
	case c.Min < 0, c.Max < 0, c.Max != 0 && c.Max < c.Min:
		return nil, usage("--min-speakers %d, --max-speakers %d: must be at least 1, and the second not the smaller one", c.Min, c.Max)
	case c.Every < 0, c.Timeout < 0:
		return nil, usage("--every and --timeout: must not be negative")
	}
	return settings(c.Set)
}

func (c *submitCommand) request(audio *source, params []protocol.Param) refclient.JobRequest {
	r := refclient.JobRequest{
		Engine: c.Engine, Format: audio.declared(c.Format), Params: params,
		NoLog: c.NoLog, ContentID: c.ContentID, CompatibleWithSync: c.Compatible, Sentiment: c.Sentiment,
	}
	if c.Diarize || c.Min+c.Max > 0 {
		r.Diarization = &refclient.Diarization{Min: c.Min, Max: c.Max}
	}
	return r
}

// await waits for a job and prints what came of it.
func (c *submitCommand) await(w *world, job *refclient.Job) error {
	var options refclient.WaitOptions
	if c.Every > 0 {
		options.Pauses = []time.Duration{c.Every}
	}
	ctx := w.ctx
	if c.Timeout > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("it took longer than %s", c.Timeout))
		defer cancel()
		ctx = limited
	}
	shown := watchJob(ctx, w.stderr, job.ID)
	options.Watch = shown.see
	status, err := job.Wait(ctx, options)
	shown.done()
	if status.State.Final() {
		return errors.Join(told(err), c.print(w, status))
	}
	if ctx.Err() != nil || refclient.Retryable(err) {
		_, _ = fmt.Fprintf(w.stderr, "The job goes on. To wait for it again: mockamivoice submit --job %s%s\n", job.ID, c.elsewhere())
	}
	return told(err)
}

// elsewhere are the flags that say where the job is.
func (c *submitCommand) elsewhere() string {
	flags := ""
	if c.Target != "http://127.0.0.1:8080" {
		flags = " --target " + c.Target
	}
	if c.V1 {
		flags += " --v1"
	}
	return flags
}

// print prints a job that has come to its end.
func (c *submitCommand) print(w *world, s refclient.JobStatus) error {
	if c.JSON {
		_, err := fmt.Fprintln(w.stdout, strings.TrimRight(string(s.Raw), "\r\n"))
		return err
	}
	for _, line := range transcript(s.Job) {
		if _, err := fmt.Fprintln(w.stdout, line); err != nil {
			return err
		}
	}
	return nil
}
