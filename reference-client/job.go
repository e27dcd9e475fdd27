package refclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mockamivoice/protocol"
)

const (
	usualTries   = 5
	usualLimit   = time.Minute
	longestPause = time.Minute // that Wait takes by itself; a client that takes as much after a 429 was observed
	longestAfter = time.Hour   // that Wait takes because it is told to
)

// Job is a job of the service. It may be used by any number of goroutines.
type Job struct {
	ID string // session id of the reply to Submit

	client *Client
}

// Job picks up a job by its id, which any key of the same service may do. (inferred)
func (c *Client) Job(id string) *Job { return &Job{ID: id, client: c} }

// JobStatus is what the service says about a job.
type JobStatus struct {
	protocol.Job
	Raw []byte // the body as received
}

// Poll asks once how the job stands. That a job has failed is no error of Poll. An id that the service does not know, or not any
// more, is a *protocol.Error with the ID protocol.AsyncPollNotFound.
func (j *Job) Poll(ctx context.Context) (JobStatus, error) {
	p, err := j.poll(ctx)
	return p.JobStatus, err
}

// polled is an answer to a poll, with the pause that it asks for.
type polled struct {
	JobStatus

	after time.Duration
}

func (j *Job) poll(ctx context.Context) (polled, error) {
	if j.ID == "" {
		return polled{}, errors.New("poll a job: it has no id")
	}
	c, address := j.client, strings.TrimRight(j.client.endpoints.Async, "/")+"/"+url.PathEscape(j.ID)
	return renewing(ctx, c, func() error { return nil }, func(key issued) (polled, error) {
		got, err := c.ask(ctx, http.MethodGet, address, key, nil)
		if err != nil {
			return polled{}, fmt.Errorf("poll a job: %w", err)
		}
		p := polled{after: got.after(c.now())}
		if got.status != http.StatusOK {
			return p, fmt.Errorf("job %s: %w", j.ID, c.notPolled(got, key))
		}
		if p.Job, err = protocol.ParseJob(got.body); err != nil {
			return p, fmt.Errorf("poll a job: %s", hide(err.Error(), key.key))
		}
		p.Raw = got.body
		return p, nil
	})
}

// notPolled is what a poll got in the place of a status. Of 401 and 404 only the number is known (observed), so the text does not
// count.
func (c *Client) notPolled(got reply, key issued) error {
	err := refused(protocol.SurfaceAsync, got.status, got.body, key.key)
	id := map[int]protocol.ErrorID{http.StatusUnauthorized: protocol.AsyncPollUnauthorized, http.StatusNotFound: protocol.AsyncPollNotFound}[got.status]
	said, ok := errors.AsType[*protocol.Error](err)
	if !ok && id != "" {
		said = protocol.NewError(id)
		said.Message = hide(strings.TrimSpace(excerpt(got.body)), key.key)
	}
	if said == nil {
		return err
	}
	said.ID = cmp.Or(said.ID, id)
	return c.aged(key.over(c.now()), said)
}

// WaitOptions say how to wait. The zero value is a good way.
type WaitOptions struct {
	// Pauses between one poll and the next; the last of them stays. The default is 2 s, 4 s, 8 s, and then 10 s, which is
	// what the vendor's sample takes.
	Pauses []time.Duration
	// Limit is how long one poll may take before it counts as trouble that passes. The default is 1 min.
	Limit time.Duration
	// Tries is after how many polls in a row that met trouble which passes Wait gives up. The default is 5.
	Tries int
	// Watch is called with what each poll has found, by the goroutine that waits.
	Watch func(JobStatus)
}

// Wait polls until the job has come to its end. A job that did so without a result is a *JobError, beside its status. After trouble that
// passes (Retryable), Wait pauses twice as long as before, up to 1 min, and as long as a Retry-After says. With credentials, it
// takes a new key whenever half of the life of the old one is over. There is no limit of time but the context's; when that ends, or
// Tries are over, the job goes on, and may be waited for again; the status is then the last one that came.
func (j *Job) Wait(ctx context.Context, o WaitOptions) (JobStatus, error) {
	var last JobStatus
	failed := 0
	for n := 0; ; n++ {
		p, slow, err := j.limited(ctx, cmp.Or(o.Limit, usualLimit))
		switch {
		case err == nil:
			last, failed = p.JobStatus, 0
			if o.Watch != nil {
				o.Watch(last)
			}
			if last.State.Final() {
				return last, last.failure()
			}
		case !slow && !Retryable(err) || failed+1 >= cmp.Or(o.Tries, usualTries):
			return last, err
		default:
			failed++
		}
		if err := j.client.pause(ctx, max(o.pause(n, failed), p.after)); err != nil {
			return last, fmt.Errorf("wait for job %s: %w", j.ID, err)
		}
	}
}

// limited polls for so long; slow tells that there was no answer, though ctx goes on.
func (j *Job) limited(ctx context.Context, limit time.Duration) (p polled, slow bool, err error) {
	short, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %s", limit))
	defer cancel()
	p, err = j.poll(short)
	return p, err != nil && short.Err() != nil && ctx.Err() == nil, err
}

// pause is how long to wait after the poll of this number, from 0, when so many failed just now.
func (o WaitOptions) pause(n, failed int) time.Duration {
	pauses := o.Pauses
	if len(pauses) == 0 {
		pauses = []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 10 * time.Second} // documented: the sample polls every 10 s
	}
	pause := pauses[min(n, len(pauses)-1)]
	for ; failed > 0 && pause < longestPause; failed-- {
		pause = min(2*pause, longestPause)
	}
	return pause
}

// rest lets time pass, or ctx end.
func rest(ctx context.Context, d time.Duration) error {
	timer, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-timer.Done()
	return context.Cause(ctx)
}

// after is what Retry-After says, as a number of seconds or as a date; 0 when it says nothing.
func (r reply) after(now time.Time) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(r.retryAfter, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(r.retryAfter); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestAfter)
}

// JobError says that a job came to its end without a result. When its code is one of the service, errors.As also finds a
// *protocol.Error in it, and Retryable tells whether it may help to submit the recording once more.
type JobError struct {
	ID      string // of the job
	Code    string // empty when error_message holds none
	Message string // what error_message says, or all of it
}

// Error implements error.
func (e *JobError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("job %s failed: %s", e.ID, cmp.Or(e.Message, "the service does not say why"))
	}
	return fmt.Sprintf("job %s failed with code %s: %s", e.ID, e.Code, e.Message)
}

// Unwrap is what the code means, or nil. Codes are those of the synchronous interface. (documented: response-code-and-message)
func (e *JobError) Unwrap() error {
	if e.Code == "" {
		return nil
	}
	said := coded(http.StatusOK, e.Code, e.Message)
	said.Surface = protocol.SurfaceAsync
	return said
}

// failure is the error of a job that has come to its end.
func (s JobStatus) failure() error {
	switch {
	case s.State == protocol.JobError:
		code, message, ok := protocol.ParseJobFailure(s.ErrorMessage)
		if !ok {
			message = s.ErrorMessage
		}
		return &JobError{s.SessionID, code, message}
	case s.Code != "":
		return &JobError{s.SessionID, s.Code, s.Message}
	}
	return nil
}
