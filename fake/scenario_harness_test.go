package fake_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// playing is a scenario of these lines of a play part.
func playing(id string, lines ...string) *scenarios.Scenario {
	GinkgoHelper()
	surface, _, _ := strings.Cut(id, ".")
	text := fmt.Sprintf("id: %s\ntitle: t\nsurface: %s\nlevel: info\nbasis: assumed\nsource: s\nwhy: w\nplay:\n  %s\n", id, surface, strings.Join(lines, "\n  "))
	s, err := scenarios.ParseScenario(id+".yaml", []byte(text))
	Expect(err).NotTo(HaveOccurred())
	return s
}

// fault is a scenario with these faults.
func fault(id string, faults ...string) *scenarios.Scenario {
	GinkgoHelper()
	return playing(id, "faults:\n    - "+strings.Join(faults, "\n    - "))
}

// struck are the texts of the fault entries on the tape, by scenario.
func struck(s *fake.Server, f fake.TapeFilter) []string {
	f.Kind = scenarios.FaultStruck
	_, entries := s.Tape(f)
	var all []string
	for _, e := range entries {
		all = append(all, e.Scenario+" "+e.Text)
	}
	return all
}

// rawHTTP is a connection on which requests are written by hand.
type rawHTTP struct {
	net.Conn

	r *bufio.Reader
}

func dialHTTP(addr string) *rawHTTP {
	GinkgoHelper()
	nc, err := net.DialTimeout("tcp", addr, patience)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = nc.Close() })
	c := &rawHTTP{nc, bufio.NewReader(nc)}
	c.wait()
	return c
}

func (c *rawHTTP) wait() { _ = c.SetDeadline(clock.System{}.Now().Add(patience)) }

func (c *rawHTTP) say(text string) {
	GinkgoHelper()
	_, err := io.WriteString(c, text)
	Expect(err).NotTo(HaveOccurred())
}

// rest is everything that comes until the connection ends, and how it ends.
func (c *rawHTTP) rest() (string, error) {
	c.wait()
	b, err := io.ReadAll(c.r)
	return string(b), err
}

// read is exactly so many bytes.
func (c *rawHTTP) read(n int) string {
	GinkgoHelper()
	c.wait()
	b := make([]byte, n)
	_, err := io.ReadFull(c.r, b)
	Expect(err).NotTo(HaveOccurred())
	return string(b)
}

// recognizeRequest is a request for recognition of audio, by hand.
func recognizeRequest(key string, audio []byte) string {
	return fmt.Sprintf("POST /v1/recognize?d=-a-general&u=%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", key, len(audio), audio)
}

func issueRequest() string {
	const body = "sid=demo&spw=demo-password"
	return fmt.Sprintf("POST /issue_service_authorization HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}
