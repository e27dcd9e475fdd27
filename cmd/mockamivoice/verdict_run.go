package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"mockamivoice/conformance/verdict"
	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/fake/loopback"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const (
	commandGrace = 5 * time.Second // real time, from the signal to the end of a command
	signalTime   = 100 * time.Millisecond
	settleTime   = time.Second // real time, for the connections of a command that has ended
)

// run runs a command against a fake of its own and judges what it did.
func (c *verdictCommand) run(w *world, scene scene, options []verdict.Option) error {
	switch {
	case len(c.Args) == 0:
		return usage("--run needs a command: mockamivoice verdict --run -- COMMAND ARGUMENT…")
	case c.Admin != "":
		return usage("--admin and --run: give one of them")
	}
	if scene.played != nil && scene.played.Play == nil {
		return usage("--scenario: %s has no play part: it tells what a service does; \"scenarios list --edge\" shows what can be played", scene.played.ID)
	}
	tape, done, err := c.record()
	if err != nil {
		return err
	}
	defer done()
	f, err := c.start(w.ctx, scene, tape)
	if err != nil {
		return cannot("start a fake: %w", err)
	}
	failed, err := c.command(w, f)
	settle(f)
	if closed := f.Close(); err == nil && closed != nil {
		err = cannot("stop the fake: %w", closed)
	}
	if err == nil && f.TapeErr() != nil {
		err = cannot("--tape: %w", f.TapeErr())
	}
	if err != nil {
		return err
	}
	tapes, err := tape.read()
	if err != nil {
		return cannot("read the tape again: %w", err)
	}
	least := statusGood
	if failed != "" {
		_, _ = fmt.Fprintf(w.stderr, "mockamivoice: the command failed: %s\n", failed)
		least = statusFailed
	}
	scene.set = f.Scenario()
	return c.tell(w, verdict.Judge(tapes, append(options, verdict.WithScenarios(scene.named))...), least)
}

// recording is where the whole tape goes: the fake itself keeps only the end of a long one.
type recording struct {
	io.Writer

	file   string
	memory *bytes.Buffer
}

func (c *verdictCommand) record() (*recording, func(), error) {
	if c.Tape == "" {
		memory := new(bytes.Buffer)
		return &recording{Writer: memory, memory: memory}, func() {}, nil
	}
	f, err := openTape(c.Tape)
	if err != nil {
		return nil, nil, err
	}
	return &recording{Writer: f, file: c.Tape}, func() { _ = f.Close() }, nil
}

func (r *recording) read() ([]verdict.Tape, error) {
	if r.memory != nil {
		return verdict.Read(verdict.LiveFile, r.memory)
	}
	return readTapes(r.file)
}

func (c *verdictCommand) start(ctx context.Context, scene scene, tape io.Writer) (*loopback.Fake, error) {
	list := []fake.Option{fake.WithVersion(versionText()), fake.WithTape(fake.Tape{Sink: tape}), fake.WithScenarios(scene.own...)}
	if scene.played != nil {
		list = append(list, fake.WithScenario(scene.played))
	}
	if c.Clock == "manual" {
		list = append(list, fake.WithClock(clock.NewManual(clock.System{}.Now())))
	}
	return loopback.Start(ctx, list...)
}

// command runs the command to its end. failed says how it failed; the error is that it could not start.
func (c *verdictCommand) command(w *world, f *loopback.Fake) (failed string, err error) {
	cmd := exec.CommandContext(w.ctx, c.Args[0], c.Args[1:]...) //nolint:gosec // running it is what was asked for
	cmd.Env = append(os.Environ(), environment(f)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = w.stdin, w.stdout, w.stderr
	cmd.WaitDelay = commandGrace
	group := !isTerminal(w.stdin) // a group in the background could not read from a terminal, which signals its own
	if group {
		cmd.SysProcAttr = ownGroup()
	}
	told := make(chan struct{})
	cmd.Cancel = func() error {
		// What ended the context was a signal, most likely, which is passed on as it is and only once.
		ctx, cancel := context.WithTimeout(context.Background(), signalTime)
		defer cancel()
		select {
		case <-told:
			return nil
		case <-ctx.Done():
			return signalGroup(cmd.Process, group, syscall.SIGTERM)
		}
	}
	if err := cmd.Start(); err != nil {
		return "", cannot("run %s: %w", c.Args[0], err)
	}
	var once sync.Once
	stop := passOn(func(s os.Signal) {
		_ = signalGroup(cmd.Process, group, s)
		once.Do(func() { close(told) })
	})
	err = cmd.Wait()
	stop()
	if w.ctx.Err() != nil {
		_ = signalGroup(cmd.Process, group, syscall.SIGKILL) // what the command left behind
	}
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return "", nil
	}
	return err.Error(), nil
}

// passOn hands SIGINT and SIGTERM of this process to somebody, until it is stopped.
func passOn(to func(os.Signal)) (stop func()) {
	caught := make(chan os.Signal, 2)
	done := make(chan struct{})
	signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		for {
			select {
			case s := <-caught:
				to(s)
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(caught)
		close(done)
	}
}

// environment tells a command where everything is.
func environment(f *loopback.Fake) []string {
	demo := demoCredentials()
	return []string{
		"AMIVOICE_ISSUER_URL=" + f.URL + protocol.PathIssue,
		"AMIVOICE_RECOGNIZE_URL=" + f.URL + protocol.PathSync,
		"AMIVOICE_STREAM_URL=ws" + strings.TrimPrefix(f.URL, "http") + protocol.PathStream,
		"AMIVOICE_ASYNC_URL=" + f.URL + "/v2/recognitions",
		"AMIVOICE_SID=" + demo.SID, "AMIVOICE_SPW=" + demo.SPW, "AMIVOICE_KEY=" + demo.Key,
		"MOCKAMIVOICE_ADMIN_URL=" + f.Admin,
	}
}

// settle waits until the ends of a command's connections are on the tape. It waits for a second at most: something that the command
// left behind may keep one open.
func settle(f *loopback.Fake) {
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	_, soFar := f.Tape(fake.TapeFilter{})
	last := uint64(0)
	if len(soFar) > 0 {
		last = soFar[len(soFar)-1].N
	}
	open := make(map[uint64]bool)
	note := func(e scenarios.Entry) {
		switch e.Kind {
		case scenarios.ConnOpen:
			open[e.Conn] = true
		case scenarios.ConnClose:
			delete(open, e.Conn)
		default:
		}
	}
	for i := range soFar {
		note(soFar[i])
	}
	if len(open) == 0 {
		return
	}
	for e := range f.Follow(ctx, fake.TapeFilter{After: last}) {
		if note(e); len(open) == 0 {
			return
		}
	}
}
