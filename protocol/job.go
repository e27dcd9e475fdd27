package protocol

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// JobState is where an asynchronous job stands. (documented: reference-async-http)
type JobState string

// The states, in the order in which a job goes through them; the last two are final.
const (
	JobQueued     JobState = "queued"
	JobStarted    JobState = "started"
	JobProcessing JobState = "processing"
	JobCompleted  JobState = "completed"
	JobError      JobState = "error"
)

// JobStates lists them all.
func JobStates() []JobState {
	return []JobState{JobQueued, JobStarted, JobProcessing, JobCompleted, JobError}
}

// Final reports whether a job stays in s.
func (s JobState) Final() bool { return s == JobCompleted || s == JobError }

// Before reports whether a job can go from s to next, with or without states between them. (inferred: forward only)
func (s JobState) Before(next JobState) bool {
	at, to := slices.Index(JobStates(), s), slices.Index(JobStates(), next)
	return at >= 0 && to > at && !s.Final()
}

// Job is the body of a reply about a job.
type Job struct {
	State     JobState
	ServiceID string
	SessionID string
	ContentID Maybe[string] // when contentId was given (documented: that it is echoed; inferred: the name)
	MD5       string        // of the uploaded bytes, lower-case hexadecimal; empty while queued
	Size      int64         // bytes of the upload; written with MD5

	Segments    []Segment // of a completed job, one for each utterance
	Compatible  *Result   // instead of them with compatibleWithSync (inferred: the shape)
	UtteranceID string
	Text        string
	Code        string
	Message     string

	Sentiment    *Sentiment // when it was asked for
	ErrorMessage string     // of a job that failed
}

// Segment is one utterance of a completed job.
type Segment struct {
	Results []Utterance `json:"results"` // exactly one
	Text    string      `json:"text"`
}

// Sentiment is what sentiment analysis says. (documented: sentiment-analysis)
type Sentiment struct {
	Segments []SentimentSegment `json:"segments"`
}

// SentimentSegment is about 2 s of speech with the parameters of SentimentParameters, in their order.
type SentimentSegment struct {
	StartTime, EndTime int // milliseconds from the beginning of the audio
	Values             []int
}

// SentimentParameter is one number of a SentimentSegment.
type SentimentParameter struct {
	Name             string
	Minimum, Maximum int
}

// SentimentParameters lists the 20 numbers. (documented: reference-list-sentiment-analysis-parameters; observed: the names)
func SentimentParameters() []SentimentParameter {
	all := []SentimentParameter{
		{"energy", 0, 100}, {"stress", 0, 100}, {"emo_cog", 1, 500}, {"concentration", 0, 100}, {"anticipation", 0, 100},
	}
	for _, name := range []string{"excitement", "hesitation", "uncertainty"} {
		all = append(all, SentimentParameter{name, 0, 30})
	}
	all = append(all, SentimentParameter{"intensive_thinking", 0, 100}, SentimentParameter{"imagination_activity", 0, 30},
		SentimentParameter{"embarrassment", 0, 30}, SentimentParameter{"passionate", 0, 30}, SentimentParameter{"brain_power", 0, 100})
	for _, name := range []string{"confidence", "aggression"} {
		all = append(all, SentimentParameter{name, 0, 30})
	}
	all = append(all, SentimentParameter{"atmosphere", -100, 100})
	for _, name := range []string{"upset", "content", "dissatisfaction", "extreme_emotion"} {
		all = append(all, SentimentParameter{name, 0, 30})
	}
	return all
}

// JobFailure is the error_message of a job whose recognition failed with code and message. (documented: response-code-and-message)
func JobFailure(code, message string) string {
	return fmt.Sprintf("ERROR: Failed to transcribe in recognition process - amineth_result=0, amineth_code='%s', amineth_message='%s'", code, message)
}

// AppendJob appends j as the service writes it, with the fields that go with its state. (documented: samples; inferred: which
// fields the early states have)
func AppendJob(dst []byte, j Job) []byte {
	dst = appendField(append(dst, '{'), `"status":`, string(j.State))
	if j.MD5 != "" {
		dst = appendField(dst, `,"audio_md5":`, j.MD5)
		dst = strconv.AppendInt(append(dst, `,"audio_size":`...), j.Size, 10)
	}
	dst = appendField(dst, `,"service_id":`, j.ServiceID)
	dst = appendField(dst, `,"session_id":`, j.SessionID)
	if j.ContentID.OK {
		dst = appendField(dst, `,"content_id":`, j.ContentID.Value)
	}
	switch j.State {
	case JobCompleted:
		dst = appendCompleted(dst, j)
	case JobError:
		dst = appendField(dst, `,"error_message":`, j.ErrorMessage)
	case JobQueued, JobStarted, JobProcessing:
	}
	return append(dst, '}')
}

