package journal_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mockamivoice/fake/internal/journal"
	"mockamivoice/scenarios"
)

func instant() time.Time { return time.Date(2026, 6, 15, 3, 0, 0, 123_456_789, time.UTC) }

func text(i int) scenarios.Entry {
	return scenarios.Entry{Kind: scenarios.WSEvent, Dir: scenarios.Out, Text: fmt.Sprint("S ", i)}
}

func numbers(entries []scenarios.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		if e.Kind == scenarios.Dropped {
			fmt.Fprintf(&b, "(%d lost)", e.Count)
		}
		fmt.Fprintf(&b, "%d ", e.N)
	}
	return strings.TrimSpace(b.String())
}

func TestAppendFillsWhatIsMissing(t *testing.T) {
	j := journal.New(journal.Options{Clock: instant, Since: func() int64 { return 7 }})
	defer j.Close()
	if n := j.Append(text(1)); n != 1 {
		t.Errorf("the first entry has number %d", n)
	}
	given := instant().Add(time.Hour)
	j.Append(scenarios.Entry{At: scenarios.At(given)})
	got := j.Entries(journal.Filter{})
	if len(got) != 2 || got[0].N != 1 || got[0].T != 7 || !got[0].At.Equal(time.Date(2026, 6, 15, 3, 0, 0, 123_000_000, time.UTC)) || !got[1].At.Equal(given) {
		t.Errorf("%+v", got)
	}
}

func TestTheOldestEntriesAreDroppedAndCounted(t *testing.T) {
	for name, o := range map[string]journal.Options{"entries": {Entries: 100}, "bytes": {Bytes: 100 * 356}} {
		j := journal.New(o)
		for i := range 1000 {
			e := text(i % 10)
			e.Conn = uint64(i%2) + 1
			j.Append(e)
		}
		got := j.Entries(journal.Filter{})
		lost := got[0]
		if lost.Kind != scenarios.Dropped || lost.Dir != scenarios.Note || int(lost.Count)+len(got)-1 != 1000 || lost.N != lost.Count || got[1].N != lost.N+1 {
			t.Errorf("%s: first %+v, second %d, %d in all", name, lost, got[1].N, len(got))
		}
		if len(got) < 95 || len(got) > 101 || got[len(got)-1].N != 1000 || j.Last() != 1000 {
			t.Errorf("%s: %d entries up to %d", name, len(got), got[len(got)-1].N)
		}
		if got := numbers(j.Entries(journal.Filter{After: 998})); got != "999 1000" {
			t.Errorf("%s: nothing is missing behind 998, got %s", name, got)
		}
		if got := j.Entries(journal.Filter{Kind: scenarios.WSEvent, Conn: 2}); got[0].Kind != scenarios.WSEvent || got[0].Conn != 2 {
			t.Errorf("%s: the filter lets %+v through", name, got[0])
		}
		j.Close()
	}
}

func TestAnEntryLargerThanTheBoundIsKeptAlone(t *testing.T) {
	j := journal.New(journal.Options{Bytes: 1000})
	defer j.Close()
	j.Append(text(1))
	j.Append(scenarios.Entry{Body: strings.Repeat("x", 5000)})
	if got := numbers(j.Entries(journal.Filter{})); got != "(1 lost)1 2" {
		t.Error(got)
	}
	j.Append(text(3))
	if got := numbers(j.Entries(journal.Filter{})); got != "(2 lost)2 3" {
		t.Error(got)
	}
}

func TestFilter(t *testing.T) {
	j := journal.New(journal.Options{})
	defer j.Close()
	j.Append(scenarios.Entry{Key: "a", Surface: "sync", Conn: 1, Kind: scenarios.HTTPRequest})
	j.Append(scenarios.Entry{Key: "b", Surface: "sync", Conn: 2, Kind: scenarios.HTTPRequest})
	j.Append(scenarios.Entry{Key: "a", Surface: "stream", Conn: 3, Kind: scenarios.WSCommand})
	for want, f := range map[string]journal.Filter{
		"1 2 3": {}, "1 3": {Key: "a"}, "1 2": {Surface: "sync"}, "2": {Conn: 2}, "3": {Kind: scenarios.WSCommand}, "2 3": {After: 1}, "": {After: 9},
	} {
		if got := numbers(j.Entries(f)); got != want {
			t.Errorf("%+v lets %q through, want %q", f, got, want)
		}
	}
}

