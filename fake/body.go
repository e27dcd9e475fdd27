package fake

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"time"

	"mockamivoice/fake/clock"
	"mockamivoice/scenarios"
)

// readSmall reads a body that is short, but for what is more than most. One that has not come in a minute is given up, so that it
// holds nothing for ever.
func (x *exchange) readSmall(w http.ResponseWriter, most int64) ([]byte, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(clock.System{}.Now().Add(readPause)) // a recorder in a test has no deadline
	body, err := io.ReadAll(io.LimitReader(x.r.Body, most+1))
	if int64(len(body)) > most {
		_, _ = io.Copy(io.Discard, io.LimitReader(x.r.Body, drainFactor*most))
	}
	_ = control.SetReadDeadline(time.Time{}) // else net/http took a client for gone that waits longer for its reply
	return body, err
}

// patient reads a body that must keep moving, and no more of it than is worth reading.
type patient struct {
	body    io.Reader
	control *http.ResponseController
	left    int64
	due     time.Time

	x    *exchange
	drip scenarios.DoDrip // how slowly a fault lets it be read; zero for at once
	next time.Time        // of drip

	ended  bool  // there is nothing more to read
	failed error // why the rest of it did not come; nil where it did, or nobody wanted it
}

// wait waits until the next piece may be read; the first one may be at once.
func (p *patient) wait() bool {
	if p.next.IsZero() {
		p.next = p.x.due
		return true
	}
	p.next = p.next.Add(p.drip.Every)
	return p.x.pause(p.next)
}

func (p *patient) Read(b []byte) (int, error) {
	if p.left <= 0 {
		return 0, errDrained
	}
	if p.ended {
		return 0, io.EOF
	}
	if p.failed != nil { // or it were waited for once more
		return 0, p.failed
	}
	if p.drip.Bytes > 0 {
		b = b[:min(len(b), p.drip.Bytes)]
		if !p.wait() {
			p.failed = io.ErrUnexpectedEOF
			return 0, p.failed
		}
		p.due = time.Time{} // the client did not make it wait
	}
	if now := (clock.System{}).Now(); p.due.Sub(now) < readPause/2 {
		p.due = now.Add(readPause)
		_ = p.control.SetReadDeadline(p.due) // a recorder in a test has no deadline
	}
	n, err := p.body.Read(b[:min(int64(len(b)), p.left)])
	if p.ended = errors.Is(err, io.EOF); p.ended {
		_ = p.control.SetReadDeadline(time.Time{}) // else net/http took a client for gone that waits longer for its reply
	}
	if err != nil && !p.ended {
		p.failed = err
	}
	p.left -= int64(n)
	return n, err
}

// stoodStill tells whether the body was given up because nothing came.
func (p *patient) stoodStill() bool {
	var timeout interface{ Timeout() bool }
	return errors.As(p.failed, &timeout) && timeout.Timeout()
}

// cutOff tells whether the client left in the middle of the body. Otherwise what it sent makes no sense, as chunks may.
func (p *patient) cutOff() bool {
	var network net.Error
	return errors.Is(p.failed, io.ErrUnexpectedEOF) || errors.As(p.failed, &network)
}

// nonsense says what makes none. What would quote the client, does not: there may be a secret in it.
func (p *patient) nonsense() string {
	if _, quotes := errors.AsType[textproto.ProtocolError](p.failed); quotes {
		return "its trailer makes no sense"
	}
	return p.failed.Error()
}
