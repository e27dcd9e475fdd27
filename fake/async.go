package fake

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	jobs "mockamivoice/fake/internal/job" // the name job is taken
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// serveCreate is POST /v1/recognitions and /v2/recognitions. (documented: reference-async-http)
func (s *Server) serveCreate(w http.ResponseWriter, r *http.Request) {
	x := s.exchange(r, protocol.SurfaceAsync)
	if x.ended(w) {
		return
	}
	if r.Method != http.MethodPost {
		x.request(nil, nil)
		x.write(w, errorReply(protocol.MethodNotAllowed(protocol.SurfaceAsync, r.Method)))
		return
	}
	defer x.settle()
	u := x.readUpload(w)
	if u.unread {
		u.answerUnread(w)
		return
	}
	x.request(u.parts, s.audioEntry(u.audio, u.job.duration()))
	if u.lost(w) {
		return
	}
	if x.hasEnded() { // a scenario that is bound to the key says so
		x.write(w, messageReply(protocol.NewError(protocol.AsyncPollNotFound)))
		return
	}
	u.id = s.sessionID()
	dos := u.forced
	if !u.met {
		dos = x.strike(scenarios.AtAsyncCreate, "")
	}
	for _, do := range dos {
		if d, is := do.(scenarios.DoExpireKey); is {
			x.expireKey(d)
			u.job.refusal = u.authorize()
		}
	}
	var usual reply
	if !refuses(dos) {
		usual = u.create(strings.HasPrefix(r.URL.Path, protocol.PathAsyncV1)) //nolint:contextcheck // the job goes on without the request
	}
	x.deliver(w, usual, dos, jobReplies{})
}

// hasEnded tells whether this is a request for v1 and that has ended, for whoever makes it as far as that is known yet.
func (x *exchange) hasEnded() bool {
	return strings.HasPrefix(x.r.URL.Path, protocol.PathAsyncV1) && x.stage.choices.Is(scenarios.AsyncV1, "404")
}

// ended answers for v1 when the choice is that it has ended.
func (x *exchange) ended(w http.ResponseWriter) bool {
	if !x.hasEnded() {
		return false
	}
	x.request(nil, nil)
	// Whoever is still sending could not read an answer to an upload that nobody reads.
	_, _ = io.Copy(io.Discard, &patient{body: x.r.Body, control: http.NewResponseController(w), left: drainFactor * x.stage.limits.Job, x: x})
	x.write(w, messageReply(protocol.NewError(protocol.AsyncPollNotFound)))
	return true
}

// refuses tells whether a fault answers with something else, so that what was asked for is not done.
func refuses(dos []scenarios.Do) bool {
	for _, do := range dos {
		switch do.(type) {
		case scenarios.DoError, scenarios.DoStatus:
			return true
		}
	}
	return false
}

// create makes a job of the upload. A refusal has status 200 and the form of a synchronous one, without a sessionid.
// (documented: async-http-interface)
func (u *upload) create(v1 bool) reply {
	params, odd := protocol.ParseJobParams(u.job.params.all)
	for _, key := range odd {
		u.x.tolerate(key + " has a value that cannot be read, and counts as not given")
	}
	switch {
	case u.broken != nil || u.big: // more than is taken, of fields or of audio
		return refusalReply(protocol.NewError(protocol.AsyncPayloadTooLarge))
	case u.job.refusal != nil:
		return refusalReply(protocol.NewError(protocol.AsyncUnauthorized).On(u.job.refusal.Basis))
	case params.Sentiment && !v1:
		return refusalReply(protocol.SentimentOnV2())
	}
	u.vocabulary()
	version := 2
	if v1 {
		version = 1
	}
	now := u.x.s.clock.Now()
	id := string(protocol.AppendSessionID(nil, u.id))
	end, open := u.end(id, params)
	r := jobs.New(jobs.Record{
		ID: id, Version: version, Service: u.job.params.service, Key: u.x.key, Made: now, Expires: now.Add(u.x.stage.limits.Retention),
		Progress: u.x.s.progressOf(u.x.stage),
	}, end)
	if !u.keep(r, open) {
		return messageReply(protocol.NewError(protocol.AsyncPollFault))
	}
	return reply{http.StatusOK, "application/json; charset=utf-8", protocol.AppendCreated(nil, id), 0}
}

// keep keeps the job, and has the recognizer asked what is open; it is false when there is no job.
func (u *upload) keep(r jobs.Record, open *question) bool {
	if open == nil {
		return u.x.s.keepJob(u.x, r)
	}
	begin, ok := u.x.s.ponder(open, &r)
	if !ok {
		u.x.tolerate("the client left while too many jobs waited for the recognizer: there is no job")
		return false
	}
	kept := u.x.s.keepJob(u.x, r)
	begin(kept)
	return kept
}