func TestFollowYieldsWhatIsThereAndWhatComes(t *testing.T) {
	j := journal.New(journal.Options{})
	j.Append(text(1))
	var got []scenarios.Entry
	for e := range j.Follow(t.Context(), journal.Filter{}) {
		got = append(got, e)
		switch {
		case e.N < 600:
			j.Append(text(0))
			j.Append(text(0))
		case e.N == 1000:
			j.Close()
		}
	}
	if len(got) != int(j.Last()) || got[len(got)-1].N != uint64(len(got)) {
		t.Errorf("%d entries of %d", len(got), j.Last())
	}
}

func TestASlowFollowerIsToldWhatItMissed(t *testing.T) {
	j := journal.New(journal.Options{Entries: 10})
	j.Append(text(1))
	var got []scenarios.Entry
	for e := range j.Follow(t.Context(), journal.Filter{}) {
		got = append(got, e)
		if e.N == 1 {
			for i := range 100 {
				j.Append(text(i))
			}
			j.Close()
		}
	}
	if s := numbers(got); s != "1 (90 lost)91 92 93 94 95 96 97 98 99 100 101" {
		t.Error(s)
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	j := journal.New(journal.Options{})
	defer j.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	j.Append(text(1))
	for range j.Follow(ctx, journal.Filter{}) {
		cancel()
	}
}

func TestWait(t *testing.T) {
	j := journal.New(journal.Options{Entries: 3})
	for i := range 5 {
		j.Append(text(i))
	}
	want := journal.WaitFor{Filter: journal.Filter{Kind: scenarios.WSEvent}, Text: "S 4"}
	if e, err := j.Wait(t.Context(), want); err != nil || e.N != 5 {
		t.Errorf("an entry of the past: %d, %v", e.N, err)
	}
	if e, err := j.Wait(t.Context(), journal.WaitFor{}); err != nil || e.N != 3 {
		t.Errorf("what was dropped is no entry to wait for: %d, %v", e.N, err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if e, err := j.Wait(t.Context(), journal.WaitFor{Text: "S 77"}); err != nil || e.Text != "S 77" {
			t.Errorf("an entry to come: %q, %v", e.Text, err)
		}
	})
	wg.Go(func() {
		if _, err := j.Wait(t.Context(), journal.WaitFor{Text: "never"}); !errors.Is(err, journal.ErrClosed) {
			t.Errorf("the tape was closed: %v", err)
		}
	})
	j.Append(text(77))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Wait(ctx, journal.WaitFor{Text: "never"}); !errors.Is(err, context.Canceled) {
		t.Errorf("the context is done: %v", err)
	}
	j.Close()
	wg.Wait()
	if j.Append(text(1)) != 0 {
		t.Error("a closed tape grows")
	}
}

func TestResetBeginsANewTapeForThoseWhoFollow(t *testing.T) {
	var sink bytes.Buffer
	j := journal.New(journal.Options{Sink: &sink, Entries: 5})
	for i := range 9 {
		j.Append(text(i))
	}
	var got []scenarios.Entry
	for e := range j.Follow(t.Context(), journal.Filter{After: 8}) {
		got = append(got, e)
		switch e.Text {
		case "S 8":
			j.Reset()
			if len(j.Entries(journal.Filter{})) != 0 || j.Last() != 0 {
				t.Error("the tape is not empty")
			}
			j.Append(text(100))
		case "S 100":
			j.Close()
		}
	}
	if s := numbers(got); s != "9 1" {
		t.Error(s)
	}
	if n := strings.Count(sink.String(), `"tape":`); n != 2 {
		t.Errorf("the sink got %d headers", n)
	}
}

func TestTheSinkGetsEveryEntryInOrder(t *testing.T) {
	var sink bytes.Buffer
	j := journal.New(journal.Options{Sink: &sink, Header: scenarios.Header{Tape: 1, Tool: "<tool>"}, Entries: 10_000})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 100 {
				j.Append(text(i))
			}
		})
	}
	wg.Wait()
	j.Close()
	var want bytes.Buffer
	if err := journal.WriteTape(&want, j.Header(), slices.Values(j.Entries(journal.Filter{}))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(sink.Bytes(), want.Bytes()) || strings.Count(sink.String(), "\n") != 801 || j.Err() != nil {
		t.Errorf("the sink holds %d bytes, the tape %d; %v", sink.Len(), want.Len(), j.Err())
	}
	if !strings.HasPrefix(sink.String(), `{"tape":1,"tool":"<tool>",`) {
		t.Errorf("the header is %.60q", sink.String())
	}
}

