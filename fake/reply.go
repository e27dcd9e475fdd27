package fake

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// reply is what an HTTP request is answered with.
type reply struct {
	status int
	media  string // Content-Type
	body   []byte
	basis  protocol.Basis // how well it is known; 0 where that goes without saying
}

// on is r in a situation in which its use is known less well than its text is.
func (r reply) on(basis protocol.Basis) reply {
	r.basis = max(r.basis, basis)
	return r
}

// replier makes the replies of a surface when a fault asks for others than the usual one.
type replier interface {
	failed(e *protocol.Error) reply
	heard(said scenarios.Said) reply
}

// strike asks which fault strikes at a point, and puts it on the tape.
func (x *exchange) strike(at scenarios.Point, of string) []scenarios.Do {
	return x.met(x.occur(at, of))
}

// met puts what strikes on the tape, and returns what it does.
func (x *exchange) met(b blow) []scenarios.Do {
	f, sc := b.fault, b.of
	if f == nil {
		return nil
	}
	x.stir()
	x.note(scenarios.FaultStruck, scenarios.Note, scenarios.Entry{Text: short(x.s.redact.Text(f.String())), Scenario: sc.ID, Basis: sc.Basis.String()})
	x.s.metrics.struck(f.At)
	return f.Do
}

// short is the beginning of a text, from which secrets were taken before: half of one is hard to find.
func short(s string) string {
	const most = 300
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// holdsSecret tells whether the tape would show something else instead of a part of this text. What a fault makes of the text,
// the tape does not know for a secret any more.
func (x *exchange) holdsSecret(text []byte) bool {
	return x.s.redact.Text(string(text)) != string(text)
}

const hidden = "***" // what the tape shows of a text that was made of a secret

// deliver sends a reply, in the way in which faults let it.
func (x *exchange) deliver(w http.ResponseWriter, r reply, dos []scenarios.Do, other replier) {
	for _, do := range dos {
		switch d := do.(type) {
		case scenarios.DoDelay:
			if !x.delay(d.For) {
				panic(http.ErrAbortHandler) // nobody is there any more
			}
		case scenarios.DoError:
			r = other.failed(x.failing(d.ID))
		case scenarios.DoStatus:
			r = pageOf(w.Header(), d)
		case scenarios.DoReplace:
			r.body = []byte(replaced(d.Text, string(r.body)))
		case scenarios.DoResult:
			r = other.heard(d.Said)
		case scenarios.DoGarble:
			x.hides = x.hides || x.holdsSecret(r.body)
			r.body = x.garble(r.body)
		case scenarios.DoExpireKey, scenarios.DoState: // done when the key, or the job, was made or looked at
		default:
			x.spoil(w, r, do)
			return
		}
	}
	x.write(w, r)
}

// failing is an error of the catalogue, with its variable part filled in.
func (x *exchange) failing(id protocol.ErrorID) *protocol.Error {
	switch id {
	case protocol.IssueBadRequest:
		return protocol.IllegalParameter("sid")
	case protocol.IssueMethod, protocol.SyncMethod:
		return protocol.MethodNotAllowed(x.surface, x.r.Method)
	default:
		return protocol.NewError(id) // the loader has checked that there is one
	}
}

// spoil does what ends a connection, or leaves it without a whole reply.
func (x *exchange) spoil(w http.ResponseWriter, r reply, do scenarios.Do) {
	switch d := do.(type) {
	case scenarios.DoStall, scenarios.DoNoAnswer:
		x.hold()
		panic(http.ErrAbortHandler)
	case scenarios.DoClose:
		x.sever(w, endOfTCP, closedByFault)
	case scenarios.DoReset:
		x.sever(w, resetTCP, resetByFault)
	case scenarios.DoTruncate:
		cut := cutAt(d, len(r.body))
		x.hides = x.hides || x.holdsSecret(r.body)
		x.raw(w, r, r.body[:cut], func(c *severable, bytes []byte) {
			_ = c.write(bytes)
		})
	case scenarios.DoDrip:
		w.Header()["Connection"] = []string{"close"}
		x.raw(w, r, r.body, func(c *severable, bytes []byte) {
			_ = x.drip(c, bytes, d)
		})
	default:
		panic(fmt.Sprintf("fake: %T cannot be done to a reply", do)) // the loader refuses it
	}
}

// drip writes bytes in pieces, and is false when it could not.
func (x *exchange) drip(c *severable, bytes []byte, d scenarios.DoDrip) bool {
	for {
		n := min(d.Bytes, len(bytes))
		if c.write(bytes[:n]) != nil {
			return false
		}
		if bytes = bytes[n:]; len(bytes) == 0 {
			return true
		}
		if !x.delay(d.Every) {
			return false
		}
	}
}

// write sends a whole reply. Whoever moved the clock until now is to find it written.
func (x *exchange) write(w http.ResponseWriter, r reply) {
	if r.media != "" {
		w.Header()["Content-Type"] = []string{r.media}
	}
	x.basis = r.basis
	x.respond(w, r.status, r.body)
	if x.awake {
		_ = http.NewResponseController(w).Flush() // a recorder in a test cannot
	}
}

// pageOf is what a proxy in front of the service could answer with: none of the headers of the service, and a page. (assumed)
func pageOf(h http.Header, d scenarios.DoStatus) reply {
	clear(h)
	if d.RetryAfter > 0 {
		h["Retry-After"] = []string{strconv.Itoa(int(d.RetryAfter / time.Second))}
	}
	text := fmt.Sprintf("%d %s", d.Status, http.StatusText(d.Status))
	return reply{
		status: d.Status, media: "text/html", basis: protocol.Assumed,
		body: fmt.Appendf(nil, "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n</body>\r\n</html>\r\n", text, text),
	}
}

func replaced(text, payload string) string { return strings.ReplaceAll(text, "${payload}", payload) }

func cutAt(d scenarios.DoTruncate, length int) int {
	if d.Fraction > 0 {
		return int(d.Fraction * float64(length))
	}
	return min(d.Bytes, length)
}

// garble replaces the first character and about one in sixteen of the others by printable ones. The same server garbles the same
// text of the same key in the same way.
func (x *exchange) garble(text []byte) []byte {
	const share = 16
	out := append([]byte(nil), text...)
	dice := rand.New(rand.NewPCG(x.s.seed, uint64(len(text)))) //nolint:gosec // it is to be repeatable
	for i, c := range out {
		if i == 0 || dice.IntN(share) == 0 {
			out[i] = '!' + (c+1+byte(dice.IntN(90)))%94
			if out[i] == c {
				out[i]++
			}
		}
	}
	return out
}