func appendCompleted(dst []byte, j Job) []byte {
	if j.Compatible != nil {
		dst = append(dst, `,"results":[`...)
		for i, u := range j.Compatible.Results {
			dst = appendUtterance(comma(dst, i), u)
		}
	} else {
		dst = append(dst, `,"segments":[`...)
		for i, s := range j.Segments {
			dst = append(comma(dst, i), `{"results":[`...)
			for k, u := range s.Results {
				dst = appendUtterance(comma(dst, k), u)
			}
			dst = appendField(append(dst, ']'), `,"text":`, s.Text)
			dst = append(dst, '}')
		}
	}
	dst = append(dst, ']')
	dst = appendField(dst, `,"utteranceid":`, j.UtteranceID)
	dst = appendField(dst, `,"text":`, j.Text)
	dst = appendField(dst, `,"code":`, j.Code)
	dst = appendField(dst, `,"message":`, j.Message)
	if j.Sentiment != nil {
		dst = appendSentiment(dst, j.Sentiment)
	}
	return dst
}

func appendSentiment(dst []byte, s *Sentiment) []byte {
	dst = append(dst, `,"sentiment_analysis":{"segments":[`...)
	names := SentimentParameters()
	for i, one := range s.Segments {
		dst = strconv.AppendInt(append(comma(dst, i), `{"starttime":`...), int64(one.StartTime), 10)
		dst = strconv.AppendInt(append(dst, `,"endtime":`...), int64(one.EndTime), 10)
		for k, v := range one.Values {
			dst = append(append(append(dst, `,"`...), names[k].Name...), `":`...)
			dst = strconv.AppendInt(dst, int64(v), 10)
		}
		dst = append(dst, '}')
	}
	return append(dst, `]}`...)
}

// ParseJob reads a reply about a job. A state that is none of JobStates is an error.
func ParseJob(data []byte) (Job, error) {
	var wire struct {
		Status      JobState      `json:"status"`
		ServiceID   string        `json:"service_id"`
		SessionID   string        `json:"session_id"`
		ContentID   Maybe[string] `json:"content_id"`
		MD5         string        `json:"audio_md5"`
		Size        int64         `json:"audio_size"`
		Segments    []Segment     `json:"segments"`
		Results     []Utterance   `json:"results"`
		UtteranceID string        `json:"utteranceid"`
		Text        string        `json:"text"`
		Code        string        `json:"code"`
		Message     string        `json:"message"`
		Sentiment   *Sentiment    `json:"sentiment_analysis"`
		Error       string        `json:"error_message"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return Job{}, fmt.Errorf("reply about a job is not its JSON: %w", err)
	}
	if !slices.Contains(JobStates(), wire.Status) {
		return Job{}, fmt.Errorf("status %s of a job is none of %v", excerpt(string(wire.Status)), JobStates())
	}
	j := Job{
		State: wire.Status, ServiceID: wire.ServiceID, SessionID: wire.SessionID, ContentID: wire.ContentID, MD5: wire.MD5, Size: wire.Size,
		Segments: wire.Segments, UtteranceID: wire.UtteranceID, Text: wire.Text, Code: wire.Code, Message: wire.Message,
		Sentiment: wire.Sentiment, ErrorMessage: wire.Error,
	}
	if wire.Results != nil {
		r := withoutEmpty(Result{Results: wire.Results, UtteranceID: wire.UtteranceID, Text: wire.Text, Code: wire.Code, Message: wire.Message})
		j.Compatible = &r
	}
	return j, nil
}

// UnmarshalJSON reads times and the parameters that are there; others are 0.
func (s *SentimentSegment) UnmarshalJSON(data []byte) error {
	var wire map[string]int
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*s = SentimentSegment{StartTime: wire["starttime"], EndTime: wire["endtime"]}
	for _, p := range SentimentParameters() {
		s.Values = append(s.Values, wire[p.Name])
	}
	return nil
}

// AppendMessage appends the JSON of an error that has a message alone. (documented of a sibling service; assumed: of this one)
func AppendMessage(dst []byte, e *Error) []byte {
	return append(appendField(append(dst, '{'), `"message":`, e.Message), '}')
}