func TestAnErrorOfTheSinkIsRemembered(t *testing.T) {
	r, w := io.Pipe()
	broken := errors.New("disk full")
	r.CloseWithError(broken)
	j := journal.New(journal.Options{Sink: w})
	defer j.Close()
	j.Append(text(1))
	if !errors.Is(j.Err(), broken) || len(j.Entries(journal.Filter{})) != 1 {
		t.Errorf("Err is %v", j.Err())
	}
}

// hanging is a sink that takes its first write only when told to.
type hanging struct {
	entered, release chan struct{}
	once             sync.Once
	bytes.Buffer
}

func (h *hanging) Write(p []byte) (int, error) {
	h.once.Do(func() { close(h.entered); <-h.release })
	return h.Buffer.Write(p)
}

func TestASinkThatHangsHoldsUpNobodyAndSaysWhatItMissed(t *testing.T) {
	sink := &hanging{entered: make(chan struct{}), release: make(chan struct{})}
	made := make(chan *journal.Journal)
	var j *journal.Journal
	var wg sync.WaitGroup
	headerOnly := &switching{}
	wg.Go(func() {
		j := journal.New(journal.Options{Sink: headerOnly, Entries: 10})
		headerOnly.to = sink
		made <- j
		j.Append(text(1))
	})
	j = <-made
	<-sink.entered
	for i := range 25 {
		j.Append(text(i))
	}
	close(sink.release)
	wg.Wait()
	j.Close()
	if got := sink.String(); !strings.Contains(got, `"kind":"dropped","count":20`) || strings.Count(got, "\n") != 7 {
		t.Errorf("the sink got\n%s", got)
	}
}

func TestATapeThatBeganWhileTheSinkHungCanBeRead(t *testing.T) {
	sink := &hanging{entered: make(chan struct{}), release: make(chan struct{})}
	headerOnly := &switching{}
	j := journal.New(journal.Options{Header: scenarios.Header{Tape: 1}, Sink: headerOnly, Entries: 10})
	headerOnly.to = sink
	var wg sync.WaitGroup
	wg.Go(func() { j.Append(text(1)) })
	<-sink.entered
	for i := range 12 {
		j.Append(text(i))
	}
	j.Reset()
	for i := range 25 {
		j.Append(text(i))
	}
	close(sink.release)
	wg.Wait()
	j.Close()
	var got []string
	for line, err := range scenarios.ReadTape("tape", strings.NewReader(`{"tape":1}`+"\n"+sink.String())) {
		if err != nil {
			t.Fatalf("%v in\n%s", err, sink.String())
		}
		if line.Header != nil {
			got = append(got, "header")
			continue
		}
		got = append(got, numbers([]scenarios.Entry{line.Entry}))
	}
	if s := strings.Join(got, " "); s != "header 1 (12 lost)13 header (16 lost)16 17 18 19 20 21 22 23 24 25" {
		t.Error(s)
	}
}

// switching drops what comes before it has a place to go.
type switching struct{ to io.Writer }

func (s *switching) Write(p []byte) (int, error) {
	if s.to == nil {
		return len(p), nil
	}
	return s.to.Write(p)
}

