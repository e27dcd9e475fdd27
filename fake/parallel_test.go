package fake_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

// visitor is one of many clients, with a key and a fault of its own.
type visitor struct {
	scenario *scenarios.Scenario // nil for none
	key      fake.IssuedKey
	sync     bool   // sends a recording, instead of a stream
	want     string // what it meets, in a line
	met      string
}

// visitorOf is the client of that number: what it meets has the number in it, so that nobody can meet it for another.
func visitorOf(n int) *visitor {
	GinkgoHelper()
	for i, kind := range []struct{ fault, want string }{
		{"{at: stream.start, do: {send: 'G number %d'}}", "G number %d, s, S 300, A, e"},
		{"{at: stream.start, do: {replace: 's number %d'}}", "s number %d"},
		{"{at: stream.start, do: {expire-key: %ds}}", "s expired for %d s"},
		{"{at: stream.feed, nth: 2, do: {send: 'Q number %d'}}", "s, Q number %d, S 300, A, e"},
		{"{at: stream.feed, nth: 2, do: [{send: 'Q number %d'}, reset]}", "s, Q number %d, rst"},
		{"{at: stream.event, of: S, do: {replace: 'S %d'}}", "s, S %d, A, e"},
		{"{at: stream.event, of: A, do: {result: 'number %d'}}", "s, S 300, A number %d, e"},
		{"{at: stream.end, do: {replace: 'e number %d'}}", "s, S 300, A, e number %d"},
		{"{at: stream.end, do: {close: {code: 4%03d}}}", "s, S 300, A, closed with 4%03d"},
		{"{at: sync.response, do: {replace: 'number %d'}}", "200 number %d"},
		{"{at: sync.response, do: {result: 'number %d'}}", "200 result number %d"},
		{"{at: sync.request, do: {status: 4%02d}}", "4%02d"},
	} {
		const kinds = 13 // with the one who meets nothing
		if n%kinds == i {
			surface, _, _ := strings.Cut(strings.TrimPrefix(kind.fault, "{at: "), ".")
			if strings.Contains(kind.fault, "status") {
				n %= 100
			}
			return &visitor{
				scenario: fault(fmt.Sprintf("%s.number-%d-of-kind-%d", surface, n, i), fmt.Sprintf(kind.fault, n)),
				sync:     surface == "sync", want: fmt.Sprintf(kind.want, n),
			}
		}
	}
	return &visitor{want: "s, S 300, A, e"}
}

// alone is the test of one client, which ends without ending the others.
type alone struct{ cleanup []func() }

func (a *alone) Helper() {}

func (a *alone) Fatalf(format string, args ...any) { panic(gaveUp(fmt.Sprintf(format, args...))) }

func (a *alone) Cleanup(f func()) { a.cleanup = append(a.cleanup, f) }

type gaveUp string

// visit is what an ordinary client does: one recording, or one cycle.
func (v *visitor) visit(addr string, pcm []byte) {
	a := &alone{}
	var log []string
	defer func() {
		for _, f := range a.cleanup {
			f()
		}
		if p := recover(); p != nil {
			log = append(log, fmt.Sprint(p))
		}
		v.met = strings.Join(log, ", ")
	}()
	if v.sync {
		log = append(log, v.upload(addr, pcm))
		return
	}
	c := dialRaw(a, addr, handshake{})
	c.text("s LSB16K -a-general authorization=" + v.key.Key)
	for {
		f, err := c.frame()
		switch {
		case errors.Is(err, syscall.ECONNRESET):
			log = append(log, "rst")
			return
		case err != nil:
			log = append(log, err.Error())
			return
		case f.opcode == opClose:
			log = append(log, fmt.Sprintf("closed with %d", int(f.payload[0])<<8|int(f.payload[1])))
			return
		}
		text := string(f.payload)
		if entry := shorter(text); entry != "" {
			log = append(log, entry)
		}
		switch {
		case text == "s":
			v.feed(c, pcm)
		case strings.HasPrefix(text, "s ") || text[0] == 'e':
			return
		}
	}
}

// feed sends the audio of a cycle and its end. Whether a connection is still there shows when it is read.
func (v *visitor) feed(c *rawClient, pcm []byte) {
	packets := appendFrame(nil, true, opBinary, append([]byte("p"), pcm[:4096]...), false)
	packets = appendFrame(packets, true, opBinary, append([]byte("p"), pcm[4096:]...), false)
	packets = appendFrame(packets, true, opText, []byte("e"), false)
	_, _ = c.nc.Write(packets)
}

// shorter is a message without what is not the point, or "".
func shorter(text string) string {
	if late := regexp.MustCompile(`^s service authorization has expired: .* \(-([0-9]+)s\)$`).FindStringSubmatch(text); late != nil {
		return "s expired for " + late[1] + " s"
	}
	switch text[0] {
	case 'C', 'U', 'E':
		return ""
	case 'A':
		if said := regexp.MustCompile(`"text":"(number [0-9]+)"`).FindStringSubmatch(text); said != nil {
			return "A " + said[1]
		}
		return "A"
	}
	return text
}

func (v *visitor) upload(addr string, pcm []byte) string {
	nc, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return err.Error()
	}
	defer nc.Close()
	c := &rawHTTP{nc, bufio.NewReader(nc)}
	c.wait()
	_, _ = io.WriteString(c, strings.Replace(recognizeRequest(v.key.Key, wav(1, 16000, 16, pcm)), "Host: x", "Host: x\r\nConnection: close", 1))
	text, err := c.rest()
	if err != nil {
		return err.Error()
	}
	status := text[len("HTTP/1.1 "):][:3]
	_, body, _ := strings.Cut(text, "\r\n\r\n")
	switch said := regexp.MustCompile(`"text":"(number [0-9]+)"`).FindStringSubmatch(body); {
	case said != nil:
		return status + " result " + said[1]
	case strings.HasPrefix(body, "number"):
		return status + " " + strings.TrimSpace(body)
	}
	return status
}

var _ = Describe("Many clients on one server", func() {
	It("each meet the fault of their own key, and the tape of a key shows it alone", func() {
		const clients = 200
		var visitors []*visitor
		var known []*scenarios.Scenario
		for n := range clients {
			v := visitorOf(n)
			visitors = append(visitors, v)
			if v.scenario != nil {
				known = append(known, v.scenario)
			}
		}
		s := newStreamServer(GinkgoTB(), fake.WithScenarios(known...))
		for _, v := range visitors {
			req := fake.KeyRequest{EPI: "1h"}
			if v.scenario != nil {
				req.Scenario = v.scenario.ID
			}
			var err error
			v.key, err = s.IssueKey(req)
			Expect(err).NotTo(HaveOccurred())
		}
		pcm := sentence()
		start := make(chan struct{})
		var all sync.WaitGroup
		for _, v := range visitors {
			all.Go(func() {
				<-start
				v.visit(s.addr, pcm)
			})
		}
		close(start)
		all.Wait()
		for n, v := range visitors {
			about := fmt.Sprintf("client %d", n)
			Expect(v.met).To(Equal(v.want), about)
			var want []string
			if v.scenario != nil {
				want = []string{v.scenario.ID + " " + v.scenario.Play.Faults[0].String()}
			}
			Expect(struck(s.Server, fake.TapeFilter{Key: v.key.ID})).To(Equal(want), about)
		}
		Expect(struck(s.Server, fake.TapeFilter{})).To(HaveLen(len(known)), "and no fault has no key")
	})
})
