package judge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// clientAsyncLaws hold of clients that make jobs and poll them.
func clientAsyncLaws() []Law {
	const create = "manual: reference-async-http"
	all := []Law{
		{
			ID: "client.async.audio-last", Title: "Nothing comes behind the part a of a job", Level: Must, Basis: protocol.Documented, Source: create,
			Why: "The service stops reading parameters at the audio. A u behind it makes the request one without a key.", Fix: "Write the part a last.", check: ofCreations(syncAudioLast),
		},
		{
			ID: "client.async.engine", Title: "d of a job names a connection engine", Level: Must, Basis: protocol.Documented, Source: create,
			Why: "d is required. The job is made all the same, and ends in an error minutes later.", Fix: "Send d=-a-general, or grammarFileNames=-a-general in it.", check: ofCreations(syncEngine),
		},
		{
			ID: "client.async.key", Title: "A request that makes a job carries a key", Level: Must, Basis: protocol.Documented, Source: create,
			Why: "Without one there is no job, and the status is 200 all the same.", Fix: "Send u before a, authorization= inside d, or Authorization: Bearer.", check: ofCreations(syncKey),
		},
		{
			ID: "client.async.separator", Title: "Blanks separate the parameters in d of a job", Level: Should, Basis: protocol.Inferred, Source: "observed on the synchronous interface, whose request it is",
			Why: "Joined by & they become a part of the engine's name, and the request is refused with the code - as if the key were wrong.",
			Fix: "Write d=grammarFileNames=-a-general loggingOptOut=True, and escape blanks inside of values as %20.", check: ofCreations(syncSeparator),
		},
		{
			ID: "client.async.sentiment-version", Title: "Sentiment analysis is asked of version 1 alone", Level: Must, Basis: protocol.Documented, Source: "manual: sentiment-analysis",
			Why: "Version 2 refuses it.", Fix: "Send it to /v1/recognitions, or leave sentimentAnalysis out.", check: ofCreations(sentimentOnV2),
		},
		{
			ID: "client.async.poll-id", Title: "A poll names the id that the reply to the upload called sessionid", Level: Must, Basis: protocol.Documented, Source: manualJobs,
			Why: "The reply to the upload writes sessionid, the reply to a poll session_id. A client that mixes them up polls undefined, and never finds its job.",
			Fix: "Read sessionid from the reply to the upload.", check: ofJobPolls(pollID),
		},
		{
			ID: "client.async.poll-key", Title: "A poll carries its key in the Authorization header", Level: Must, Basis: protocol.Documented, Source: create,
			Why: "Nothing else is read; the answer is 401. In the query the key would be in the logs as well.", Fix: "Send Authorization: Bearer and the key.", check: ofJobPolls(pollKey),
		},
		{
			ID: "client.async.poll-pace", Title: "A job is polled at most about once a second", Level: Should, Basis: protocol.Inferred, Source: manualJobs + ", whose sample polls every 10 s",
			Why: "Jobs take minutes. Hundreds of polls tell no more than ten, and may be answered with 429.", Fix: "Wait 10 s between polls, or begin with less and wait longer each time.", check: pollPace,
		},
		{
			ID: "client.async.poll-after-end", Title: "A job that has ended is not polled on and on", Level: Should, Basis: protocol.Inferred, Source: "completed and error are final",
			Why: "It says the same for ever; somebody waits for something that does not come. Often error was not thought of.", Fix: "Stop at completed, and at error.", check: pollAfterEnd,
		},
		{
			ID: "client.async.poll-gone", Title: "A job that is not there is not polled on and on", Level: Should, Basis: protocol.Inferred, Source: "404 stands for unknown and for too old ids",
			Why: "It does not come back.", Fix: "Show that there is no result, and stop; or upload the audio again.", check: pollGone,
		},
		{
			ID: "client.async.upload-twice", Title: "Audio that is a job already is not uploaded again at once", Level: Should, Basis: protocol.Inferred, Source: "each upload is a job, and each job is billed",
			Why: "The work is done and paid for twice.", Fix: "Keep the sessionid, and poll it. After a lost reply nobody can tell; then an upload again is all that is left.", check: uploadTwice,
		},
		{
			ID: "client.async.result-fetched", Title: "A job that was made is not forgotten before it ends", Level: Info, Basis: protocol.Inferred, Source: "another program may do that",
			Why: "The work is billed, and its result is gone after some days.", Fix: "Keep the sessionid until the result is there.", check: resultFetched,
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceAsync
	}
	return all
}

// ofCreations makes a check of one that looks at each request that makes a job.
func ofCreations(check func(t *trial, x *exchange)) func(*trial, *dialogue) {
	return ofPosts(protocol.SurfaceAsync, func(t *trial, x *exchange) {
		if id, isJob := jobPath(x.request); isJob && id == "" {
			check(t, x)
		}
	})
}

// ofJobPolls makes a check of one that looks at each request about a job, or what stands in the place of its id.
func ofJobPolls(check func(t *trial, x *exchange)) func(*trial, *dialogue) {
	return ofExchanges(protocol.SurfaceAsync, func(t *trial, x *exchange) {
		if _, isJob := jobPath(x.request); isJob && x.request.Method == "GET" {
			check(t, x)
		}
	})
}

func sentimentOnV2(t *trial, x *exchange) {
	t.apply()
	if params, _ := protocol.ParseJobParams(x.d().Params); params.Sentiment && !isV1(x.request) {
		t.find(x.request, "d asks for sentimentAnalysis on version 2")
	}
}

// noIDs is what programs write where they found nothing.
func noIDs() []string {
	return []string{"", "undefined", "null", "none", "nil", "nan", "false", "[object object]", "%5bobject%20object%5d", "{session_id}", "%7bsession_id%7d"}
}

func pollID(t *trial, x *exchange) {
	id, _ := jobPath(x.request)
	t.apply()
	if slices.Contains(noIDs(), strings.ToLower(id)) {
		t.find(x.request, "%q was polled", id)
	}
}

func pollKey(t *trial, x *exchange) {
	if id, _ := jobPath(x.request); id == "" {
		return // it is no poll of a job
	}
	t.apply()
	value, given := header(x.request, "Authorization")
	scheme, key, _ := strings.Cut(value, " ")
	switch {
	case !given:
		t.find(x.request, "there is no Authorization header")
	case !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(key) == "":
		t.find(x.request, "the Authorization header is not Bearer and a key")
	}
}

// watch is what a client did about one job.
type watch struct {
	id    string
	made  *exchange // nil where the tape does not show it
	polls []*exchange
}

// watches are in the order in which the tape shows their jobs.
func (p *clientTape) watches() []*watch {
	var all []*watch
	byID := make(map[string]*watch)
	named := func(id string) *watch {
		if byID[id] == nil {
			byID[id] = &watch{id: id}
			all = append(all, byID[id])
		}
		return byID[id]
	}
	for _, x := range p.exchanges {
		id, isJob := jobPath(x.request)
		switch {
		case !isJob || !x.is(protocol.SurfaceAsync):
		case id == "" && x.request.Method == "POST" && x.sessionID() != "":
			named(x.sessionID()).made = x
		case id != "" && x.request.Method == "GET":
			w := named(id)
			w.polls = append(w.polls, x)
		}
	}
	return all
}

// sessionID is the id of the job that the request made, empty where it made none.
func (x *exchange) sessionID() string {
	if x.reply == nil || x.reply.Status != 200 {
		return ""
	}
	return reply{x.request, x.reply}.sessionID()
}

// pollPace looks at real time: a clock that is moved by hand says nothing of a client's patience, and a clock that stands still
// accuses nobody. Clients that take turns at one job are each of them slower.
func pollPace(t *trial, d *dialogue) {
	const fast, often = time.Second, 5
	for _, w := range d.asClient().watches() {
		run := 0
		for i := 1; i < len(w.polls); i++ {
			last, next := w.polls[i-1], w.polls[i]
			if t.apply(); lapse(last.request, next.request) >= fast || !d.asClient().sameClient(last.request, next.request) {
				run = 0
				continue
			}
			if run++; run == often {
				t.trace(next.request, requestsOf(w.polls[i-often:i]), "%d polls of one job came within %s", often+1, lapse(w.polls[i-often].request, next.request).Round(time.Millisecond))
				break
			}
		}
	}
}

// sameClient tells whether two requests are of one client: by its connection, or else by its address and key.
func (p *clientTape) sameClient(a, b *scenarios.Entry) bool {
	return a.Conn == b.Conn || a.Key == b.Key && p.host(a.Conn) == p.host(b.Conn)
}

func requestsOf(list []*exchange) []*scenarios.Entry {
	var all []*scenarios.Entry
	for _, x := range list {
		all = append(all, x.request)
	}
	return all
}

// state is where a reply says that the job stands.
func (x *exchange) state() protocol.JobState {
	if x.reply == nil || x.reply.Status != 200 {
		return ""
	}
	j, err := protocol.ParseJob([]byte(x.reply.Body))
	if err != nil {
		return ""
	}
	return j.State
}

// againAndAgain is how many polls behind the last word are too many: a client may look at the state first, and then fetch the result.
const againAndAgain = 3

func pollAfterEnd(t *trial, d *dialogue) {
	pollOn(t, d, func(x *exchange) string {
		if s := x.state(); s.Final() {
			return "the job is " + string(s)
		}
		return ""
	})
}

func pollGone(t *trial, d *dialogue) {
	pollOn(t, d, func(x *exchange) string {
		if x.reply != nil && x.reply.Status == 404 {
			return "there is no such job"
		}
		return ""
	})
}

// pollOn finds clients that poll on behind what is the last word about a job.
func pollOn(t *trial, d *dialogue, lastWord func(x *exchange) string) {
	p := d.asClient()
	for _, w := range p.watches() {
		var end *exchange
		what, more := "", 0
		for _, x := range w.polls {
			if end == nil {
				if what = lastWord(x); what != "" {
					t.apply()
					end = x
				}
				continue
			}
			if p.knew(end.reply, x.request) && p.sameClient(end.request, x.request) {
				more++
			}
			if more == againAndAgain {
				t.trace(x.request, []*scenarios.Entry{end.reply}, "%s, as entry %d says, and it was polled %d times more", what, end.reply.N, more)
				break
			}
		}
	}
}

func uploadTwice(t *trial, d *dialogue) {
	const soon = time.Minute
	p := d.asClient()
	var made []*exchange
	for _, w := range p.watches() {
		if w.made != nil {
			made = append(made, w.made)
		}
	}
	for i, x := range made {
		t.apply()
		for _, first := range made[:i] {
			if first.upload() == x.upload() && x.upload() != "" && p.knew(first.reply, x.request) && p.sameClient(first.request, x.request) && lapse(first.reply, x.request) < soon {
				t.trace(x.request, []*scenarios.Entry{first.reply}, "the same audio with the same d was made job %s in entry %d", first.sessionID(), first.reply.N)
				break
			}
		}
	}
}

// upload is what makes two uploads the same, empty where the tape does not say.
func (x *exchange) upload() string {
	if x.request.Audio == nil || x.request.Audio.SHA256 == "" || x.request.Audio.Bytes == 0 {
		return ""
	}
	d, _ := x.field("d")
	path, _, _ := strings.Cut(x.request.Target, "?")
	return fmt.Sprint(path, "\x00", d, "\x00", x.request.Audio.SHA256)
}

// resultFetched finds jobs that were left alone for longer than jobs take, while the tape went on.
func resultFetched(t *trial, d *dialogue) {
	const long = 15 * time.Minute // documented: five to six minutes for recordings of up to 90
	p := d.asClient()
	for _, w := range p.watches() {
		if w.made == nil || d.tape.Live || p.gapAfter(w.made.request.N) {
			continue
		}
		last := w.made.request
		isOver := false
		for _, x := range w.polls {
			last = x.request
			isOver = isOver || x.state().Final() || x.reply == nil || x.reply.Status >= 400 && x.reply.Status < 500
		}
		if isLeft := lapse(last, &p.entries[len(p.entries)-1]) >= long; isOver || isLeft {
			if t.apply(); !isOver {
				t.find(w.made.request, "job %s was polled %d times, and not to its end", w.id, len(w.polls))
			}
		}
	}
}
