package fake_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// curt is a listener whose connections have no patience: a deadline of seconds or more is there after some milliseconds.
type curt struct{ net.Listener }

type curtConn struct{ net.Conn }

// Accept implements net.Listener.
func (c curt) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return curtConn{conn}, nil
}

// NetConn is the connection inside.
func (c curtConn) NetConn() net.Conn { return c.Conn }

// CloseWrite ends the sending side.
func (c curtConn) CloseWrite() error {
	tcp, is := c.Conn.(*net.TCPConn)
	if !is {
		return net.ErrClosed
	}
	return tcp.CloseWrite()
}

// SetReadDeadline implements net.Conn.
func (c curtConn) SetReadDeadline(t time.Time) error {
	if soon := (clock.System{}).Now().Add(50 * time.Millisecond); t.After(soon) {
		t = soon
	}
	return c.Conn.SetReadDeadline(t)
}

// dialCurt is dialWire on a listener that has no patience.
func dialCurt(options ...fake.Option) (*wire, *fake.Server) {
	GinkgoHelper()
	srv := newFake(options...)
	ts := httptest.NewUnstartedServer(srv)
	srv.Configure(ts.Config)
	ts.Listener = srv.Listener(curt{ts.Listener})
	ts.Start()
	DeferCleanup(ts.Close)
	return connectWire(strings.TrimPrefix(ts.URL, "http://")), srv
}

// rest is everything that comes until the end of the connection, whatever kind of end it is.
func (w *wire) rest() string {
	all, _ := io.ReadAll(w.Conn)
	return string(all)
}

var _ = Describe("Uploads of jobs that do not end", func() {
	open := strings.TrimSuffix(parts("u", mypageKey, "d", "-a-general", "c", "LSB16K", "a", sentences(1)), "\r\n--"+boundary+"--\r\n")
	sized := fmt.Sprintf("POST /v2/recognitions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nContent-Type: %s\r\n\r\n%s", len(open)+1000, multiform, open)
	chunked := fmt.Sprintf("POST /v2/recognitions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: %s\r\n\r\n%x\r\n%s\r\n", multiform, len(open), open)
	whole := parts("u", mypageKey, "d", "-a-general", "c", "LSB16K", "a", sentences(1))
	behind := fmt.Sprintf("POST /v2/recognitions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nContent-Type: %s\r\n\r\n%s", len(whole)+1, multiform, whole)

	makesNothing := func(srv *fake.Server, why, end string) {
		GinkgoHelper()
		ctx, cancel := context.WithTimeout(GinkgoT().Context(), patience)
		defer cancel()
		closed, err := srv.Wait(ctx, fake.TapeFilter{Kind: scenarios.ConnClose, Surface: "async"}, "")
		Expect(err).NotTo(HaveOccurred())
		Expect(closed.Text).To(Equal(end))
		Expect(srv.Jobs(GinkgoT().Context())).To(BeEmpty())
		Expect(noted(srv, scenarios.JobState)).To(BeEmpty())
		Expect(noted(srv, scenarios.HTTPResponse)).To(BeEmpty())
		Expect(noted(srv, scenarios.Tolerance)).To(ConsistOf(why))
	}

	DescribeTable("are no jobs when they stand still for a minute: the connection ends, and nothing is said (ours)", func(request string) {
		w, srv := dialCurt()
		w.send(request)
		Expect(w.rest()).To(BeEmpty(), "what the service says then is not known")
		makesNothing(srv, "the body stood still for 1m0s, and what the service says then is not known: the connection ends, and there is no job", "the body stood still")
	}, Entry("of a known length", sized), Entry("in chunks", chunked), Entry("with everything but its last byte", behind))

	DescribeTable("are no jobs when the client leaves (ours)", func(leave func(*wire)) {
		for _, request := range []string{sized, chunked, behind} {
			w, srv := dialWire()
			w.send(request)
			leave(w)
			makesNothing(srv, "the client left before its body had ended: there is no job", scenarios.ClosedByClient)
		}
	},
		Entry("at once", func(w *wire) { Expect(w.Close()).To(Succeed()) }),
		Entry("with half of the connection", func(w *wire) {
			closer, ok := w.Conn.(interface{ CloseWrite() error })
			Expect(ok).To(BeTrue())
			Expect(closer.CloseWrite()).To(Succeed())
			Expect(w.rest()).To(BeEmpty())
		}),
		Entry("with a reset", func(w *wire) {
			tcp, ok := w.Conn.(*net.TCPConn)
			Expect(ok).To(BeTrue())
			Expect(tcp.SetLinger(0)).To(Succeed())
			Expect(w.Close()).To(Succeed())
		}),
	)

	DescribeTable("are no jobs when their chunks make no sense, and the tape does not say that the client left (ours)", func(end, why string) {
		w, srv := dialWire()
		w.send(strings.TrimSuffix(chunked, "\r\n") + end)
		Expect(w.rest()).To(BeEmpty(), "what the service says then is not known")
		makesNothing(srv, "the body cannot be read ("+why+"), and what the service says then is not known: the connection ends, and there is no job", "the body cannot be read")
	},
		Entry("in the length of one", "\r\nzz\r\n", "invalid byte in chunk length"),
		Entry("behind one", "..0\r\n\r\n", "malformed chunked encoding"),
		Entry("in the trailer, which is not quoted", "\r\n0\r\nsomething secret\r\n\r\n", "its trailer makes no sense"),
		Entry("in a length beyond all bounds", "\r\nfffffffffffffffff\r\n", "http chunk length too large"),
	)

	It("are jobs when only the end of the form is missing: the body has ended", func() {
		s := serve()
		created(s.do("POST", "/v2/recognitions", multiform, strings.NewReader(open)))
		Expect(noted(s.Server, scenarios.Tolerance)).To(ConsistOf("the body ended early or is no multipart body; what was read of it counts"))
	})
})
