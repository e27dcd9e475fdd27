package judge

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"mockamivoice/protocol"
)

// jobLaws hold of what a job says in its states.
func jobLaws() []Law {
	all := []Law{
		{
			ID: "server.async.completed", Title: "A completed job has its result, with text, code and message", Level: Must, Basis: protocol.Observed, Source: "two clients of the live service read them",
			Why: "Clients read all of them without looking.", Fix: "Write segments, or results with compatibleWithSync, and text, code and message.", check: ofPolls(completedFields),
		},
		{
			ID: "server.async.error-message", Title: "A job that failed has error_message", Level: Must, Basis: protocol.Documented, Source: manualCodes,
			Why: "It is the only word of what went wrong.", Fix: "Write error_message, with the code of the recognizer where there is one.",
			check: ofPolls(func(t *trial, p poll) {
				if p.job.State != protocol.JobError {
					return
				}
				if t.apply(); p.job.ErrorMessage == "" {
					t.find(p.entry, "the job failed, and error_message is missing or empty")
				}
			}),
		},
		{
			ID: "server.async.fields-of-state", Title: "A job has a result when it is completed, error_message when it failed, and neither before", Level: Should, Basis: protocol.Inferred,
			Source: "published replies", Why: "Clients that look for a field instead of the state stop too early.", Fix: "Leave the fields of other states out.", check: ofPolls(fieldsOfState),
		},
		{
			ID: "server.async.segments", Title: "A segment has one result, and says the same text twice", Level: Must, Basis: protocol.Observed, Source: "two clients of the live service read results[0] of each segment unguarded",
			Why: "An empty segment ends these programs.", Fix: "Write a segment for each utterance that was understood, and none for others.", check: ofPolls(segmentForm),
		},
		{
			ID: "server.async.times", Title: "Segments come in the order of their times, and tokens lie within their segment", Level: Should, Basis: protocol.Inferred,
			Source: "manual: speaker-diarization, whose times are milliseconds from the beginning of the audio", Why: "Subtitles run backwards.", Fix: "Count all times from the beginning of the audio.", check: ofPolls(segmentTimes),
		},
		{
			ID: "server.async.labels", Title: "Tokens have a label when speakers were asked for, from speaker0 to as many as were allowed", Level: Must, Basis: protocol.Documented,
			Source: "manual: speaker-diarization", Why: "Clients make a table of as many speakers as they asked for.", Fix: "Number the speakers from 0, and keep to diarizationMaxSpeaker.", check: ofEnds(speakerLabels),
		},
		{
			ID: "server.async.sentiment", Title: "Sentiment analysis has its 20 whole numbers, each in its range, when it was asked for", Level: Must, Basis: protocol.Observed,
			Source: "the live definitions", Why: "Charts leave their frame, or stay empty.", Fix: "Write the 20 names of the definitions, not those for people.", check: ofEnds(sentimentForm),
		},
		{
			ID: "server.async.shape", Title: "A result has results with compatibleWithSync, and segments without", Level: Should, Basis: protocol.Inferred, Source: "the manual tells the intent alone",
			Why: "The parser that the client chose finds nothing.", Fix: "Write the one or the other.", check: ofEnds(resultShape),
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceAsync
	}
	return all
}

func completedFields(t *trial, p poll) {
	if p.job.State != protocol.JobCompleted {
		return
	}
	t.apply()
	for _, field := range []string{"text", "code", "message"} {
		if !p.has(field) {
			t.find(p.entry, "%s is missing", field)
		}
	}
	if !p.has("segments") && !p.has("results") {
		t.find(p.entry, "neither segments nor results")
	}
}

func fieldsOfState(t *trial, p poll) {
	t.apply()
	odd := []string{"error_message"}
	switch p.job.State {
	case protocol.JobCompleted:
	case protocol.JobError:
		odd = []string{"segments", "results", "sentiment_analysis"}
	case protocol.JobQueued, protocol.JobStarted, protocol.JobProcessing:
		odd = append(odd, "segments", "results", "text", "sentiment_analysis")
	}
	for _, field := range odd {
		if p.has(field) {
			t.find(p.entry, "the job is %s and has %s", p.job.State, field)
		}
	}
}

func segmentForm(t *trial, p poll) {
	for i, s := range p.job.Segments {
		switch t.apply(); {
		case len(s.Results) != 1:
			t.find(p.entry, "segments[%d] has %d results", i, len(s.Results))
		case s.Results[0].Text != s.Text:
			t.find(p.entry, "segments[%d].text is %q, that of its result %q", i, s.Text, s.Results[0].Text)
		}
	}
}

func segmentTimes(t *trial, p poll) {
	last := 0
	for i, u := range p.results() {
		if !u.StartTime.OK || !u.EndTime.OK {
			continue
		}
		t.apply()
		if u.StartTime.Value < last || u.EndTime.Value < u.StartTime.Value {
			t.find(p.entry, "result %d is from %d to %d, and the one before ends at %d", i, u.StartTime.Value, u.EndTime.Value, last)
		}
		last = u.EndTime.Value
		for _, token := range u.Tokens {
			if token.StartTime.OK && token.EndTime.OK && (token.StartTime.Value < u.StartTime.Value || token.EndTime.Value > u.EndTime.Value) {
				t.find(p.entry, "%q is from %d to %d, outside of its result from %d to %d", token.Written, token.StartTime.Value, token.EndTime.Value, u.StartTime.Value, u.EndTime.Value)
			}
		}
	}
}

func speakerLabels(t *trial, j *job, p poll) {
	var tokens []protocol.Token
	for _, u := range p.results() {
		tokens = append(tokens, u.Tokens...)
	}
	if len(tokens) == 0 {
		return
	}
	t.apply()
	labelled := false
	for _, token := range tokens {
		if problem := labelProblem(token.Label, j.params); problem != "" {
			t.trace(p.entry, causes(*j.created), "%q %s", token.Written, problem)
			return
		}
		labelled = labelled || token.Label.OK
	}
	if j.params.Diarization && !labelled { // some may go without, as on a stream
		t.trace(p.entry, causes(*j.created), "none of %d tokens has a label, and speakers were asked for", len(tokens))
	}
}

func labelProblem(label protocol.Maybe[string], p protocol.JobParams) string {
	number, isSpeaker := strings.CutPrefix(label.Value, "speaker")
	n, err := strconv.Atoi(number)
	switch {
	case !label.OK:
		return ""
	case !p.Diarization:
		return fmt.Sprintf("has the label %q, and nobody asked for speakers", label.Value)
	case !isSpeaker || err != nil || n < 0:
		return fmt.Sprintf("has the label %q", label.Value)
	case n >= p.MaxSpeakers:
		return fmt.Sprintf("has the label %q, and there are %d speakers at most", label.Value, p.MaxSpeakers)
	}
	return ""
}

func sentimentForm(t *trial, j *job, p poll) {
	if !j.params.Sentiment || !isV1(j.created.request) {
		return
	}
	t.apply()
	var analysis struct {
		Segments []map[string]json.Number `json:"segments"`
	}
	if err := json.Unmarshal(p.fields["sentiment_analysis"], &analysis); err != nil || analysis.Segments == nil {
		t.trace(p.entry, causes(*j.created), "sentiment_analysis with its segments is missing")
		return
	}
	for i, s := range analysis.Segments {
		for _, want := range protocol.SentimentParameters() {
			n, err := s[want.Name].Int64()
			if err != nil || n < int64(want.Minimum) || n > int64(want.Maximum) {
				t.find(p.entry, "%s of sentiment_analysis.segments[%d] is %q, not a whole number from %d to %d", want.Name, i, s[want.Name], want.Minimum, want.Maximum)
				return
			}
		}
		const times = 2
		if len(s) != len(protocol.SentimentParameters())+times {
			t.find(p.entry, "sentiment_analysis.segments[%d] has %d fields, not the %d numbers and two times", i, len(s), len(protocol.SentimentParameters()))
			return
		}
	}
}

func resultShape(t *trial, j *job, p poll) {
	t.apply()
	own, other := "segments", "results"
	if j.params.CompatibleWithSync {
		own, other = other, own
	}
	if !p.has(own) || p.has(other) {
		t.trace(p.entry, causes(*j.created), "%s: %t, %s: %t", own, p.has(own), other, p.has(other))
	}
}
