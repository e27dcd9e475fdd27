// Command mockamivoice is the AmiVoice speech API on your own machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// version is set by the linker; without it the module's version counts.
var version string

// Exit statuses.
const (
	statusGood   = 0
	statusFailed = 1 // the thing tested failed
	statusUsage  = 2 // bad usage or file
	statusCannot = 3 // could not run
)

// failure is an error with the exit status that goes with it.
type failure struct {
	status int
	err    error
}

// Error implements error.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap gives the error to errors.Is and errors.As.
func (f *failure) Unwrap() error { return f.err }

func usage(format string, args ...any) error {
	return &failure{statusUsage, fmt.Errorf(format, args...)}
}

func cannot(format string, args ...any) error {
	return &failure{statusCannot, fmt.Errorf(format, args...)}
}

// world is what a command may use of the process.
type world struct {
	ctx            context.Context //nolint:containedctx // it is the argument of every command, through kong
	stdin          io.Reader
	stdout, stderr io.Writer
}

type commands struct {
	Serve       serveCommand       `cmd:"" help:"Run the fake service."`
	Issue       issueCommand       `cmd:"" help:"Issue a key and print it."`
	Recognize   recognizeCommand   `cmd:"" help:"Recognize a recording."`
	Stream      streamCommand      `cmd:"" help:"Stream audio and print what is recognized while it is sent."`
	Submit      submitCommand      `cmd:"" help:"Leave a recording to the service as a job, and wait for its result."`
	Words       wordsCommand       `cmd:"" help:"Read and write dictionaries."`
	Conformance conformanceCommand `cmd:"" help:"Run scripted scenarios against an issuer and a recognizer, and report what holds."`
	Scenarios   scenariosCommand   `cmd:"" help:"List, explain and check scenarios."`
	Verdict     verdictCommand     `cmd:"" help:"Judge what a client did: from a tape, a running fake, or a command that is run."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask a running server whether it is ready; for containers without a shell."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

const about = `The AmiVoice speech API on your own machine: issues keys and recognizes audio over HTTP and WebSocket.

Examples:
  mockamivoice serve                                   no configuration needed; prints what to paste next
  mockamivoice serve --clock manual                    time moves by POST /clock/advance on the admin port
  mockamivoice serve --listen 127.0.0.1:0 --admin ''   any free port, told on the first line of stdout
  mockamivoice stream testdata/speech-ja.wav           streams a file to the server above and prints its text
  mockamivoice submit testdata/speech-ja.wav           leaves it to the server as a job, and waits for the text
  mockamivoice conformance                             plays every script against a fake of its own

Every flag has an environment variable (MOCKAMIVOICE_ and the flag's name). A flag beats it, and it beats the file of --config.
Exit status: 0 good, 1 the thing tested failed, 2 bad usage or file, 3 could not run.`

func main() {
	ctx, stop := signals(context.Background())
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status, and has written one line when something went wrong.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	err := dispatch(&world{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr}, args)
	if err == nil {
		return statusGood
	}
	if err.Error() != "" {
		_, _ = fmt.Fprintln(stderr, "mockamivoice: "+err.Error())
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.status
	}
	return statusUsage
}

// exited is how kong's --help leaves.
type exited int

func dispatch(w *world, args []string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(exited); !ok {
				panic(p)
			}
		}
	}()
	var c commands
	parser, err := kong.New(&c,
		kong.Name("mockamivoice"), kong.Description(about), kong.DefaultEnvars("MOCKAMIVOICE"),
		kong.Writers(w.stdout, w.stderr), kong.Exit(func(status int) { panic(exited(status)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}), kong.Bind(w),
	)
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return usage("%w (--help shows what there is)", err)
	}
	return parsed.Run()
}

type versionCommand struct{}

// Help is shown by version --help.
func (versionCommand) Help() string { return "Example:\n  mockamivoice version" }

// Run prints the version.
func (versionCommand) Run(w *world) error {
	_, err := fmt.Fprintf(w.stdout, "mockamivoice %s %s\n", versionText(), runtime.Version())
	return err
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
