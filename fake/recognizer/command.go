package recognizer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"mockamivoice/fake"
)

const (
	mostOutput    = 64 << 10
	mostComplaint = 4 << 10
	pipesGrace    = time.Second // for what a killed command started and let go of
)

// LanguageVariable is the variable in which a command finds the language of the engine that was asked for: ja, en, zh or ko.
const LanguageVariable = "MOCKAMIVOICE_RECOGNIZER_LANGUAGE"

// AllowedVariables are the variables of the environment that a command gets unless more are allowed.
func AllowedVariables() []string {
	return []string{"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "TMP", "SystemRoot"}
}

// Environment is what of environ, in the form of os.Environ, a command gets: AllowedVariables, and those called more.
func Environment(environ []string, more ...string) []string {
	allowed := append(AllowedVariables(), more...)
	var env []string
	for _, pair := range environ {
		if name, _, _ := strings.Cut(pair, "="); slices.Contains(allowed, name) {
			env = append(env, pair)
		}
	}
	return env
}

// Command is a recognizer that runs argv, a program and its arguments, for each utterance, with env and LanguageVariable as its whole
// environment. No shell is involved, and nothing of a request comes into the arguments. The utterance is a WAV file on its standard
// input; on its standard output it answers text, or the JSON of a result, in at most 64 KiB. A program that fails, or that is not done
// in time, is no answer: it is killed then. What it started ends with it, in any case. Command fails when there is no such program.
func Command(l Limits, argv, env []string) (fake.Recognizer, error) {
	if len(argv) == 0 || argv[0] == "" {
		return nil, errors.New("names no program")
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return nil, fmt.Errorf("find the program: %w", err)
	}
	return bounded(l, func(ctx context.Context, s fake.Speech, sound fake.Sound) (fake.Transcript, error) {
		answer, err := run(ctx, append([]string{path}, argv[1:]...), append(slices.Clip(env), LanguageVariable+"="+s.Language), WAV(sound))
		if err != nil {
			return fake.Transcript{}, err
		}
		return read(answer, s)
	}), nil
}

// run runs argv to its end, or kills its process group.
func run(ctx context.Context, argv, env []string, stdin []byte) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the user named it when he started the server
	cmd.Env, cmd.Stdin, cmd.WaitDelay = env, bytes.NewReader(stdin), pipesGrace
	out := &output{most: mostOutput, over: cancel}
	complaint := &tail{}
	cmd.Stdout, cmd.Stderr = out, complaint
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the command: %w", err)
	}
	err := cmd.Wait()
	_ = killGroup(cmd) // what it started goes with it, however it ended
	switch {
	case out.tooMuch:
		return nil, fmt.Errorf("the command writes more than %d bytes", mostOutput)
	case errors.Is(err, exec.ErrWaitDelay):
		return nil, errors.New("the command is done, and something that it started holds on to its output")
	case err != nil && len(complaint.text) > 0:
		return nil, fmt.Errorf("the command: %w: %s", err, excerpt(complaint.text))
	case err != nil:
		return nil, fmt.Errorf("the command: %w", err)
	}
	return out.text, nil
}

// output keeps what is written to it, up to a limit. The buffer is no embedded one, whose ReadFrom would know no limit.
type output struct {
	text    []byte
	most    int
	over    func()
	tooMuch bool
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	if len(o.text)+len(p) > o.most {
		o.tooMuch = true
		o.over()
		return 0, errors.New("too much output")
	}
	o.text = append(o.text, p...)
	return len(p), nil
}

// tail keeps the end of what is written to it.
type tail struct{ text []byte }

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if len(t.text) > mostComplaint {
		t.text = append(t.text[:0], t.text[len(t.text)-mostComplaint:]...)
	}
	return len(p), nil
}
