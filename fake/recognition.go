package fake

import (
	"math"
	"slices"
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
	segmenter protocol.Segmenter
	diarizer  diarizer // of segmenterProperties, on the surfaces where they name speakers
	interval  time.Duration
	noLog     bool // of the path, or loggingOptOut
	speakers  bool // speakerDiarization of a job (documented: speaker-diarization)

	vocabulary vocabulary
	books      books
	ask        func(u utterance, index int) Transcript // the recognizer, of who waits for it; nil where nobody does
}

// utterance is a stretch of speech: what S and E say, and what was heard between them.
type utterance struct {
	start, end int // milliseconds
	after      int // the end of the utterance before; 0 for the first
	of         int // how many there are; 0 where that is not known yet
	voice      hearing.Voice
	sound      *hearing.Sound // nil where no recognizer wants it
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
	r := recognition{
		surface: u.x.surface, all: d.Params, engine: d.Engine, language: hearing.Language(d.Engine), key: find("authorization"), ampersand: d.Ampersand(),
		fillers: find("keepFillerToken") == "1", segmenter: protocol.ParseSegmenter(find("segmenterProperties")),
		noLog:      u.x.r.URL.Path == protocol.PathSyncNoLog || u.x.surface == protocol.SurfaceAsync && strings.EqualFold(find("loggingOptOut"), "True"),
		speakers:   u.x.surface == protocol.SurfaceAsync && strings.EqualFold(find("speakerDiarization"), "True"),
		vocabulary: askVocabulary(d.Engine, d.Params, protocol.First),
	}
	if r.surface == protocol.SurfaceSync { // ruled: no effect on the speakers of a job
		r.diarizer = newDiarizer(r.segmenter)
	}
	return r
}

// startRecognition reads the parameters of an s command.
func startRecognition(start protocol.Start) recognition {
	engine := ""
	if names := start.Engines(); len(names) > 0 {
		engine = names[0]
	}
	segmenter := protocol.ParseSegmenter(start.Value("segmenterProperties"))
	return recognition{
		surface: protocol.SurfaceStream, engine: engine, language: hearing.Language(engine), key: start.Value("authorization"),
		fillers: start.Value("keepFillerToken") == "1", segmenter: segmenter, diarizer: newDiarizer(segmenter),
		interval: interimInterval(start), vocabulary: askVocabulary(engine, start.Params, protocol.Last),
	}
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

// transcribe says what was said, in the spelling of the registered words. The first that knows counts: the scenario that is played, a
// transcript, a fixture in the sound, the transcriber, the recognizer, and in the end the built-in sentences.
func (s *Server) transcribe(r recognition, u utterance, index int, play *scenarios.Scenario) Transcript {
	s.usage.add(r, u.end-u.start)
	t, known := s.knows(r, u, index, play)
	switch {
	case known:
	case r.ask != nil && s.asks(u):
		t = r.ask(u, index)
	default:
		t = s.builtIn(r, u, index)
	}
	return t.spelled(r.vocabulary.words)
}

// knows is what those say who answer at once.
func (s *Server) knows(r recognition, u utterance, index int, play *scenarios.Scenario) (t Transcript, known bool) {
	if said, played := saidBy(play, index); played {
		return transcriptOf(said, u), true
	}
	if t, told := r.told(u, index); told {
		return t, true
	}
	switch {
	case u.voice.Carried.Found:
		if t, known = r.carried(u); !known {
			return notUnderstood(), true
		}
	case s.transcriber != nil:
		t, known = s.transcriber(speech(r, u, index))
		t.Tokens = slices.Clone(t.Tokens) // whoever made them may use them again
	}
	if known {
		r.nameSpeakers(t.Tokens, labelled(t.Tokens), u, index)
	}
	return t, known
}

// builtIn is a sentence for what sounds like one.
func (s *Server) builtIn(r recognition, u utterance, index int) Transcript {
	if !u.voice.Understood {
		return notUnderstood()
	}
	h := hearing.Transcribe(r.language, u.voice, r.fillers)
	t := Transcript{Tokens: h.Tokens, Confidence: h.Confidence, Text: h.Text}
	r.diarizer.label(t.Tokens, index, u.voice.Digest)
	return t
}

func notUnderstood() Transcript {
	e := protocol.NewError(protocol.SyncRejected)
	return Transcript{Code: e.Code, Message: e.Message}
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
