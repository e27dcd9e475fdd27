package fake

import (
	"math"
	"strconv"
	"strings"
	"time"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// recognition is what a client asked for, on either surface.
type recognition struct {
	surface   protocol.Surface
	engine    string
	language  string
	service   string           // of the key
	key       string           // authorization inside d or s
	all       []protocol.Param // of d
	ampersand bool
	fillers   bool // keepFillerToken=1 (documented: request-parameters)
	diarize   bool // segmenterProperties with useDiarizer=1 (documented: speaker-diarization)
	interval  time.Duration
	noLog     bool // of the path, or loggingOptOut

	vocabulary vocabulary
}

// utterance is a stretch of speech: what S and E say, and what was heard between them.
type utterance struct {
	start, end int // milliseconds
	voice      hearing.Voice
}

// recognition reads d, or the header that the vendor's library sends in its place with a raw body.
func (s *Server) recognition(u *upload) recognition {
	text := u.value("d")
	if text == "" {
		text = u.x.r.Header.Get("Accept-Topic") // observed: the vendor's client library can be told to send it
	}
	d := protocol.ParseD(text)
	find := func(key string) string {
		v, _ := protocol.First(d.Params, key)
		return v
	}
	return recognition{
		surface: u.x.surface, all: d.Params, engine: d.Engine, language: hearing.Language(d.Engine), key: find("authorization"), ampersand: d.Ampersand(),
		fillers: find("keepFillerToken") == "1", diarize: u.x.surface == protocol.SurfaceSync && wantsSpeakers(find("segmenterProperties")), // ruled: no effect on jobs
		noLog:      u.x.r.URL.Path == protocol.PathSyncNoLog || u.x.surface == protocol.SurfaceAsync && strings.EqualFold(find("loggingOptOut"), "True"),
		vocabulary: askVocabulary(d.Engine, d.Params, protocol.First),
	}
}

// startRecognition reads the parameters of an s command.
func startRecognition(start protocol.Start) recognition {
	engine := ""
	if names := start.Engines(); len(names) > 0 {
		engine = names[0]
	}
	return recognition{
		surface: protocol.SurfaceStream, engine: engine, language: hearing.Language(engine), key: start.Value("authorization"),
		fillers: start.Value("keepFillerToken") == "1", diarize: wantsSpeakers(start.Value("segmenterProperties")),
		interval: interimInterval(start), vocabulary: askVocabulary(engine, start.Params, protocol.Last),
	}
}

func wantsSpeakers(properties string) bool {
	v, _ := protocol.Last(protocol.SegmenterProperties(properties), "useDiarizer")
	return v == "1"
}

// interimInterval is how much audio lies between two U events: 400 ms unless resultUpdatedInterval says otherwise, none at 0.
// (ruled, assumed: the default and the meaning of 0)
func interimInterval(start protocol.Start) time.Duration {
	const usual, most = 400 * time.Millisecond, time.Hour
	ms, err := strconv.ParseUint(start.Value("resultUpdatedInterval"), 10, 32)
	if err != nil {
		return usual
	}
	return min(time.Duration(ms)*time.Millisecond, most)
}

// transcribe says what was said: the scenario that is played, or the transcriber, if they know, else the built-in sentences; in the
// spelling of the registered words.
func (s *Server) transcribe(r recognition, u utterance, index int, play *scenarios.Scenario) Transcript {
	s.usage.add(r, u.end-u.start)
	said, played := saidBy(play, index)
	t, known := Transcript{}, played
	switch {
	case played:
		t = transcriptOf(said, u)
	case s.transcriber != nil:
		t, known = s.transcriber(Speech{Surface: r.surface, Engine: r.engine, Language: r.language, Start: u.start, End: u.end, Index: index})
	}
	switch {
	case known:
	case !u.voice.Understood:
		e := protocol.NewError(protocol.SyncRejected)
		return Transcript{Code: e.Code, Message: e.Message}
	default:
		h := hearing.Transcribe(r.language, u.voice, r.fillers)
		t = Transcript{Tokens: h.Tokens, Confidence: h.Confidence, Text: h.Text}
	}
	if r.diarize && !played {
		label(t.Tokens, index)
	}
	return t.spelled(r.vocabulary.words)
}

// label names the speaker on every token; two speakers take turns. (documented: the labels; the turns are ours)
func label(tokens []protocol.Token, index int) {
	for i := range tokens {
		tokens[i].Label = protocol.Some("speaker" + strconv.Itoa(index%2))
	}
}

// result is the payload of an A event. (documented: reference-websocket-a-event-packet)
func (t Transcript) result(id string, u utterance) protocol.Result {
	if t.Code != "" {
		return protocol.Failed("", t.Code, t.Message)
	}
	out := protocol.Utterance{
		Tokens: t.Tokens, Confidence: protocol.Some(round3(t.Confidence)),
		StartTime: protocol.Some(u.start), EndTime: protocol.Some(u.end), Text: t.Text,
	}
	return protocol.Result{Results: []protocol.Utterance{out}, UtteranceID: id, Text: t.Text}
}

func round3(f float64) float64 { return math.Round(f*1000) / 1000 }
