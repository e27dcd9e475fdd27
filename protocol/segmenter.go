package protocol

import (
	"math"
	"strconv"
	"strings"
)

// SegmenterProperties reads the blank-separated name=value list of segmenterProperties; of two equal names the last counts.
// (documented: speaker-diarization names useDiarizer)
func SegmenterProperties(value string) []Param {
	var props []Param
	for w := range strings.FieldsSeq(value) {
		k, v, _ := strings.Cut(w, "=")
		props = append(props, Param{Key: k, Value: v})
	}
	return props
}

// Segmenter is what the value of segmenterProperties asks for on the synchronous interface and on a stream. The zero value asks for
// nothing.
type Segmenter struct {
	Diarizer       bool           // useDiarizer=1: tokens have labels (documented: speaker-diarization)
	Alpha          Maybe[float64] // diarizerAlpha: the larger, the more speakers (documented: speaker-diarization)
	TransitionBias Maybe[float64] // diarizerTransitionBias: the larger, the more readily speakers change (documented: speaker-diarization)

	Tuning     []string // names that a client was seen to send, threshold, preTime and postTime; what they do is not known (observed)
	Unreadable []string // names whose value cannot be read; they count as not given (assumed)
	Unknown    []string // other names; they count for nothing (assumed)
}

// ParseSegmenter reads the value of segmenterProperties. Every name is listed once, where it came last.
func ParseSegmenter(value string) Segmenter {
	var s Segmenter
	props := SegmenterProperties(value)
	last := make(map[string]int, len(props))
	for i, p := range props {
		last[p.Key] = i
	}
	for i, p := range props {
		if last[p.Key] > i {
			continue
		}
		readable := true
		switch p.Key {
		case "useDiarizer":
			s.Diarizer = p.Value == "1"
			readable = s.Diarizer || p.Value == "0"
		case "diarizerAlpha":
			s.Alpha, readable = parseNumber(p.Value)
		case "diarizerTransitionBias":
			s.TransitionBias, readable = parseNumber(p.Value)
		case "threshold", "preTime", "postTime":
			s.Tuning = append(s.Tuning, p.Key)
		default:
			s.Unknown = append(s.Unknown, p.Key)
		}
		if !readable {
			s.Unreadable = append(s.Unreadable, p.Key)
		}
	}
	return s
}

// parseNumber takes decimal numbers alone: neither 0x10 nor 1_000, NaN or Inf.
func parseNumber(v string) (n Maybe[float64], ok bool) {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsInf(f, 0) || strings.Trim(v, "+-.0123456789eE") != "" {
		return Maybe[float64]{}, false
	}
	return Some(f), true
}
