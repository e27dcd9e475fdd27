package judge

import (
	"encoding/json"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// job is an asynchronous job, as far as the tape shows it.
type job struct {
	id      string
	created *reply // nil where the tape does not show it
	params  protocol.JobParams
	polls   []poll // in their order
}

// poll is a reply about a job that has status 200.
type poll struct {
	reply

	id     string                     // in the path
	fields map[string]json.RawMessage // nil when the body is no object
	job    protocol.Job
	ok     bool // job can be read
}

// jobPath is what stands behind the paths of jobs in the target of a request: "" for that of a create request.
func jobPath(e *scenarios.Entry) (id string, isJob bool) {
	path, _, _ := strings.Cut(e.Target, "?")
	for _, own := range []string{protocol.PathAsyncV1, protocol.PathAsyncV2} {
		if at := strings.LastIndex(path, own); at >= 0 {
			rest := path[at+len(own):]
			if id, isJob = strings.CutPrefix(rest, "/"); isJob || rest == "" {
				return id, true
			}
		}
	}
	return "", false
}

// isV1 tells whether a request is about version 1 of the asynchronous interface.
func isV1(e *scenarios.Entry) bool { return strings.Contains(e.Target, protocol.PathAsyncV1) }

// creations are the replies to create requests that have status 200.
func (d *dialogue) creations() []reply {
	var all []reply
	for _, r := range d.replies {
		if id, isJob := jobPath(r.request); isJob && id == "" && r.request.Method == "POST" && r.entry.Surface == string(protocol.SurfaceAsync) && r.entry.Status == 200 {
			all = append(all, r)
		}
	}
	return all
}

// sessionID is the id in a reply to a create request, empty where there is none.
func (r reply) sessionID() string {
	id, err := protocol.ParseCreated([]byte(r.entry.Body))
	if err != nil {
		return ""
	}
	return id
}

// jobParams are those of a create request.
func (r reply) jobParams() protocol.JobParams {
	x := exchange{request: r.request}
	params, _ := protocol.ParseJobParams(x.d().Params)
	return params
}

// jobs are all of the tape, in the order in which it shows them.
func (d *dialogue) jobs() []*job {
	var all []*job
	byID := make(map[string]*job)
	named := func(id string) *job {
		if byID[id] == nil {
			byID[id] = &job{id: id}
			all = append(all, byID[id])
		}
		return byID[id]
	}
	for _, r := range d.creations() {
		if id := r.sessionID(); id != "" {
			j := named(id)
			j.created, j.params = &r, r.jobParams()
		}
	}
	for _, p := range d.polls() {
		j := named(p.id)
		j.polls = append(j.polls, p)
	}
	return all
}

// polls are the replies about jobs that have status 200.
func (d *dialogue) polls() []poll {
	if d.asked != nil {
		return *d.asked
	}
	var all []poll
	d.asked = &all
	for _, r := range d.replies {
		id, isJob := jobPath(r.request)
		if !isJob || id == "" || r.request.Method != "GET" || r.entry.Surface != string(protocol.SurfaceAsync) || r.entry.Status != 200 {
			continue
		}
		p := poll{reply: r, id: id}
		if err := json.Unmarshal([]byte(r.entry.Body), &p.fields); err != nil {
			p.fields = nil
		}
		var err error
		p.job, err = protocol.ParseJob([]byte(r.entry.Body))
		p.ok = err == nil
		all = append(all, p)
	}
	return all
}

// has tells whether the reply has a field.
func (p poll) has(field string) bool {
	_, has := p.fields[field]
	return has
}

// results are what a completed job has to say, in any of its two shapes.
func (p poll) results() []protocol.Utterance {
	var all []protocol.Utterance
	for _, s := range p.job.Segments {
		all = append(all, s.Results...)
	}
	if p.job.Compatible != nil {
		all = append(all, p.job.Compatible.Results...)
	}
	return all
}

// ofPolls makes a check of one that looks at each reply about a job that can be read.
func ofPolls(check func(t *trial, p poll)) func(*trial, *dialogue) {
	return func(t *trial, d *dialogue) {
		for _, p := range d.polls() {
			if p.ok {
				check(t, p)
			}
		}
	}
}

// ofEnds makes a check of one that looks at each reply about a completed job whose making is on the tape.
func ofEnds(check func(t *trial, j *job, p poll)) func(*trial, *dialogue) {
	return func(t *trial, d *dialogue) {
		for _, j := range d.jobs() {
			for _, p := range j.polls {
				if p.ok && j.created != nil && p.job.State == protocol.JobCompleted {
					check(t, j, p)
				}
			}
		}
	}
}

// causes are the entries of a reply, for a finding that follows from it.
func causes(r reply) []*scenarios.Entry { return []*scenarios.Entry{r.entry, r.request} }
