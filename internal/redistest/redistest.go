// Package redistest runs a Redis server of its own for a test.
package redistest

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Password is what clients of a Redis have to know.
const Password = "redis-canary-71c3"

// Redis is a server that keeps nothing on disk. Its methods are for one goroutine.
type Redis struct {
	URL     string // with the password
	Address string // HOST:PORT

	program, folder string
	args            []string
	process         *exec.Cmd
	drained         chan struct{}
}

// Start runs a server on a free port of 127.0.0.1 until the test ends, with further arguments such as "--maxmemory", "2mb".
// Without redis-server the test is skipped, but fails where MOCKAMIVOICE_REQUIRE_REDIS is set, as in CI.
func Start(tb testing.TB, args ...string) *Redis {
	tb.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		const why = "no Redis on this machine: apt-get install redis-server"
		if os.Getenv("MOCKAMIVOICE_REQUIRE_REDIS") != "" {
			tb.Fatal(why)
		}
		tb.Skip(why)
	}
	r := &Redis{Address: free(tb), program: program, folder: tb.TempDir(), args: args}
	r.URL = "redis://:" + Password + "@" + r.Address
	r.Run(tb)
	tb.Cleanup(func() { r.Stop(tb) })
	return r
}

// free is an address on which nobody listens now.
func free(tb testing.TB) string {
	tb.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nothing came
	return l.Addr().String()
}

// Run starts the server again, on the same port and empty. It returns when clients can connect.
func (r *Redis) Run(tb testing.TB) {
	tb.Helper()
	host, port, err := net.SplitHostPort(r.Address)
	if err != nil {
		tb.Fatal(err)
	}
	args := append([]string{"--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", r.folder, "--requirepass", Password}, r.args...)
	r.process = exec.CommandContext(context.WithoutCancel(tb.Context()), r.program, args...) // Stop ends it
	out, err := r.process.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := r.process.Start(); err != nil {
		tb.Fatalf("start %s: %v", r.program, err)
	}
	lines := bufio.NewScanner(out)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			r.drained = make(chan struct{})
			go func() {
				defer close(r.drained)
				for lines.Scan() {
					continue // so that it never waits for a reader
				}
			}()
			return
		}
	}
	_ = r.process.Wait()
	r.process = nil
	tb.Fatalf("%s does not start:\n%s", r.program, strings.Join(said, "\n"))
}

// Stop kills the server, and does nothing when there is none.
func (r *Redis) Stop(tb testing.TB) {
	tb.Helper()
	if r.process == nil {
		return
	}
	_ = r.process.Process.Kill()
	<-r.drained
	_ = r.process.Wait() // it was killed
	r.process = nil
}
