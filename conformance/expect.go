package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"mockamivoice/conformance/dialogue"
	"mockamivoice/scenarios"
)

var (
	errNothing = errors.New("nothing came")
	errOver    = errors.New("the connection is over")
)

// next is the next message, or errNothing after that much real time, or errOver.
func (s *streamConn) next(ctx context.Context, within time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	select {
	case m, open := <-s.incoming:
		if !open {
			return "", errOver
		}
		return string(m.payload), nil
	case <-ctx.Done():
		return "", errNothing
	}
}

// nothing is a mismatch for a message that did not come.
func (p *player) nothing(expected string, err error, within time.Duration) *mismatch {
	if errors.Is(err, errOver) {
		<-p.stream.done
		p.stream.mu.Lock()
		defer p.stream.mu.Unlock()
		return &mismatch{expected, "the end of the connection (" + string(p.stream.how) + ")"}
	}
	return &mismatch{expected, fmt.Sprintf("nothing within %s", within)}
}

// isOptional reports whether a message may come at any time: U and G. (documented: u event, command and response)
func isOptional(text string) bool {
	return text == "U" || text == "G" || strings.HasPrefix(text, "U ") || strings.HasPrefix(text, "G ")
}

// expect compares the last reply, or the next message that counts.
func (p *player) expect(ctx context.Context, a scenarios.Expect) error {
	if a.Reply != nil {
		if m := p.holdReply(*a.Reply, p.reply); m != nil {
			return m
		}
		return nil
	}
	for {
		text, err := p.stream.next(ctx, p.patience)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return p.nothing(wanted(a.Message), err, p.patience)
		}
		found, diff := p.hold(a.Message, text)
		if diff == "" {
			p.set(found)
			return nil
		}
		if !isOptional(text) {
			return &mismatch{wanted(a.Message), diff}
		}
	}
}

// anyOrder compares the next messages that count with all of a.
func (p *player) anyOrder(ctx context.Context, a scenarios.AnyOrder) error {
	left := append([]scenarios.Match(nil), a.Messages...)
	for len(left) > 0 {
		text, err := p.stream.next(ctx, p.patience)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return p.nothing(wantedAny(left), err, p.patience)
		}
		at := -1
		for i, m := range left {
			if found, diff := p.hold(m, text); diff == "" {
				p.set(found)
				at = i
				break
			}
		}
		switch {
		case at >= 0:
			left = append(left[:at], left[at+1:]...)
		case !isOptional(text):
			return &mismatch{wantedAny(left), dialogue.Quote(text)}
		}
	}
	return nil
}

func wantedAny(list []scenarios.Match) string {
	words := make([]string, 0, len(list))
	for _, m := range list {
		words = append(words, wanted(m))
	}
	return strings.Join(words, ", or ")
}

// expectNone waits in real time and expects nothing that counts.
func (p *player) expectNone(ctx context.Context, a scenarios.ExpectNone) error {
	until := now().Add(a.For)
	for {
		left := until.Sub(now())
		if left <= 0 {
			return nil
		}
		text, err := p.stream.next(ctx, left)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errNothing):
			return nil
		case a.Of != "" && err == nil:
			if strings.HasPrefix(text, a.Of) {
				return &mismatch{fmt.Sprintf("no %s for %s", a.Of, a.For), dialogue.Quote(text)}
			}
		case err != nil:
			return p.nothing(fmt.Sprintf("nothing for %s, on an open connection", a.For), err, a.For)
		case !isOptional(text):
			return &mismatch{fmt.Sprintf("nothing for %s", a.For), dialogue.Quote(text)}
		}
	}
}

// closed expects the server to end the connection without saying more that counts.
func (p *player) closed(ctx context.Context, a scenarios.Closed) error {
	expected := fmt.Sprintf("the server to end the connection within %s", a.Within)
	until := now().Add(a.Within)
	for {
		text, err := p.stream.next(ctx, max(until.Sub(now()), time.Millisecond))
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errNothing):
			return &mismatch{expected, "a connection that stays open"}
		case errors.Is(err, errOver):
			return p.endedBy(a.By)
		case !isOptional(text):
			return &mismatch{expected, dialogue.Quote(text)}
		}
	}
}

func (p *player) endedBy(want scenarios.Ending) error {
	<-p.stream.done
	p.stream.mu.Lock()
	how := p.stream.how
	p.stream.mu.Unlock()
	if want != scenarios.AnyEnding && want != how {
		return &mismatch{"the connection to end by " + string(want), string(how)}
	}
	return nil
}
