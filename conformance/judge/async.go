package judge

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mockamivoice/protocol"
)

const (
	manualJobs  = "manual: async-http-interface"
	manualCodes = "manual: response-code-and-message"
)

// asyncLaws hold of the making of jobs, and of the way through their states.
func asyncLaws() []Law {
	all := []Law{
		{
			ID: "server.async.created", Title: "A job that is made is answered with its sessionid and three dots, and nothing else", Level: Must, Basis: protocol.Documented, Source: manualJobs,
			Why: "Clients tell success from failure by sessionid; the dots make the line an interim result for the vendor's library.", Fix: `Answer {"sessionid":"…","text":"..."}.`, check: created,
		},
		{
			ID: "server.async.refusal", Title: "A job that is not made is answered with a code and a message", Level: Must, Basis: protocol.Documented, Source: manualJobs,
			Why: "The status is 200 all the same; without a code nobody learns why.", Fix: "Answer as the synchronous interface does.", check: refusedJob,
		},
		{
			ID: "server.async.session-id-form", Title: "A session id is 24 hexadecimal digits", Level: Should, Basis: protocol.Inferred, Source: "three published ids",
			Why: "Clients put it into a path as it is.", Fix: "Write time, address and a counter in lower-case hexadecimal.", check: jobIDForm,
		},
		{
			ID: "server.async.session-ids-differ", Title: "No two jobs have the same session id", Level: Should, Basis: protocol.Inferred, Source: "a job is found by its id",
			Why: "One of them can never be fetched.", Fix: "Make an id for each job.", check: jobIDsDiffer,
		},
		{
			ID: "server.async.state", Title: "A reply about a job is its JSON, with one of the five states", Level: Must, Basis: protocol.Documented, Source: "manual: reference-async-http",
			Why: "A client that waits for completed or error waits for ever.", Fix: "Write status: queued, started, processing, completed or error.", check: jobState,
		},
		{
			ID: "server.async.forward-only", Title: "A job never goes back to an earlier state, and never leaves its last", Level: Should, Basis: protocol.Inferred, Source: "the names of the states",
			Why: "A client that has shown a result has to take it back.", Fix: "Tell the furthest state that the job has reached.", check: forwardOnly,
		},
		{
			ID: "server.async.end-stays", Title: "A job that has ended says the same every time", Level: Should, Basis: protocol.Inferred, Source: "its end is a result",
			Why: "Two readers of one job disagree.", Fix: "Keep the answer.", check: endStays,
		},
		{
			ID: "server.async.session-id", Title: "A reply about a job names the id that was asked for", Level: Must, Basis: protocol.Documented, Source: manualCodes,
			Why: "Clients with many jobs sort replies by it.", Fix: "Write session_id.",
			check: ofPolls(func(t *trial, p poll) {
				if t.apply(); p.job.SessionID != p.id {
					t.find(p.entry, "session_id is %q, and %q was asked for", p.job.SessionID, p.id)
				}
			}),
		},
		{
			ID: "server.async.size", Title: "audio_size is the number of bytes that were uploaded", Level: Must, Basis: protocol.Documented, Source: manualCodes,
			Why: "It is how a client finds out that its upload was cut.", Fix: "Count the bytes of the part a as they came.", check: jobSize,
		},
		{
			ID: "server.async.digest", Title: "audio_md5 is the digest of what was uploaded", Level: Must, Basis: protocol.Documented, Source: manualCodes,
			Why: "It is how a client finds out which file it was, and whether it came whole.", Fix: "Take the MD5 of the bytes of the part a as they came, in lower-case hexadecimal.", check: jobDigest,
		},
		{
			ID: "server.async.content-id", Title: "contentId comes back in every state, and only where it was given", Level: Should, Basis: protocol.Inferred,
			Source: "that it comes back is documented, the name of the field is not", Why: "It saves clients a table of ids.", Fix: "Write content_id.", check: contentID,
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceAsync
	}
	return all
}

func created(t *trial, d *dialogue) {
	for _, r := range d.creations() {
		if r.sessionID() == "" {
			continue
		}
		t.apply()
		var fields map[string]any
		_ = json.Unmarshal([]byte(r.entry.Body), &fields) // it was read before
		if len(fields) != 2 || fields["text"] != "..." {
			t.find(r.entry, "the body is %s", r.entry.Body)
		}
	}
}

func refusedJob(t *trial, d *dialogue) {
	for _, r := range d.creations() {
		if r.sessionID() != "" {
			continue
		}
		t.apply()
		if parsed, err := protocol.ParseResult([]byte(r.entry.Body)); err != nil || parsed.Code == "" || parsed.Message == "" || parsed.Text != "" {
			t.find(r.entry, "neither a sessionid nor a code with its message: %s", r.entry.Body)
		}
	}
}

var sessionIDForm = regexp.MustCompile(`^[0-9a-f]{24}$`)

func jobIDForm(t *trial, d *dialogue) {
	for _, r := range d.creations() {
		if id := r.sessionID(); id != "" {
			if t.apply(); !sessionIDForm.MatchString(id) {
				t.find(r.entry, "the sessionid is %q", id)
			}
		}
	}
}

func jobIDsDiffer(t *trial, d *dialogue) {
	seen := make(map[string]bool)
	for _, r := range d.creations() {
		id := r.sessionID()
		if id == "" {
			continue
		}
		if t.apply(); seen[id] {
			t.find(r.entry, "an earlier job is called %s as well", id)
		}
		seen[id] = true
	}
}

func jobState(t *trial, d *dialogue) {
	for _, p := range d.polls() {
		t.apply()
		var state protocol.JobState
		if err := json.Unmarshal(p.fields["status"], &state); err != nil || !slices.Contains(protocol.JobStates(), state) {
			t.find(p.entry, "status is %q", state)
		} else if !p.ok {
			t.find(p.entry, "a field is of another kind than it should be: %s", p.entry.Body)
		}
	}
}

func forwardOnly(t *trial, d *dialogue) {
	for _, j := range d.jobs() {
		var last *poll
		for _, p := range j.polls {
			if !p.ok {
				continue
			}
			// Of two polls at the same time nobody knows which one was answered first.
			if last != nil && p.request.N > last.entry.N {
				if t.apply(); p.job.State != last.job.State && !last.job.State.Before(p.job.State) {
					t.trace(p.entry, causes(last.reply), "the job is %s, and was %s", p.job.State, last.job.State)
				}
			}
			last = &p
		}
	}
}

func endStays(t *trial, d *dialogue) {
	for _, j := range d.jobs() {
		var end *poll
		for _, p := range j.polls {
			switch {
			case !p.ok || !p.job.State.Final():
			case end == nil:
				end = &p
			default:
				if t.apply(); p.entry.Body != end.entry.Body && p.job.State == end.job.State {
					t.trace(p.entry, causes(end.reply), "the job said something else before")
				}
			}
		}
	}
}

// ofKnown makes a check of one that looks at each reply about a job whose making is on the tape.
func ofKnown(check func(t *trial, j *job, p poll)) func(*trial, *dialogue) {
	return func(t *trial, d *dialogue) {
		for _, j := range d.jobs() {
			for _, p := range j.polls {
				if p.ok && j.created != nil {
					check(t, j, p)
				}
			}
		}
	}
}

func jobSize(t *trial, d *dialogue) {
	ofKnown(func(t *trial, j *job, p poll) {
		a := j.created.request.Audio
		if a == nil || !p.has("audio_size") && !p.job.State.Final() {
			return
		}
		if t.apply(); p.job.Size != a.Bytes || !p.has("audio_size") {
			t.trace(p.entry, causes(*j.created), "audio_size is %d, and %d bytes were uploaded", p.job.Size, a.Bytes)
		}
	})(t, d)
}

var digestForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

func jobDigest(t *trial, d *dialogue) {
	ofKnown(func(t *trial, j *job, p poll) {
		a := j.created.request.Audio
		if a == nil || !p.has("audio_md5") && !p.job.State.Final() {
			return
		}
		switch t.apply(); {
		case !digestForm.MatchString(p.job.MD5):
			t.find(p.entry, "audio_md5 is %q", p.job.MD5)
		case a.MD5 != "" && a.MD5 != p.job.MD5:
			t.trace(p.entry, causes(*j.created), "audio_md5 is %s, and that of the upload is %s", p.job.MD5, a.MD5)
		}
	})(t, d)
}

func contentID(t *trial, d *dialogue) {
	ofKnown(func(t *trial, j *job, p poll) {
		t.apply()
		want, got := j.params.ContentID, p.job.ContentID
		if strings.Contains(want.Value, "<key:") || strings.Contains(want.Value, "***") {
			return // the tape does not show it
		}
		if want != got {
			t.trace(p.entry, causes(*j.created), "contentId was %s, content_id is %s", shownText(want), shownText(got))
		}
	})(t, d)
}

func shownText(m protocol.Maybe[string]) string {
	if !m.OK {
		return "not given"
	}
	return fmt.Sprintf("%q", m.Value)
}
