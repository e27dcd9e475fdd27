package judge

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// clientRetryLaws hold of what a client does when something went wrong.
func clientRetryLaws() []Law {
	return []Law{
		{
			ID: "client.retry.unchanged-start", Title: "An s that was refused for what it says is not sent again unchanged", Level: Should, Basis: protocol.Inferred, Surface: protocol.SurfaceStream,
			Source: "the service blames the client for key, engine and format", Why: "The same words get the same answer, however often they are sent, while the user waits.",
			Fix: "Show the error, and stop; or change what is wrong: the key, the engine, the format.", check: unchangedStart,
		},
		{
			ID: "client.retry.unchanged-audio", Title: "Audio that was refused is not fed again unchanged", Level: Should, Basis: protocol.Inferred, Surface: protocol.SurfaceStream,
			Source: manualFeed, Why: "Audio of an unsupported format stays unsupported.", Fix: "Show the error, and stop; or convert the audio, or name its format.", check: unchangedAudio,
		},
		{
			ID: "client.retry.unchanged-recording", Title: "A recording that was refused is not sent again unchanged", Level: Should, Basis: protocol.Inferred, Surface: protocol.SurfaceSync,
			Source: "manual: response-code-and-message blames the client for +, -, %, > and o; HTTP for status 4xx", Why: "The same bytes get the same answer, and the user waits once more.",
			Fix: "Retry what the server has to answer for; after a code of the client show the error, or change the request.", check: unchangedRecording,
		},
		{
			ID: "client.retry.pause", Title: "A client that is told to come back later waits before it does", Level: Should, Basis: protocol.Inferred,
			Source: "status 429, 502, 503 and 504, code b and a recognizer that cannot be reached are all about load", Why: "Hammering keeps the load up, and all clients out.",
			Fix: "Wait as long as Retry-After says, or else a second, then two, then four, with some chance in it, and give up at some point.", check: pause,
		},
		{
			ID: "client.retry.storm", Title: "A client that cannot begin does not connect again and again", Level: Should, Basis: protocol.Inferred, Surface: protocol.SurfaceStream,
			Source: "a published client gives up after five attempts", Why: "A loop without a pause or an end costs both sides, and hides the error from the user.",
			Fix: "Count the attempts, wait longer each time, and give up after some.", check: storm,
		},
	}
}

// clientsFault tells whether an error of s is about what s says.
func clientsFault(refusal string) bool {
	for _, id := range []protocol.ErrorID{protocol.StartUnauthorized, protocol.StartIllegal, protocol.StartUnsupportedAudio} {
		if refusal == protocol.NewError(id).Message {
			return true
		}
	}
	return false
}

// allRounds are those of every stream, in the order of the tape.
func (p *clientTape) allRounds() []*round {
	var all []*round
	for _, s := range p.talks {
		all = append(all, s.rounds...)
	}
	slices.SortFunc(all, func(a, b *round) int { return cmp.Compare(a.start.N, b.start.N) })
	return all
}

func unchangedStart(t *trial, d *dialogue) {
	p := d.asClient()
	refusals := make(map[string]*round)
	for _, r := range p.allRounds() {
		words := r.start.Text + "\x00" + r.key()
		if first := refusals[words]; first != nil && p.knew(first.answer, r.start) {
			t.trace(r.start, []*scenarios.Entry{first.answer}, "the same s was refused in entry %d: %q", first.answer.N, first.refusal)
		}
		if clientsFault(r.refusal) {
			t.apply()
			if refusals[words] == nil {
				refusals[words] = r
			}
		}
	}
}

func unchangedAudio(t *trial, d *dialogue) {
	p := d.asClient()
	message := "p " + protocol.NewError(protocol.FeedUnsupportedAudio).Message
	refusals := make(map[string]*round)
	for _, r := range p.allRounds() {
		if len(r.packets) == 0 {
			continue
		}
		words := r.command.Format + " " + r.packets[0].Audio.SHA256
		if first := refusals[words]; first != nil && p.knew(first.failure, r.packets[0]) {
			t.trace(r.packets[0], []*scenarios.Entry{first.failure}, "the same audio was refused as %s in entry %d", r.command.Format, first.failure.N)
		}
		if r.failure != nil && r.failure.Text == message {
			t.apply()
			if refusals[words] == nil {
				refusals[words] = r
			}
		}
	}
}

// blame is the answer that says that the client is wrong, empty for any other.
func (x *exchange) blame() string {
	const clients = "+-%>o" // (documented: the class of these codes)
	if code, ok := x.code(); ok && code != "" && strings.Contains(clients, code) {
		return "the code " + code
	}
	if x.reply == nil || x.reply.Status < 400 || x.reply.Status > 499 || slices.Contains([]int{408, 425, 429}, x.reply.Status) {
		return ""
	}
	return fmt.Sprintf("status %d", x.reply.Status)
}

