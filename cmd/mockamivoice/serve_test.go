package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv("MOCKAMIVOICE_TEST_CLIENT"); mode != "" {
		os.Exit(testClient(mode))
	}
	if os.Getenv("MOCKAMIVOICE_TEST_CHILD") != "" {
		ctx, stop := signals(context.Background())
		defer stop()
		os.Exit(run(ctx, []string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, nil, os.Stdout, os.Stderr))
	}
	if args := os.Getenv("MOCKAMIVOICE_TEST_RUN"); args != "" {
		ctx, stop := signals(context.Background())
		defer stop()
		os.Exit(run(ctx, strings.Split(args, "\n"), os.Stdin, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

func TestBadUsageSaysWhatWouldBeRight(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	serve := func(args ...string) []string { return append([]string{"serve"}, args...) }
	for name, c := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"unknown flag":        {serve("--lisen", "x"), 2, `did you mean "--listen"`},
		"unknown command":     {[]string{"sevre"}, 2, `did you mean "serve"`},
		"not an address":      {serve("--listen", "8080"), 2, "is not HOST:PORT"},
		"nothing to do":       {serve("--listen", ""), 2, "nothing to listen on"},
		"open admin":          {serve("--admin", "0.0.0.0:0"), 2, "--admin-token"},
		"short secret":        {serve("--secret", "short"), 2, "at least 16 are needed"},
		"two secrets":         {serve("--secret", "0123456789abcdef", "--secret-file", "x"), 2, "can't be used together"},
		"no secret file":      {serve("--secret-file", "missing"), 2, "--secret-file"},
		"start without clock": {serve("--clock-start", "2026-07-31T00:00:00Z"), 2, "--clock manual"},
		"bad start":           {serve("--clock", "manual", "--clock-start", "noon"), 2, "is not RFC 3339"},
		"bad clock":           {serve("--clock", "sundial"), 2, "must be one of"},
		"bad profile":         {serve("--profile", "strict"), 2, "neither observed nor documented"},
		"bad behaviour":       {serve("--behaviour", "sync-oversize=never"), 2, "is not one of code, 413"},
		"bad proxy":           {serve("--trusted-proxy", "proxy"), 2, "neither an address nor a block"},
		"certificate alone":   {serve("--tls-cert", "x"), 2, "go together"},
		"names alone":         {serve("--tls-name", "x"), 2, "go with --tls-self-signed"},
		"no certificate":      {serve("--listen-tls", "127.0.0.1:0"), 2, "needs a certificate"},
		"no such file":        {serve("--config", "missing.yaml"), 2, "missing.yaml"},
		"misspelt flag":       {serve("--scenari", "x"), 2, "unknown flag --scenari"},
		"unknown scenario":    {serve("--scenario", "stream.cycel"), 2, `did you mean "stream.cycle"?`},
		"nothing to play":     {serve("--scenario", "stream.cycle"), 2, "has no play part"},
		"scenario file":       {serve("--scenario", "./missing.yaml"), 2, "missing.yaml"},
		"no scenarios":        {serve("--scenarios", "testdata-missing"), 2, "--scenarios"},
		"no transcripts":      {serve("--transcripts", "testdata-missing"), 2, "--transcripts: open"},
		"two recognizers":     {serve("--recognizer-command", "cat", "--recognizer-url", "http://127.0.0.1/"), 2, "give one of them"},
		"no such recognizer":  {serve("--recognizer-command", "no-such-program-here -x"), 2, "find the program"},
		"quotes for no shell": {serve("--recognizer-command", "cat 'a b'"), 2, `no shell reads the quotes; write a JSON list`},
		"no list":             {serve("--recognizer-command", "[cat]"), 2, "is no JSON list"},
		"no recognizer URL":   {serve("--recognizer-url", "127.0.0.1:8082"), 2, "--recognizer-url is no http or https URL"},
		"model of nobody":     {serve("--recognizer-model", "x"), 2, "goes with --recognizer-url"},
		"environment, nobody": {serve("--recognizer-env", "X"), 2, "goes with --recognizer-command"},
		"no time to think":    {serve("--recognizer-time", "0s"), 2, "more than nothing"},
		"port taken":          {serve("--listen", taken.Addr().String(), "--admin", ""), 3, "the port is taken"},
		"tape cannot be made": {serve("--listen", "127.0.0.1:0", "--admin", "", "--tape", "/nonexistent/tape"), 3, "--tape"},
		"healthcheck, closed": {[]string{"healthcheck", "--admin", "127.0.0.1:1"}, 1, "not ready"},
		"healthcheck, bad":    {[]string{"healthcheck", "--admin", "nowhere"}, 2, "neither a URL nor HOST:PORT"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if status := run(t.Context(), c.args, nil, &out, &errs); status != c.status || !strings.Contains(errs.String(), c.want) {
				t.Errorf("status %d, %q; want %d, %q", status, errs.String(), c.status, c.want)
			}
			if out.Len() > 0 {
				t.Errorf("stdout has %q", out.String())
			}
		})
	}
}

// server runs serve with args until the test ends, and returns the words of its ready line.
func server(t *testing.T, args ...string) map[string]string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		done <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args...), nil, writer, &errs)
		_ = writer.Close()
	}()
	t.Cleanup(func() {
		stop()
		if status := <-done; status != 0 {
			t.Errorf("status %d: %s", status, errs.String())
		}
		http.DefaultClient.CloseIdleConnections()
	})
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatalf("no ready line: %v", err)
	}
	return readyWords(t, line)
}

