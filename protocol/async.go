package protocol

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Paths of the asynchronous interface. A job is at its path, a slash and its session id.
const (
	PathAsyncV1 = "/v1/recognitions" // documented: reference-async-http; announced to end about 2026-07-31
	PathAsyncV2 = "/v2/recognitions" // documented: async-http-interface
)

// Limits of jobs.
const (
	DefaultMaxSpeakers = 10 // documented: reference-async-http
	MostSpeakers       = 20 // documented: speaker-diarization, previous manual; accepted as the upper bound (assumed)
)

// JobParams are the keys of d that only the asynchronous interface knows. (documented: reference-async-http)
type JobParams struct {
	LoggingOptOut      bool
	ContentID          Maybe[string] // comes back with every state
	CompatibleWithSync bool          // the result is shaped like a synchronous one
	Diarization        bool          // speakerDiarization
	MinSpeakers        int           // 1 unless given
	MaxSpeakers        int           // DefaultMaxSpeakers unless given
	Sentiment          bool          // sentimentAnalysis, which v2 refuses
}

// ParseJobParams reads them from the parameters of d. Booleans are True and False in any case of letters (observed: a client sends
// true). Odd are the keys whose value cannot be read; these count as not given. (assumed)
func ParseJobParams(params []Param) (p JobParams, odd []string) {
	p = JobParams{MinSpeakers: 1, MaxSpeakers: DefaultMaxSpeakers}
	for key, dst := range map[string]*bool{
		"loggingOptOut": &p.LoggingOptOut, "compatibleWithSync": &p.CompatibleWithSync,
		"speakerDiarization": &p.Diarization, "sentimentAnalysis": &p.Sentiment,
	} {
		if v, given := First(params, key); given && !parseFlag(dst, v) {
			odd = append(odd, key)
		}
	}
	if v, given := First(params, "contentId"); given {
		p.ContentID = Some(v)
	}
	if !parseSpeakers(&p.MinSpeakers, params, "diarizationMinSpeaker") {
		odd = append(odd, "diarizationMinSpeaker")
	}
	p.MaxSpeakers = max(p.MaxSpeakers, p.MinSpeakers)
	if most := p.MaxSpeakers; !parseSpeakers(&p.MaxSpeakers, params, "diarizationMaxSpeaker") || p.MaxSpeakers < p.MinSpeakers {
		p.MaxSpeakers = most
		odd = append(odd, "diarizationMaxSpeaker")
	}
	slices.Sort(odd) // a tape tells them in the same order each time
	return p, odd
}

func parseFlag(dst *bool, v string) bool {
	*dst = strings.EqualFold(v, "True")
	return *dst || strings.EqualFold(v, "False")
}

func parseSpeakers(dst *int, params []Param, key string) bool {
	v, given := First(params, key)
	if !given {
		return true
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > MostSpeakers {
		return false
	}
	*dst = n
	return true
}

// AppendCreated appends the reply to a create request: the session id and three dots. (documented: async-http-interface)
func AppendCreated(dst []byte, sessionID string) []byte {
	dst = appendField(append(dst, '{'), `"sessionid":`, sessionID)
	return append(dst, `,"text":"..."}`...)
}

// ParseCreated reads the session id of the reply to a create request. A reply without one is a refusal, shaped like a synchronous
// result.
func ParseCreated(data []byte) (sessionID string, err error) {
	var wire struct {
		SessionID string `json:"sessionid"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return "", fmt.Errorf("reply to a create request is not JSON: %w", err)
	}
	if wire.SessionID == "" {
		return "", fmt.Errorf("reply to a create request has no sessionid: %s", excerpt(string(data)))
	}
	return wire.SessionID, nil
}

// SentimentOnV2 refuses sentiment analysis on v2. (documented: the message; assumed: that the create request is what is refused, and
// the code)
func SentimentOnV2() *Error { return NewError(AsyncSentiment) }
