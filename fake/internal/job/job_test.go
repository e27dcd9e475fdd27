package job_test

import (
	"strings"
	"testing"
	"time"

	"mockamivoice/fake/internal/job"
	"mockamivoice/protocol"
)

func TestProgress(t *testing.T) {
	for text, c := range map[string]struct {
		at   func(p job.Progress, n int) protocol.JobState
		want string
	}{
		"at-once":  {byAge, "completed completed completed completed completed"},
		"clock=4s": {byAge, "queued queued started processing completed"},
		"clock":    {byAge, "queued started processing completed completed"},
		"polls=1":  {byPolls, "queued queued started processing completed"},
		"polls=2":  {byPolls, "queued queued queued started started"},
		"told":     {byPolls, "queued queued queued queued queued"},
	} {
		p, err := job.ParseProgress(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for n := range 5 {
			got = append(got, string(c.at(p, n)))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v", text, got)
		}
		if again, err := job.ParseProgress(p.String()); err != nil || again != p {
			t.Errorf("%s is written %s", text, p)
		}
	}
	for _, text := range []string{"", "now", "clock=soon", "clock=-1s", "polls", "polls=0", "told=1"} {
		if _, err := job.ParseProgress(text); err == nil {
			t.Errorf("%q is no progress", text)
		}
	}
	if (job.Progress{}).String() != "clock=3s" {
		t.Error("the zero value is the usual one")
	}
}

func byAge(p job.Progress, n int) protocol.JobState { return p.At(time.Duration(n)*time.Second, 1) }

func byPolls(p job.Progress, n int) protocol.JobState { return p.At(0, int64(n)) }

func TestNextIsWhereTheStateChanges(t *testing.T) {
	p := job.Progress{Mode: job.ByClock, Clock: 10 * time.Second}
	for _, s := range protocol.JobStates()[:3] {
		at, ok := p.Next(s)
		if !ok || p.At(at, 1) == s || p.At(at-1, 1) != s {
			t.Errorf("%s until %s: %s, before that %s", s, at, p.At(at, 1), p.At(at-1, 1))
		}
	}
	if _, ok := p.Next(protocol.JobCompleted); ok {
		t.Error("a job that is over goes nowhere")
	}
	if _, ok := (job.Progress{Mode: job.ByWord}).Next(protocol.JobQueued); ok {
		t.Error("the clock moves no job that waits for a word")
	}
}

func TestRecordsSpeakInTheirState(t *testing.T) {
	made := time.Date(2026, 7, 31, 0, 0, 0, 0, time.UTC)
	end := protocol.Job{State: protocol.JobCompleted, ServiceID: "demo", SessionID: "x", MD5: "ab", Size: 3, Text: "t"}
	r := job.New(job.Record{ID: "x", Made: made, Expires: made.Add(time.Hour), Progress: job.Progress{Mode: job.ByWord}}, end)
	for _, c := range []struct {
		told  job.Told
		state protocol.JobState
		body  string
	}{
		{job.Told{}, protocol.JobQueued, `{"status":"queued","service_id":"demo","session_id":"x"}`},
		{job.Told{State: protocol.JobStarted}, protocol.JobStarted, `{"status":"started","audio_md5":"ab","audio_size":3,"service_id":"demo","session_id":"x"}`},
		{job.Told{State: protocol.JobProcessing}, protocol.JobProcessing, `{"status":"processing","audio_md5":"ab","audio_size":3,"service_id":"demo","session_id":"x"}`},
		{job.Told{State: protocol.JobCompleted}, protocol.JobCompleted, r.End},
		{job.Told{State: protocol.JobError, Body: "{}"}, protocol.JobError, "{}"},
	} {
		if got := r.State(made, 1, c.told); got != c.state || r.Body(got, c.told) != c.body {
			t.Errorf("%+v: %s %s", c.told, got, r.Body(got, c.told))
		}
	}
	if r.Gone(made.Add(time.Hour-1)) || !r.Gone(made.Add(time.Hour)) {
		t.Error("a job is gone when its time is over")
	}
	end.State = protocol.JobError
	failed := job.New(job.Record{Made: made, Progress: job.Progress{Mode: job.AtOnce}}, end)
	if got := failed.State(made, 1, job.Told{}); got != protocol.JobError {
		t.Error(got)
	}
	again, err := job.Decode[job.Record](job.Encode(r))
	if err != nil || again != r {
		t.Errorf("%+v %v", again, err)
	}
	if _, err := job.Decode[job.Record]([]byte("{")); err == nil {
		t.Error("broken records are an error")
	}
}
