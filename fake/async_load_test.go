package fake_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"mockamivoice/fake"
)

// quietly is so many bytes of digital silence, made while they are read.
type quietly struct{ left int64 }

func (z *quietly) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	clear(p[:n])
	z.left -= n
	return int(n), nil
}

// heap is what is in use after a collection, in MiB.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc >> 20) //nolint:gosec // it fits
}

// submitZeros makes a job of so much silence, and fails the test when it is not one.
func submitZeros(t *testing.T, url string, size int64) {
	t.Helper()
	const head = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\n-a-general\r\n--" + boundary + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
	const tail = "\r\n--" + boundary + "--\r\n"
	body := io.MultiReader(strings.NewReader(head), &quietly{size}, strings.NewReader(tail))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v2/recognitions?u=demo-key&c=LSB16K", body)
	if err != nil {
		t.Error(err)
		return
	}
	req.ContentLength = int64(len(head)) + size + int64(len(tail))
	req.Header.Set("Content-Type", multiform)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || !strings.HasPrefix(string(text), `{"sessionid":"`) {
		t.Errorf("%s %v", text, err)
	}
}

// Uploads are heard and dropped: neither how many they are nor how large shows in memory. A job keeps its record alone.
func TestMemoryIsFlatUnderJobs(t *testing.T) {
	if testing.Short() {
		t.Skip("moves gigabytes")
	}
	many, few, large := 10_000, 20, int64(200<<20)
	if raceDetector {
		many, few, large = 500, 2, 20<<20
	}
	srv := fake.New(jobsOf(t, "told"), fake.WithTape(fake.Tape{Entries: 1000}))
	defer srv.Close()
	ts := httptest.NewServer(srv)
	defer ts.Close()
	defer http.DefaultClient.CloseIdleConnections()
	submitZeros(t, ts.URL, 32<<10)
	before := heap()
	inParallel(4, many, func() { submitZeros(t, ts.URL, 32<<10) })
	records := heap() - before
	if most := int64(many)*4>>10 + 16; records > most {
		t.Errorf("%d jobs of 32 KB take %d MiB; %d were enough for their records", many, records, most)
	}
	before = heap()
	peak := before
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				peak = max(peak, heap())
			}
		}
	})
	inParallel(2, few, func() { submitZeros(t, ts.URL, large) })
	close(stop)
	watching.Wait()
	const most = 32
	if peak-before > most {
		t.Errorf("%d jobs of %d MiB took up to %d MiB", few, large>>20, peak-before)
	}
	jobs, err := srv.Jobs(context.Background())
	if err != nil || len(jobs) != many+few+1 {
		t.Errorf("%d jobs, %v", len(jobs), err)
	}
	t.Logf("records of %d jobs: %d MiB; %d uploads of %d MiB: %d MiB at most", many, records, few, large>>20, peak-before)
}

// inParallel calls do so many times, some at a time.
func inParallel(workers, times int, do func()) {
	var wg sync.WaitGroup
	next := make(chan struct{})
	for range workers {
		wg.Go(func() {
			for range next {
				do()
			}
		})
	}
	for range times {
		next <- struct{}{}
	}
	close(next)
	wg.Wait()
}

func jobsOf(t *testing.T, progress string) fake.Option {
	t.Helper()
	p, err := fake.ParseJobProgress(progress)
	if err != nil {
		t.Fatal(err)
	}
	return fake.WithJobProgress(p)
}

// A store without room forgets the oldest jobs, and says so.
func TestAFullStoreForgetsTheOldestJobs(t *testing.T) {
	srv := fake.New(fake.WithStore(&cramped{Store: fake.NewMemory(), room: 20}))
	defer srv.Close()
	ts := httptest.NewServer(srv)
	defer ts.Close()
	defer http.DefaultClient.CloseIdleConnections()
	for range 25 {
		submitZeros(t, ts.URL, 100)
	}
	jobs, err := srv.Jobs(t.Context())
	if err != nil || len(jobs) > 20 || len(jobs) < 15 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	_, entries := srv.Tape(fake.TapeFilter{Kind: "tolerance"})
	told := 0
	for _, e := range entries {
		if strings.Contains(e.Text, "oldest jobs are forgotten") {
			told++
		}
	}
	if told == 0 {
		t.Error("nothing on the tape says that jobs were forgotten")
	}
	for i, j := range jobs[1:] {
		if j.ID < jobs[i].ID {
			t.Error(fmt.Sprint("out of order: ", jobs[i].ID, j.ID))
		}
	}
}

// cramped is a store with room for so many jobs.
type cramped struct {
	fake.Store

	room int
}

// Put implements fake.Store.
func (c *cramped) Put(ctx context.Context, key string, value []byte, life time.Duration) error {
	if value != nil && strings.HasPrefix(key, "jobs/") {
		keys, err := c.Keys(ctx, "jobs/")
		if err != nil {
			return err
		}
		if len(keys) >= c.room {
			return fake.ErrStoreFull
		}
	}
	return c.Store.Put(ctx, key, value, life)
}
