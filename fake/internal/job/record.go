package job

import (
	"encoding/json"
	"fmt"
	"time"

	"mockamivoice/protocol"
)

// Record is a job as it is kept. What was heard is known when it is made, unless a recognizer is asked; the telling of it takes time.
type Record struct {
	ID       string    `json:"id"`
	Version  int       `json:"version"` // 1 or 2
	Service  string    `json:"service"`
	Key      string    `json:"key"` // id of the key that made it
	Scenario string    `json:"scenario,omitempty"`
	Made     time.Time `json:"made"`    // by the clock
	Expires  time.Time `json:"expires"` // by the clock: from then on nobody finds it
	Progress Progress  `json:"progress"`
	End      string    `json:"end"` // the body of its last state, as the service writes it
	Early    string    `json:"early"`
	Queued   string    `json:"queued"`
	Failed   bool      `json:"failed"` // its end is an error
	Asking   bool      `json:"asking"` // a recognizer is asked; the end is what stands until it has answered, and is not told
}

// Told is what somebody said about a job.
type Told struct {
	State protocol.JobState `json:"state"`
	Body  string            `json:"body,omitempty"` // of an end that was told, empty for the job's own
}

// Decode reads what Encode wrote.
func Decode[T any](data []byte) (T, error) {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("what the store holds of a job cannot be read: %w", err)
	}
	return v, nil
}

// Encode is v as it is kept.
func Encode[T any](v T) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("job: " + err.Error()) // texts and numbers alone
	}
	return data
}

// New is the record of a job whose last state is end. The bodies of the states before it have the same fields as far as they go.
func New(r Record, end protocol.Job) Record {
	r.End, r.Failed = string(protocol.AppendJob(nil, end)), end.State == protocol.JobError
	early := protocol.Job{State: protocol.JobStarted, ServiceID: end.ServiceID, SessionID: end.SessionID, ContentID: end.ContentID, MD5: end.MD5, Size: end.Size}
	r.Early = string(protocol.AppendJob(nil, early))
	early.State, early.MD5, early.Size = protocol.JobQueued, "", 0
	r.Queued = string(protocol.AppendJob(nil, early))
	return r
}

// State is where the job stands: as far as its progress or somebody's word has brought it, but not at its end while a recognizer is
// asked.
func (r Record) State(now time.Time, polls int64, told Told) protocol.JobState {
	at := r.Progress.At(now.Sub(r.Made), polls)
	if at.Before(told.State) {
		at = told.State
	}
	switch {
	case told.State == protocol.JobError:
		return protocol.JobError
	case at.Final() && r.Asking:
		return protocol.JobProcessing
	case at.Final() && r.Failed:
		return protocol.JobError
	}
	return at
}

// Body is what is said of the job in a state.
func (r Record) Body(s protocol.JobState, told Told) string {
	switch s {
	case protocol.JobQueued:
		return r.Queued
	case protocol.JobStarted:
		return r.Early
	case protocol.JobProcessing:
		const started, processing = `{"status":"started"`, `{"status":"processing"`
		return processing + r.Early[len(started):]
	case protocol.JobCompleted, protocol.JobError:
	}
	if told.Body != "" {
		return told.Body
	}
	return r.End
}

// Gone tells whether nobody finds the job any more.
func (r Record) Gone(now time.Time) bool { return !now.Before(r.Expires) }
