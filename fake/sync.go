package fake

import (
	"fmt"
	"net/http"
	"strings"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// serveSync is POST /v1/recognize and its twin that keeps no log. (documented: sync-http-interface)
func (s *Server) serveSync(w http.ResponseWriter, r *http.Request) {
	x := s.exchange(r, protocol.SurfaceSync)
	if r.Method != http.MethodPost {
		x.request(nil, nil)
		x.write(w, errorReply(protocol.MethodNotAllowed(protocol.SurfaceSync, r.Method)))
		return
	}
	defer x.settle()
	u := x.readUpload(w)
	if u.unread {
		u.answerUnread(w)
		return
	}
	x.request(u.parts, s.audioEntry(u.audio, u.job.duration()))
	if u.severed != "" {
		x.sever(w, u.severed, u.severed.byFault())
		return
	}
	if r.Context().Err() != nil {
		x.tolerate("the client went away before it had sent everything")
	}
	u.id = s.sessionID()
	h := w.Header()
	h["X-Session-ID"] = []string{string(protocol.AppendSessionID(nil, u.id))} // observed: matched byte by byte by the vendor's clients
	dos, usual := u.forced, reply{}
	if dos == nil {
		result, status := u.answer(u.id) //nolint:contextcheck // what is saved stays when the client leaves
		usual = resultReply(result, status, x.basis)
		dos = x.strike(scenarios.AtSyncResponse, "")
	}
	x.deliver(w, usual, dos, u)
}

// resultReply is a result as a line. (observed: a line counts only when CR LF ends it, and a client reads "; charset="; assumed:
// the media type)
func resultReply(r protocol.Result, status int, basis protocol.Basis) reply {
	body := protocol.AppendResult(make([]byte, 0, 1024), r)
	return reply{status, "application/json; charset=utf-8", append(body, "\r\n"...), basis}
}

// failed implements replier.
func (u *upload) failed(e *protocol.Error) reply {
	if e.ID == protocol.SyncMethod {
		return errorReply(e)
	}
	return resultReply(u.failure(e), e.Status, e.Basis)
}

// failure is a result that says what went wrong.
func (u *upload) failure(e *protocol.Error) protocol.Result {
	if e.ID == protocol.SyncUnauthorized {
		return protocol.Failed("", e.Code, e.Message) // observed: no utteranceid
	}
	return protocol.Failed(string(protocol.AppendUtteranceID(nil, u.id)), e.Code, e.Message)
}

// heard implements replier.
func (u *upload) heard(said scenarios.Said) reply {
	utterances := u.job.voices()
	span := utterance{end: int(u.job.duration())}
	if n := len(utterances); n > 0 {
		span.start, span.end = utterances[0].start, utterances[n-1].end
	}
	t := transcriptOf(said, span)
	return resultReply(t.result(string(protocol.AppendUtteranceID(nil, u.id)), span), http.StatusOK, 0)
}

// answer is the reply to the upload. The order of the cases is the order of the checks. (ruled)
func (u *upload) answer(id protocol.SessionID) (protocol.Result, int) {
	utterance := string(protocol.AppendUtteranceID(nil, id))
	fail := func(e *protocol.Error) (protocol.Result, int) {
		u.x.basis = e.Basis
		return u.failure(e), e.Status
	}
	choices := u.x.stage.choices
	switch {
	case u.broken != nil:
		return fail(u.broken)
	case u.job.refusal != nil:
		return fail(u.job.refusal)
	case u.big && choices.Is(scenarios.SyncOversize, "413"):
		return fail(protocol.NewError(protocol.SyncPayloadTooLarge))
	case u.big:
		return fail(protocol.NewError(protocol.SyncTooLarge))
	}
	u.vocabulary()
	if id, empty := u.oddity(); empty {
		u.x.basis = protocol.Observed
		return protocol.Failed(utterance, "", ""), http.StatusOK // observed: an empty success
	} else if id != "" {
		return fail(protocol.NewError(id))
	}
	return u.job.result(u.x.s, utterance, u.x.stage.scenario), http.StatusOK
}

// oddity finds what is odd about engine or audio: an empty success, an error, or nothing. (ruled, per profile)
func (u *upload) oddity() (id protocol.ErrorID, empty bool) {
	pick := func(point scenarios.BehaviourPoint, id protocol.ErrorID) (protocol.ErrorID, bool) {
		if u.x.stage.choices.Is(point, "empty") {
			return "", true
		}
		return id, false
	}
	switch j := &u.job; {
	case j.params.engine == "":
		return pick(scenarios.SyncNoEngine, protocol.SyncNotLoaded)
	case !u.x.s.keys.engine(j.params.engine, j.params.service):
		return pick(scenarios.SyncEngine, protocol.SyncUnauthorized)
	case u.audio.bytes == 0 && j.listener != nil: // before what the listener makes of nothing
		return pick(scenarios.SyncEmptyAudio, protocol.SyncRejected)
	case j.broken != nil:
		u.x.tolerate("audio cannot be read: " + j.broken.Error())
		return pick(scenarios.SyncUnsupported, protocol.SyncUnsupportedAudio)
	}
	summary := u.job.listener.Summary()
	u.x.note(scenarios.Heard, scenarios.Note, scenarios.Entry{Text: describe(summary) + summary.Mismatch(u.job.declared)})
	for _, v := range u.job.voices() {
		u.x.noteCarried(v)
	}
	switch {
	case summary.Silent:
		return protocol.SyncRejected, false // documented: the text; ruled: that silence gets it
	case len(u.job.voices()) == 0:
		return pick(scenarios.SyncNoSpeech, protocol.SyncRejected)
	}
	return "", false
}

func describe(s hearing.Summary) string {
	text := fmt.Sprintf("%s, %d Hz, %d channel(s), %d ms, %d ms of speech", s.Container, s.Rate, s.Channels, s.Duration, s.Speech)
	if s.Note != "" {
		text += "; " + s.Note
	}
	return text
}

// authorize checks the key, wherever it comes: u, authorization in d, a bearer header. The first carrier that is there decides.
// (documented: u and d; observed: the header; assumed: the order)
func (u *upload) authorize() *protocol.Error {
	p := &u.job.params
	key := u.value("u")
	if key == "" {
		key = p.key
	}
	if key == "" {
		key, _ = bearer(u.x.r.Header)
	}
	g := u.x.s.check(key, u.x.s.clock.Now(), u.x.peer)
	u.x.admit(g)
	p.service = g.claims.Service
	switch {
	case g.refusal != granted:
		u.x.refused(g)
		if g.refusal == wrongAddress {
			return protocol.NewError(protocol.SyncUnauthorized).On(protocol.Inferred)
		}
		return protocol.NewError(protocol.SyncUnauthorized)
	case p.ampersand: // observed: ends in the authentication error
		u.x.note(scenarios.KeyRefused, scenarios.Note, scenarios.Entry{Text: "d joins its parameters with & instead of a blank; the service takes that for a missing authorization"})
		return protocol.NewError(protocol.SyncUnauthorized)
	}
	return nil
}

// prepare makes the listener for the audio.
func (j *job) prepare(u *upload) {
	choices := u.x.stage.choices
	spec := hearing.Spec{
		Format: protocol.AudioFormat{Name: "16K", Encoding: protocol.Headed, Rate: 16000},
		Sniff:  true, Guess: choices.Is(scenarios.HeaderlessAudio, "lsb"), AllowMP4: choices.Is(scenarios.MP4Audio, "accept"),
		Utterance: u.x.stage.limits.Utterance, Keep: u.x.s.recognizer != nil,
	}
	name := u.value("c")
	if name == "" {
		if f, ok := protocol.ParseAudioContentType(u.x.r.Header.Get("Content-Type")); ok {
			spec.Format = f
		}
	} else if f, err := protocol.ParseAudioFormat(name); err == nil {
		spec.Format, j.declared = f, f
	} else {
		u.x.unreadable("c, so that only a header in the audio can help", name, err)
		spec.Guess = false
	}
	j.listener = hearing.NewListener(spec)
}

func (j *job) duration() int64 {
	if j.listener == nil {
		return 0
	}
	return int64(j.listener.Summary().Duration)
}

// voices are the utterances that were found.
func (j *job) voices() []utterance {
	var all []utterance
	start := 0
	for _, e := range j.heard {
		switch e := e.(type) {
		case hearing.SpeechStart:
			start = e.At
		case hearing.SpeechEnd:
			u := utterance{start: start, end: e.At, voice: e.Voice, sound: e.Sound}
			if n := len(all); n > 0 {
				u.after = all[n-1].end
			}
			all = append(all, u)
		case hearing.Interim:
		}
	}
	for i := range all {
		all[i].of = len(all)
	}
	return all
}

// result joins what was understood of every utterance. (documented: a synchronous reply has one result)
func (j *job) result(s *Server, id string, play *scenarios.Scenario) protocol.Result {
	out := protocol.Utterance{}
	var sum float64
	var texts []string
	var refused Transcript
	for i, v := range j.voices() {
		t := s.transcribe(j.params, v, i, play)
		if t.Code != "" {
			refused = t
			continue
		}
		if !out.StartTime.OK {
			out.StartTime = protocol.Some(v.start)
		}
		out.EndTime = protocol.Some(v.end)
		out.Tokens = append(out.Tokens, t.Tokens...)
		texts = append(texts, t.Text)
		sum += t.Confidence
	}
	if len(texts) == 0 {
		return protocol.Failed(id, refused.Code, refused.Message)
	}
	out.Confidence = protocol.Some(round3(sum / float64(len(texts))))
	out.Text = strings.Join(texts, between(j.params.language))
	return protocol.Result{Results: []protocol.Utterance{out}, UtteranceID: id, Text: out.Text}
}

func between(language string) string {
	if language == "en" {
		return " "
	}
	return ""
}