func readyWords(t *testing.T, line string) map[string]string {
	t.Helper()
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != "ready" {
		t.Fatalf("ready line is %q", line)
	}
	values := make(map[string]string)
	for _, w := range words[1:] {
		k, v, _ := strings.Cut(w, "=")
		values[k] = v
	}
	return values
}

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	reply, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	client.CloseIdleConnections()
	return reply.StatusCode, string(body)
}

func TestServeTellsItsPortsAndIsReady(t *testing.T) {
	ready := server(t, "--clock", "manual", "--clock-start", "2026-07-31T00:00:00+09:00")
	if status, body := get(t, http.DefaultClient, ready["admin"]+"/clock"); status != 200 || !strings.Contains(body, `"now":"2026-07-30T15:00:00.000Z"`) {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := get(t, http.DefaultClient, ready["service"]+"/v1/recognize"); status != 405 {
		t.Errorf("GET of the service answers %d", status)
	}
	if status, _ := get(t, http.DefaultClient, ready["service"]+"/clock"); status != 404 {
		t.Errorf("the service port shows the clock: %d", status)
	}
	var out, errs bytes.Buffer
	if status := run(t.Context(), []string{"healthcheck", "--admin", ready["admin"]}, nil, &out, &errs); status != 0 || out.String() != "ready\n" {
		t.Errorf("healthcheck: %d %s%s", status, out.String(), errs.String())
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestTwoServersWithOneSecretTakeEachOthersKeys(t *testing.T) {
	const secret = "0123456789abcdef"
	a, b := server(t, "--secret", secret), server(t, "--secret", secret)
	key := post(t, a["service"]+"/issue_service_authorization", "sid=demo&spw=demo-password")
	if got := post(t, b["service"]+"/v1/recognize?d=-a-general&u="+key, ""); !strings.Contains(got, `"code":""`) {
		t.Errorf("%s", got)
	}
}

func post(t *testing.T, url, form string) string {
	t.Helper()
	reply, err := http.Post(url, "application/x-www-form-urlencoded", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestClientsWithPublicHostNamesReachIt(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	ready := server(t, "--listen-tls", "127.0.0.1:0", "--tls-self-signed", "--tls-name", "acp-api.amivoice.com", "--tls-name", "acp-api-async.amivoice.com", "--tls-ca-out", ca)
	text, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("PRIVATE")) {
		t.Error("the file of the authority has a private key")
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	address := strings.TrimPrefix(ready["service_tls"], "https://")
	transport := &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	defer transport.CloseIdleConnections()
	for _, host := range []string{"acp-api.amivoice.com", "acp-api-async.amivoice.com", "localhost", "127.0.0.1"} {
		reply, err := (&http.Client{Transport: transport}).Get("https://" + host + "/v1/recognize")
		if err != nil {
			t.Fatalf("%s: %v", host, err)
		}
		_ = reply.Body.Close()
		if reply.ProtoMajor != 1 || reply.StatusCode != 405 {
			t.Errorf("%s: %s %d", host, reply.Proto, reply.StatusCode)
		}
	}
}

func TestSignalEndsTheProcessWithStatus0(t *testing.T) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "MOCKAMIVOICE_TEST_CHILD=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(20*time.Second, func() { _ = child.Process.Kill() })
	defer stop.Stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(readyWords(t, line)["service"], "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /v1/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: q3GpTkWmqjcXlRz/9XVGDQ==\r\n\r\n")
	r := bufio.NewReader(conn)
	reply, err := http.ReadResponse(r, nil)
	if err != nil || reply.StatusCode != 101 {
		t.Fatalf("%v %v", reply, err)
	}
	_ = reply.Body.Close()
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if frame, _ := io.ReadAll(r); !bytes.Equal(frame, []byte{0x88, 0x00}) {
		t.Errorf("the open stream gets % x, want an empty close frame", frame)
	}
	if err := child.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

func TestVersionAndHelp(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"--help"}, {"serve", "--help"}, {"healthcheck", "--help"}} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), args, nil, &out, &errs); status != 0 || !strings.Contains(out.String(), "mockamivoice") || errs.Len() > 0 {
			t.Errorf("%v: status %d, %q %q", args, status, out.String(), errs.String())
		}
	}
}
