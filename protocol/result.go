package protocol

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Result is what was recognized: the body of a synchronous reply, or the payload of an A event.
// (documented: result-format, reference-websocket-a-event-packet)
type Result struct {
	Results     []Utterance `json:"results"`
	UtteranceID string      `json:"utteranceid"` // left out when empty
	Text        string      `json:"text"`
	Code        string      `json:"code"` // empty on success
	Message     string      `json:"message"`
}

// Utterance is one element of results. Its numbers are left out of a failed result.
type Utterance struct {
	Tokens     []Token        `json:"tokens"`
	Confidence Maybe[float64] `json:"confidence"` // 0 to 1
	StartTime  Maybe[int]     `json:"starttime"`  // milliseconds from the beginning of the audio
	EndTime    Maybe[int]     `json:"endtime"`    // milliseconds from the beginning of the audio
	RuleName   string         `json:"rulename"`   // always empty in public (documented: rule grammars belong to the private edition)
	Text       string         `json:"text"`
}

// Token is one word, punctuation mark or filler.
type Token struct {
	Written    string         `json:"written"`
	Confidence Maybe[float64] `json:"confidence"` // 0 to 1; may be absent on punctuation
	StartTime  Maybe[int]     `json:"starttime"`  // milliseconds, same base as the utterance
	EndTime    Maybe[int]     `json:"endtime"`
	Spoken     Maybe[string]  `json:"spoken"` // hiragana; "_" for punctuation; absent on some engines
	Label      Maybe[string]  `json:"label"`  // "speaker0", …; only with diarization, and not on every token
}

// Interim is the payload of a U event. Text of the last token and the end of both texts are "...".
// (documented: reference-websocket-u-event-packet)
type Interim struct {
	Tokens []string // what each token says, the last one "..."
	Text   string
}

// Failed is the result whose code and message say what went wrong: one stub utterance without numbers.
// utteranceID is empty on authentication errors. (documented: response-code-and-message)
func Failed(utteranceID, code, message string) Result {
	return Result{Results: []Utterance{{}}, UtteranceID: utteranceID, Code: code, Message: message}
}

// AppendResult appends r as the service writes it: compact, fields in wire order, ASCII only, lower-case \u escapes.
// (field order observed: pasted live results; ASCII: observed clients need it)
func AppendResult(dst []byte, r Result) []byte {
	dst = append(dst, `{"results":[`...)
	for i, u := range r.Results {
		dst = comma(dst, i)
		dst = appendUtterance(dst, u)
	}
	dst = append(dst, ']')
	if r.UtteranceID != "" {
		dst = appendField(dst, `,"utteranceid":`, r.UtteranceID)
	}
	dst = appendField(dst, `,"text":`, r.Text)
	dst = appendField(dst, `,"code":`, r.Code)
	dst = appendField(dst, `,"message":`, r.Message)
	return append(dst, '}')
}

func appendUtterance(dst []byte, u Utterance) []byte {
	dst = append(dst, `{"tokens":[`...)
	for i, t := range u.Tokens {
		dst = comma(dst, i)
		dst = appendToken(dst, t)
	}
	dst = append(dst, ']')
	dst = appendNumbers(dst, u.Confidence, u.StartTime, u.EndTime)
	dst = append(dst, `,"tags":[]`...)
	dst = appendField(dst, `,"rulename":`, u.RuleName)
	dst = appendField(dst, `,"text":`, u.Text)
	return append(dst, '}')
}

func appendToken(dst []byte, t Token) []byte {
	dst = appendField(dst, `{"written":`, t.Written)
	dst = appendNumbers(dst, t.Confidence, t.StartTime, t.EndTime)
	if t.Spoken.OK {
		dst = appendField(dst, `,"spoken":`, t.Spoken.Value)
	}
	if t.Label.OK {
		dst = appendField(dst, `,"label":`, t.Label.Value)
	}
	return append(dst, '}')
}

func appendNumbers(dst []byte, confidence Maybe[float64], start, end Maybe[int]) []byte {
	if confidence.OK {
		dst = append(dst, `,"confidence":`...)
		dst = strconv.AppendFloat(dst, confidence.Value, 'f', -1, 64) // shortest decimal (inferred: samples print 1, 0.998, 0.99975)
	}
	if start.OK {
		dst = strconv.AppendInt(append(dst, `,"starttime":`...), int64(start.Value), 10)
	}
	if end.OK {
		dst = strconv.AppendInt(append(dst, `,"endtime":`...), int64(end.Value), 10)
	}
	return dst
}

func appendField(dst []byte, prefix, value string) []byte {
	return AppendJSONString(append(dst, prefix...), value)
}

func comma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}

// ParseResult reads the JSON of a reply or an A event. It takes raw UTF-8 as well as escapes, and fields in any order.
func ParseResult(data []byte) (Result, error) {
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		return Result{}, fmt.Errorf("result is not the JSON of a recognition: %w", err)
	}
	return withoutEmpty(r), nil
}

// withoutEmpty makes empty lists nil, so that a list that was left out and one that was written as [] are the same value.
func withoutEmpty(r Result) Result {
	if len(r.Results) == 0 {
		r.Results = nil
	}
	for i := range r.Results {
		if len(r.Results[i].Tokens) == 0 {
			r.Results[i].Tokens = nil
		}
	}
	return r
}

// AppendInterim appends i as the payload of a U event.
func AppendInterim(dst []byte, i Interim) []byte {
	dst = append(dst, `{"results":[{"tokens":[`...)
	for n, written := range i.Tokens {
		dst = appendField(comma(dst, n), `{"written":`, written)
		dst = append(dst, '}')
	}
	dst = append(dst, ']')
	dst = appendField(dst, `,"text":`, i.Text)
	dst = append(dst, `}]`...)
	dst = appendField(dst, `,"text":`, i.Text)
	return append(dst, '}')
}

// ParseInterim reads the payload of a U event.
func ParseInterim(data []byte) (Interim, error) {
	var wire struct {
		Results []struct {
			Tokens []struct {
				Written string `json:"written"`
			} `json:"tokens"`
		} `json:"results"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return Interim{}, fmt.Errorf("interim result is not the JSON of a U event: %w", err)
	}
	i := Interim{Text: wire.Text}
	for _, r := range wire.Results {
		for _, t := range r.Tokens {
			i.Tokens = append(i.Tokens, t.Written)
		}
	}
	return i, nil
}

// UnmarshalJSON marks m as there, unless the value is null.
func (m *Maybe[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*m = Maybe[T]{}
		return nil
	}
	m.OK = true
	return json.Unmarshal(data, &m.Value)
}
