package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"mockamivoice/conformance/dialogue"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// submit makes a job, and sets the variable to its id.
func (p *player) submit(ctx context.Context, a scenarios.Submit) error {
	d, r := a.D, scenarios.Request{Method: "POST", Path: scenarios.Template(a.Path())}
	part := func(name string, value scenarios.Template) {
		r.Parts = append(r.Parts, scenarios.BodyPart{Name: name, Content: scenarios.Content{Text: value}})
	}
	switch a.Key {
	case scenarios.KeyInPart:
		part("u", "${key}")
	case scenarios.KeyInQuery:
		r.Query = "u=${key}"
	case scenarios.KeyInD:
		d += " authorization=${key}"
	case scenarios.KeyInHeader:
		r.Headers = []scenarios.Field{{Name: "Authorization", Value: "Bearer ${key}"}}
	case scenarios.KeyNowhere:
	}
	part("d", d)
	if a.C != "" {
		part("c", a.C)
	}
	r.Parts = append(r.Parts, scenarios.BodyPart{Name: "a", Content: scenarios.Content{Sound: &a.Audio}})
	if err := p.request(ctx, r); err != nil {
		return err
	}
	var created struct {
		SessionID string `json:"sessionid"`
	}
	if err := json.Unmarshal([]byte(p.reply.body), &created); p.reply.status != 200 || err != nil || created.SessionID == "" {
		return &mismatch{"a job", fmt.Sprintf("status %d with body %s", p.reply.status, dialogue.Quote(p.reply.body))}
	}
	p.vars[a.As] = created.SessionID
	return nil
}

// poll asks where a job stands, once or until it is where the script wants it.
func (p *player) poll(ctx context.Context, a scenarios.Poll) error {
	r := scenarios.Request{Method: "GET", Path: a.Path(), Headers: bearing(a.Authorization)}
	waited, pause := time.Duration(0), time.Duration(0)
	for polls := 0; ; polls++ {
		if err := p.request(ctx, r); err != nil || a.Until == "" {
			return err
		}
		state, isOver := p.standing(a.Until)
		if isOver {
			return nil
		}
		if state == "" || waited >= a.Within {
			return &mismatch{"a job that is " + string(a.Until), fmt.Sprintf("after %s status %d with body %s", waited, p.reply.status, dialogue.Quote(p.reply.body))}
		}
		pause = p.pause(pause, polls)
		waited += pause
		if err := p.wait(ctx, scenarios.Wait{For: pause}); err != nil {
			return err
		}
	}
}

// pause is how long to wait before the next poll, of which there were some: in reality more each time, up to what the manual's sample
// waits; of a clock that can be moved, first a second each time, so that no state is missed.
func (p *player) pause(last time.Duration, polls int) time.Duration {
	const least, most, near = time.Second, 10 * time.Second, 10
	if p.target.Has(scenarios.CanControl) && polls < near {
		return least
	}
	return min(max(2*last, least), most)
}

// standing is where the last reply says that the job stands, empty where it says nothing; isOver when that is where it was to get,
// or when it gets no further.
func (p *player) standing(until protocol.JobState) (state protocol.JobState, isOver bool) {
	var job struct {
		Status protocol.JobState `json:"status"`
	}
	if err := json.Unmarshal([]byte(p.reply.body), &job); p.reply.status != 200 || err != nil || !slices.Contains(protocol.JobStates(), job.Status) {
		return "", false
	}
	if job.Status.Final() && job.Status != until && until.Final() {
		return "", false
	}
	return job.Status, job.Status == until || until.Before(job.Status)
}

// words asks a dictionary.
func (p *player) words(ctx context.Context, a scenarios.Words) error {
	r := scenarios.Request{Method: "GET", Path: a.Path(), Headers: bearing(a.Authorization)}
	if a.ADF != "" {
		r.Query = "adf=" + a.ADF
	}
	if a.Act == scenarios.WordsSet {
		body, err := json.Marshal(map[string]any{"profilewords": a.List})
		if err != nil {
			return err
		}
		r.Method, r.Body = "POST", &scenarios.Content{Text: scenarios.Template(body)}
		r.Headers = append(r.Headers, scenarios.Field{Name: "Content-Type", Value: "application/json"})
	}
	return p.request(ctx, r)
}

func bearing(authorization scenarios.Template) []scenarios.Field {
	if authorization == "" {
		return nil
	}
	return []scenarios.Field{{Name: "Authorization", Value: authorization}}
}