func TestCanariesAreOnNoTape(t *testing.T) {
	key, _ := sealed()
	for _, secret := range []string{password, staticKey, key} {
		for how, s := range spellings(secret) {
			var sink bytes.Buffer
			j := journal.New(journal.Options{Redact: redactor(), Sink: &sink})
			for _, kind := range scenarios.Kinds() {
				j.Append(canary(kind, s))
				j.Append(canary(kind, "authorization="+s+" & u="+s))
			}
			j.Close()
			tape := sink.String()
			for _, e := range j.Entries(journal.Filter{}) {
				b, err := json.Marshal(e)
				if err != nil {
					t.Fatal(err)
				}
				tape += string(b)
			}
			escaped, _ := json.Marshal(s)
			for _, leak := range []string{s, secret, strings.Trim(string(escaped), `"`), hex.EncodeToString([]byte(secret[:8]))} {
				if i := strings.Index(tape, leak); i >= 0 {
					t.Errorf("%s: %q is on the tape: …%s", how, leak, tape[max(0, i-80):min(len(tape), i+80)])
				}
			}
		}
	}
}

func canary(kind scenarios.Kind, s string) scenarios.Entry {
	name := "file-" + s + ".wav"
	return scenarios.Entry{
		Kind: kind, Dir: scenarios.In, Text: s, Method: s, Target: "/" + s + "?u=" + s + "&x=" + s, Body: "spw=" + s + "&x=" + s,
		Headers: [][2]string{{"Authorization", "Bearer " + s}, {"X", s}, {"X-" + s, "x"}, {"Cookie", s}},
		Parts:   []scenarios.Part{{Name: "u", Value: s}, {Name: "d", Value: "authorization=" + s}, {Name: s, Type: s, Filename: &name, Value: s}},
		Audio:   &scenarios.Audio{First: hex.EncodeToString([]byte(s)[:min(16, len(s))]), Data: []byte(s)},
	}
}

func TestSecretsOfUnknownValueAreHiddenByPosition(t *testing.T) {
	j := journal.New(journal.Options{})
	defer j.Close()
	j.Append(scenarios.Entry{
		Kind: scenarios.HTTPRequest, Target: "/?spw=canary", Body: "sid=x&spw=canary", Headers: [][2]string{{"authorization", "Bearer canary"}},
		Parts: []scenarios.Part{{Name: "spw", Value: "canary"}, {Name: "u", Value: "canary"}, {Name: "d", Value: "-a-general authorization=canary"}},
	})
	j.Append(scenarios.Entry{Kind: scenarios.WSCommand, Text: "s 16K -a-general authorization=canary"})
	b, err := json.Marshal(j.Entries(journal.Filter{}))
	if err != nil || bytes.Contains(b, []byte("canary")) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestAppendLeavesTheSlicesOfTheCallerAlone(t *testing.T) {
	j := journal.New(journal.Options{})
	defer j.Close()
	headers := [][2]string{{"Authorization", "Bearer secret"}}
	parts := []scenarios.Part{{Name: "u", Value: "secret"}}
	j.Append(scenarios.Entry{Headers: headers, Parts: parts})
	if headers[0][1] != "Bearer secret" || parts[0].Value != "secret" {
		t.Errorf("changed to %v, %v", headers, parts)
	}
}

func TestConcurrentReadersAndWriters(t *testing.T) {
	j := journal.New(journal.Options{Entries: 50, Redact: redactor()})
	var readers, writers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			var last, lost, seen uint64
			for e := range j.Follow(t.Context(), journal.Filter{}) {
				if e.Kind == scenarios.Dropped {
					lost += e.Count
				} else {
					seen++
				}
				if e.N <= last {
					t.Errorf("%d after %d", e.N, last)
				}
				last = e.N
			}
			if seen+lost != 2000 {
				t.Errorf("%d seen, %d lost", seen, lost)
			}
		})
		writers.Go(func() {
			for i := range 500 {
				j.Append(text(i))
				if i%100 == 0 {
					j.Entries(journal.Filter{})
				}
			}
		})
	}
	writers.Wait()
	j.Close()
	readers.Wait()
}

func BenchmarkAppend(b *testing.B) {
	j := journal.New(journal.Options{Redact: redactor(), Clock: instant, Since: func() int64 { return 1 }})
	defer j.Close()
	sum := strings.Repeat("0123456789abcdef", 4)
	b.ReportAllocs()
	for b.Loop() {
		j.Append(scenarios.Entry{
			Kind: scenarios.WSCommand, Dir: scenarios.In, Conn: 1, Key: "0123456789ab", Surface: "stream",
			Audio: &scenarios.Audio{Bytes: 4096, Ms: 128, SHA256: sum, First: "00010203040506070809101112131415"},
		})
	}
}