func refusalReply(e *protocol.Error) reply {
	if e.Status != http.StatusOK {
		return reply{e.Status, "text/html", nil, e.Basis}
	}
	r := resultReply(protocol.Failed("", e.Code, e.Message), e.Status, e.Basis)
	r.body = r.body[:len(r.body)-len("\r\n")] // assumed: no line end here
	return r
}

// serveJob is GET of a job. Only a bearer header carries the key. (documented: reference-async-http)
func (s *Server) serveJob(w http.ResponseWriter, r *http.Request) {
	x := s.exchange(r, protocol.SurfaceAsync)
	if x.ended(w) {
		return
	}
	x.request(nil, nil)
	if r.Method != http.MethodGet {
		x.write(w, errorReply(protocol.MethodNotAllowed(protocol.SurfaceAsync, r.Method)))
		return
	}
	defer x.settle()
	key, given := bearer(r.Header)
	g := s.check(key, s.clock.Now(), x.peer)
	x.admit(g)
	if x.hasEnded() {
		x.write(w, messageReply(protocol.NewError(protocol.AsyncPollNotFound)))
		return
	}
	dos := x.strike(scenarios.AtAsyncPoll, "")
	for _, do := range dos {
		if d, is := do.(scenarios.DoExpireKey); is {
			x.expireKey(d)
			g = s.check(key, s.clock.Now(), x.peer)
		}
	}
	if g.refusal != granted {
		x.refused(g)
		id := protocol.AsyncPollUnauthorized
		if !given {
			id = protocol.AsyncPollNoKey
		}
		x.deliver(w, messageReply(protocol.NewError(id)), dos, jobReplies{})
		return
	}
	usual, other, more := x.poll(r.Context(), g.claims.Service, dos)
	x.deliver(w, usual, append(dos, more...), other)
}

// poll is what is said of the job to somebody of a service, and what a fault does to its end.
func (x *exchange) poll(ctx context.Context, service string, dos []scenarios.Do) (usual reply, other jobReplies, more []scenarios.Do) {
	id := mux.Vars(x.r)["id"]
	turn := x.s.pollers.of(id)
	turn.Lock()
	defer turn.Unlock()
	found, err := x.s.findJob(ctx, id, true)
	if err != nil {
		x.tolerate("the store of jobs: " + err.Error())
		return messageReply(protocol.NewError(protocol.AsyncPollFault)), jobReplies{}, nil // not found would make a client give up
	}
	if found == nil || found.record.Service != service {
		return messageReply(protocol.NewError(protocol.AsyncPollNotFound)), jobReplies{}, nil
	}
	for _, do := range dos {
		if d, is := do.(scenarios.DoState); is {
			x.s.feign(ctx, found, d.State)
		}
	}
	if found.state.Final() && len(dos) == 0 {
		more = x.strike(scenarios.AtAsyncResult, "")
		for _, do := range more {
			if d, is := do.(scenarios.DoState); is {
				found.state = d.State
			}
		}
	}
	x.s.tellJob(x, found)
	return jobReply(found.body()), jobReplies{found}, more
}

func jobReply(body string) reply {
	return reply{http.StatusOK, "application/json; charset=utf-8", []byte(body), 0}
}

// messageReply is an error that has a message alone. (assumed: the form)
func messageReply(e *protocol.Error) reply {
	return reply{e.Status, "application/json; charset=utf-8", protocol.AppendMessage(nil, e), e.Basis}
}

// jobReplies are the replies of the asynchronous interface that a fault can ask for.
type jobReplies struct{ found *foundJob }

// failed implements replier. An error of a recording is that of the job.
func (j jobReplies) failed(e *protocol.Error) reply {
	switch {
	case e.Surface == protocol.SurfaceSync:
		return jobReply(j.found.endWith(protocol.Job{State: protocol.JobError, ErrorMessage: protocol.JobFailure(e.Code, e.Message)}))
	case e.ID == protocol.AsyncUnauthorized, e.ID == protocol.AsyncSentiment, e.ID == protocol.AsyncPayloadTooLarge:
		return refusalReply(e)
	case e.ID == protocol.AsyncMethod:
		return errorReply(e)
	}
	return messageReply(e)
}

// heard implements replier.
func (j jobReplies) heard(said scenarios.Said) reply {
	t := transcriptOf(said, utterance{})
	if t.Code != "" {
		return jobReply(j.found.endWith(protocol.Job{State: protocol.JobError, ErrorMessage: protocol.JobFailure(t.Code, t.Message)}))
	}
	r := t.result("", utterance{})
	end := protocol.Job{State: protocol.JobCompleted, Text: t.Text}
	for _, u := range r.Results {
		end.Segments = append(end.Segments, protocol.Segment{Results: []protocol.Utterance{u}, Text: u.Text})
	}
	return jobReply(j.found.endWith(end))
}
