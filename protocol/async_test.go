package protocol_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"mockamivoice/protocol"
)

func TestJobParams(t *testing.T) {
	usual := protocol.JobParams{MinSpeakers: 1, MaxSpeakers: 10}
	for d, c := range map[string]struct {
		want protocol.JobParams
		odd  string
	}{
		"-a-general": {usual, ""},
		"grammarFileNames=-a-general loggingOptOut=True contentId=call-0042":      {protocol.JobParams{LoggingOptOut: true, ContentID: protocol.Some("call-0042"), MinSpeakers: 1, MaxSpeakers: 10}, ""},
		"contentId=a%20b compatibleWithSync=true sentimentAnalysis=False":         {protocol.JobParams{ContentID: protocol.Some("a b"), CompatibleWithSync: true, MinSpeakers: 1, MaxSpeakers: 10}, ""},
		"speakerDiarization=True diarizationMinSpeaker=2 diarizationMaxSpeaker=2": {protocol.JobParams{Diarization: true, MinSpeakers: 2, MaxSpeakers: 2}, ""},
		"speakerDiarization=yes diarizationMaxSpeaker=99 diarizationMinSpeaker=0": {usual, "diarizationMaxSpeaker diarizationMinSpeaker speakerDiarization"},
		"diarizationMinSpeaker=12":                        {protocol.JobParams{MinSpeakers: 12, MaxSpeakers: 12}, ""},
		"diarizationMinSpeaker=5 diarizationMaxSpeaker=3": {protocol.JobParams{MinSpeakers: 5, MaxSpeakers: 10}, "diarizationMaxSpeaker"},
	} {
		got, odd := protocol.ParseJobParams(protocol.ParseD(d).Params)
		slices.Sort(odd)
		if got != c.want || strings.Join(odd, " ") != c.odd {
			t.Errorf("%s: %+v, odd %v", d, got, odd)
		}
	}
}

// documented literal: async-http-interface
const created = `{"sessionid":"017ac8786c5b0a0504399999","text":"..."}`

func TestCreated(t *testing.T) {
	if got := string(protocol.AppendCreated(nil, "017ac8786c5b0a0504399999")); got != created {
		t.Error(got)
	}
	if id, err := protocol.ParseCreated([]byte(created)); err != nil || id != "017ac8786c5b0a0504399999" {
		t.Error(id, err)
	}
	for _, text := range []string{
		`{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"-","message":"received illegal service authorization"}`, `<html>`, `{"session_id":"x"}`,
	} {
		if _, err := protocol.ParseCreated([]byte(text)); err == nil {
			t.Error(text)
		}
	}
}

// Bodies in the form of the manual's samples, on one line as on the wire.
func TestJobsRoundTrip(t *testing.T) {
	const tail = `,"service_id":"demo01","session_id":"019a3c51e7400a301164beef"`
	const audio = `,"audio_md5":"40f59fe5fc7745c33b33af44be43f6ad","audio_size":306980`
	const utterance = `{"tokens":[{"written":"a","confidence":1,"starttime":410,"endtime":1020,"spoken":"a","label":"speaker0"}],"confidence":0.997,"starttime":250,"endtime":1900,"tags":[],"rulename":"","text":"a"}`
	const end = `,"utteranceid":"20251101/07/019a3c51e7400a301164beef_20251101_070951","text":"a","code":"","message":""`
	for _, text := range []string{
		`{"status":"queued"` + tail + `,"content_id":"call-0042"}`,
		`{"status":"started"` + audio + tail + `}`,
		`{"status":"processing"` + audio + tail + `,"content_id":""}`,
		`{"status":"completed"` + audio + tail + `,"segments":[{"results":[` + utterance + `],"text":"a"}]` + end + `}`,
		`{"status":"completed"` + audio + tail + `,"results":[` + utterance + `]` + end + `}`,
		`{"status":"completed"` + audio + tail + `,"segments":[],"utteranceid":"x","text":"","code":"","message":"","sentiment_analysis":{"segments":[{"starttime":10,"endtime":20,"energy":1,"stress":2,"emo_cog":3,"concentration":4,"anticipation":5,"excitement":6,"hesitation":7,"uncertainty":8,"intensive_thinking":9,"imagination_activity":10,"embarrassment":11,"passionate":12,"brain_power":13,"confidence":14,"aggression":15,"atmosphere":-16,"upset":17,"content":18,"dissatisfaction":19,"extreme_emotion":20}]}}`,
		`{"status":"error"` + audio + tail + `,"error_message":"ERROR: Failed to transcribe in recognition process - amineth_result=0, amineth_code='o', amineth_message='recognition result is rejected because confidence is below the threshold'"}`,
	} {
		j, err := protocol.ParseJob([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := string(protocol.AppendJob(nil, j)); got != text {
			t.Errorf("got  %s\nwant %s", got, text)
		}
		again, err := protocol.ParseJob(protocol.AppendJob(nil, j))
		if err != nil || !reflect.DeepEqual(again, j) {
			t.Errorf("%+v is not %+v: %v", again, j, err)
		}
	}
	for _, text := range []string{`{"status":"COMPLETED"}`, `{}`, `[]`, `{"status":1}`} {
		if _, err := protocol.ParseJob([]byte(text)); err == nil {
			t.Error(text)
		}
	}
	const want = "ERROR: Failed to transcribe in recognition process - amineth_result=0, amineth_code='+', amineth_message='received unsupported audio format'"
	if got := protocol.JobFailure("+", "received unsupported audio format"); got != want {
		t.Error(got)
	}
}

func TestStatesGoForward(t *testing.T) {
	for _, c := range []struct {
		from, to protocol.JobState
		want     bool
	}{
		{protocol.JobQueued, protocol.JobStarted, true},
		{protocol.JobQueued, protocol.JobError, true},
		{protocol.JobProcessing, protocol.JobStarted, false},
		{protocol.JobProcessing, protocol.JobProcessing, false},
		{protocol.JobCompleted, protocol.JobError, false},
		{"nonsense", protocol.JobError, false},
	} {
		if c.from.Before(c.to) != c.want {
			t.Errorf("%s to %s: %v", c.from, c.to, !c.want)
		}
	}
	if len(protocol.SentimentParameters()) != 20 {
		t.Error("20 parameters are documented")
	}
}

func FuzzParseJob(f *testing.F) {
	f.Add([]byte(`{"status":"completed","segments":[{"results":[{"tokens":[{"written":"a"}]}],"text":"a"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		j, err := protocol.ParseJob(data)
		if err != nil {
			return
		}
		if _, err := protocol.ParseJob(protocol.AppendJob(nil, j)); err != nil {
			t.Errorf("%+v: %v", j, err)
		}
	})
}
