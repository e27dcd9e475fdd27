package fake_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

// traffic is what happens in each minute of an hour.
type traffic struct{ issues, uploads, streams, packets int }

func busy() traffic { return traffic{issues: 60, uploads: 30, streams: 6, packets: 40} }
func calm() traffic { return traffic{issues: 10, uploads: 5, streams: 1, packets: 25} }

// anHour of traffic passes on the clock of the server: keys that are used once, uploads, and streams that come and go.
func (s *streamServer) anHour(each traffic) {
	s.t.Helper()
	packet := silence(20)
	for range 60 {
		key := ""
		for range each.issues {
			key = s.request("POST", "/issue_service_authorization", form, "sid=demo&spw=demo-password&epi=10m")
		}
		for range each.uploads {
			s.request("POST", "/v1/recognize?d=-a-general&c=LSB16K&u="+key, "application/octet-stream", string(silence(20)))
		}
		for range each.streams {
			c := s.begin("LSB16K")
			for range each.packets {
				c.p(packet)
			}
			c.text("e")
			if answer := c.next(); answer != "e" {
				s.t.Fatalf("answer to e: %q", answer)
			}
			c.nc.Close()
		}
		s.pass(time.Minute)
	}
}

// request is served without a connection, so that an hour fits into a second.
func (s *streamServer) request(method, target, contentType, body string) string {
	req := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	if w.Code != http.StatusOK {
		s.t.Fatalf("%s: status %d", target, w.Code)
	}
	return w.Body.String()
}

// ledger adds up what a reader was given and what it was told is missing. A number that neither accounts for is a gap.
type ledger struct {
	last, given, missing uint64
	gaps                 []string
}

func (l *ledger) take(e scenarios.Entry) {
	before := l.last
	if e.Kind == scenarios.Dropped {
		l.missing += e.Count
		before += e.Count
	} else {
		l.given++
		before++
	}
	if e.N != before {
		l.gaps = append(l.gaps, fmt.Sprintf("%s %d comes after %d", e.Kind, e.N, l.last))
	}
	l.last = e.N
}

// counter is a sink that keeps no line.
type counter struct {
	mu     sync.Mutex
	ledger ledger
}

func (c *counter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := bufio.NewScanner(bytes.NewReader(p))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e scenarios.Entry
		if bytes.HasPrefix(lines.Bytes(), []byte(`{"tape"`)) {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return 0, err
		}
		c.ledger.take(e)
	}
	return len(p), nil
}

func (c *counter) total() ledger {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger
}

// held is what the server holds in memory once everything that can go is gone.
func held() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

var _ = Describe("The tape of a busy hour", func() {
	DescribeTable("stays within its bound and says what it dropped", func(bound fake.Tape, entries int, size int64, each traffic) {
		sink := &counter{}
		bound.Sink = sink
		s := newStreamServer(GinkgoTB(), fake.WithTape(bound))
		s.anHour(each)
		_, kept := s.Tape(fake.TapeFilter{})

		var l ledger
		for _, e := range kept {
			l.take(e)
		}
		Expect(l.gaps).To(BeEmpty())
		Expect(kept[0].Kind).To(Equal(scenarios.Dropped))
		Expect(kept[0].Count).To(Equal(kept[0].N), "from the first entry on")
		Expect(l.given).To(BeNumerically("<=", entries))
		Expect(l.missing).To(BeNumerically(">", entries/2), "the hour was busy enough")
		text, err := json.Marshal(kept)
		Expect(err).NotTo(HaveOccurred())
		Expect(int64(len(text))).To(BeNumerically("<=", size), "bytes of the entries that are kept")

		half := kept[0].N / 2
		_, later := s.Tape(fake.TapeFilter{After: half})
		Expect(later[0]).To(And(HaveField("Kind", scenarios.Dropped), HaveField("Count", later[0].N-half)), "to who has read half of it")

		s.Close()
		file := sink.total()
		Expect(file.gaps).To(BeEmpty())
		Expect(file.given+file.missing).To(And(Equal(file.last), BeNumerically(">=", l.last)), "the file has everything, or says what it lost")
		if bound.Entries == 0 { // as many may wait for the file
			Expect(file.missing).To(BeZero())
		}
	},
		Entry("of 500 entries", fake.Tape{Entries: 500}, 500, int64(32<<20), calm()),
		Entry("of 128 KiB", fake.Tape{Bytes: 128 << 10}, 128<<10/352, int64(128<<10), calm()),
		Entry("as it is by default: 20,000 entries", fake.Tape{}, 20_000, int64(32<<20), busy()),
	)

	It("tells a reader who was too slow how much it has missed", func() {
		s := newStreamServer(GinkgoTB(), fake.WithTape(fake.Tape{Entries: 500}))
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		reading, goOn, done := make(chan struct{}), make(chan struct{}), make(chan ledger)
		go func() {
			var l ledger
			for e := range s.Follow(ctx, fake.TapeFilter{}) {
				if l.take(e); l.given == 1 && l.missing == 0 {
					close(reading)
					<-goOn
				}
			}
			done <- l
		}()
		<-reading
		s.anHour(calm())
		header, kept := s.Tape(fake.TapeFilter{})
		Expect(header.Tape).To(Equal(1))
		close(goOn)
		_, err := s.Wait(ctx, fake.TapeFilter{After: kept[len(kept)-1].N - 1}, "")
		Expect(err).NotTo(HaveOccurred())
		s.Close() // ends Follow, once it has come to the end
		l := <-done
		Expect(l.gaps).To(BeEmpty())
		Expect(l.missing).To(BeNumerically(">", 1000))
		Expect(l.given + l.missing).To(Equal(l.last))
		Expect(l.last).To(BeNumerically(">=", kept[len(kept)-1].N))
	})

	It("says in the file what was lost while the file could not be written", func() {
		file := &counter{}
		stuck, release := make(chan struct{}), make(chan struct{})
		var hangs atomic.Bool
		s := newStreamServer(GinkgoTB(), fake.WithTape(fake.Tape{Entries: 500, Sink: writerFunc(func(p []byte) (int, error) {
			if hangs.CompareAndSwap(true, false) {
				close(stuck)
				<-release
			}
			return file.Write(p)
		})}))
		hangs.Store(true)
		var one sync.WaitGroup
		one.Go(func() { // who happens to write waits for the file; nobody else does
			defer GinkgoRecover()
			s.request("POST", "/issue_service_authorization", form, "sid=demo&spw=demo-password")
		})
		<-stuck
		s.anHour(calm())
		Expect(file.total().last).To(BeNumerically("<", 10), "the file still hangs")
		close(release)
		one.Wait()
		s.Close()
		l := file.total()
		Expect(l.gaps).To(BeEmpty())
		Expect(l.missing).To(BeNumerically(">", 1000))
		Expect(l.given + l.missing).To(Equal(l.last))
	})

	It("takes no more memory after the second hour than after the first", func() {
		s := newStreamServer(GinkgoTB(), fake.WithTape(fake.Tape{Entries: 2000, Sink: io.Discard}))
		before := held()
		s.anHour(calm())
		s.anHour(calm())
		first := held()
		s.anHour(busy())
		second := held()
		Expect(first-before).To(BeNumerically("<", 8<<20), "of a tape of 2,000 entries")
		Expect(second-first).To(BeNumerically("<", 4<<20), "of an hour with 30,000 entries")
	})
})

type writerFunc func(p []byte) (int, error)

// Write implements io.Writer.
func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