// words are what the answer to a recording depends on.
func (x *exchange) words() string {
	d, _ := x.field("d")
	c, _ := x.field("c")
	u, _ := x.field("u")
	sum := ""
	if a := x.request.Audio; a != nil {
		sum = a.SHA256
	}
	return strings.Join([]string{x.key(), u, d, c, sum}, "\x00")
}

func unchangedRecording(t *trial, d *dialogue) {
	p := d.asClient()
	refusals := make(map[string]*exchange)
	for _, x := range p.exchanges {
		if !x.is(protocol.SurfaceSync) {
			continue
		}
		words := x.words()
		if first := refusals[words]; first != nil && p.knew(first.reply, x.request) {
			t.trace(x.request, []*scenarios.Entry{first.reply}, "the same recording got %s in entry %d", first.blame(), first.reply.N)
		}
		if x.blame() != "" {
			t.apply()
			if refusals[words] == nil {
				refusals[words] = x
			}
		}
	}
}

// attempt is a request and what came of it.
type attempt struct {
	key    string
	asked  *scenarios.Entry
	answer *scenarios.Entry // nil without one
	busy   bool             // the answer says: later
	failed bool
}

// attempts are in the order of the tape. Only those with a key are there: parallel tests share everything else.
func (p *clientTape) attempts() []attempt {
	var all []attempt
	for _, r := range p.allRounds() {
		a := attempt{key: r.key(), asked: r.start, answer: r.answer, failed: r.refusal != ""}
		a.busy = strings.HasPrefix(r.refusal, protocol.NewError(protocol.StartUnavailable).Message)
		if r.answer == nil && r.talk.conn.closed != nil {
			a.answer, a.failed = r.talk.conn.closed, r.talk.left == nil
		}
		all = append(all, a)
	}
	for _, x := range p.exchanges {
		if !x.is(protocol.SurfaceSync) || x.reply == nil {
			continue
		}
		code, _ := x.code()
		a := attempt{key: x.key(), asked: x.request, answer: x.reply}
		a.busy = slices.Contains([]int{429, 502, 503, 504}, x.reply.Status) || code == protocol.NewError(protocol.SyncBusy).Code
		a.failed = a.busy
		all = append(all, a)
	}
	all = slices.DeleteFunc(all, func(a attempt) bool { return a.key == "" })
	slices.SortFunc(all, func(a, b attempt) int { return cmp.Compare(a.asked.N, b.asked.N) })
	return all
}

// series calls check for the attempts with each key that failed one after the other; the last one, which need not have failed,
// was made knowing of the one before.
func (p *clientTape) series(surface protocol.Surface, check func(run []attempt)) {
	runs := make(map[string][]attempt)
	for _, a := range p.attempts() {
		if surface != "" && a.asked.Surface != string(surface) {
			continue
		}
		run := runs[a.key]
		if n := len(run); n > 0 && !p.knew(run[n-1].answer, a.asked) {
			run = nil
		}
		run = append(run, a)
		check(run)
		if !a.failed || a.answer == nil {
			run = nil
		}
		runs[a.key] = run
	}
}

// toldToWait is how long the answer wants a client to wait, 0 where it does not say. A tenth of that is left to clocks.
func (a attempt) toldToWait() time.Duration {
	const most = 24 * 60 * 60 // seconds
	text, _ := header(a.answer, "Retry-After")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || !a.busy {
		return 0
	}
	told := time.Duration(min(n, most)) * time.Second
	return told - told/10
}

// pause wants three attempts without a pause: one that comes at once may be a habit of a library. One is enough where the answer has
// said how long to wait.
func pause(t *trial, d *dialogue) {
	const most, shortest = 3, 250 * time.Millisecond
	hasty := make(map[string]int)
	d.asClient().series("", func(run []attempt) {
		a := run[len(run)-1]
		if len(run) > 1 {
			if before := run[len(run)-2]; lapse(before.answer, a.asked) < before.toldToWait() {
				t.trace(a.asked, []*scenarios.Entry{before.answer}, "the next attempt comes %s after an answer that said when to come back", lapse(before.answer, a.asked))
			}
		}
		if len(run) < 2 || !run[len(run)-2].busy || lapse(run[len(run)-2].answer, a.asked) >= shortest {
			hasty[a.key] = 0
		} else if hasty[a.key]++; hasty[a.key] == most {
			t.trace(a.asked, []*scenarios.Entry{run[len(run)-2].answer}, "%d times in a row the next attempt comes within %s of being told to come later", most, shortest)
		}
		if a.busy {
			t.apply()
		}
	})
}

func storm(t *trial, d *dialogue) {
	const most, within = 5, 10 * time.Second
	d.asClient().series(protocol.SurfaceStream, func(run []attempt) {
		if n := len(run); n > 1 {
			t.apply()
		}
		if n := len(run) - 1; n == most && lapse(run[0].asked, run[n].asked) < within {
			t.trace(run[n].asked, []*scenarios.Entry{run[0].asked}, "attempt number %d within %s, and none of them began", n+1, lapse(run[0].asked, run[n].asked))
		}
	})
}
