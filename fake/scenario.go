package fake

import (
	"fmt"
	"slices"
	"sync"

	"mockamivoice/fake/internal/script"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/strict"
)

// stage is what applies to a request: the scenario that is played for it, and the choices and limits that this leaves.
type stage struct {
	scenario *scenarios.Scenario // nil for none
	counted  string              // what replicas call it where they count its faults
	choices  scenarios.Choices
	limits   *Limits
}

// theatre knows the scenarios of a server. It is safe for concurrent use.
type theatre struct {
	desk  script.Desk
	extra []*scenarios.Scenario // by name, before the library
	plain stage                 // where nothing is played

	mu      sync.Mutex
	first   *scenarios.Scenario // what Reset goes back to; nil for none
	current stage               // of requests to which nothing else applies
	stages  map[string]stage    // by id, of those that were asked for
}

func (t *theatre) init(c config) {
	t.extra = c.scenarios
	t.plain = stage{choices: c.choices, limits: &c.limits}
	t.current, t.first = t.plain, c.scenario
	if c.scenario != nil {
		if err := playable(c.scenario); err != nil {
			panic("fake: " + err.Error())
		}
		t.current = t.plain.with(c.scenario, playedFirst)
	}
}

// playable tells what is wrong with a scenario that is to be played.
func playable(s *scenarios.Scenario) error {
	if s.Play == nil {
		return fmt.Errorf("scenario %s has no play part: it says what a service does, not how to do something to a client", s.ID)
	}
	return nil
}

// with is the stage on which s is played for a reason.
func (g stage) with(s *scenarios.Scenario, reason string) stage {
	g.scenario, g.counted = s, countedAs(reason, s)
	for _, c := range s.Play.Behaviour {
		g.choices = g.choices.With(c)
	}
	to, from := *g.limits, s.Play.Limits
	replace(&to.NoData, from.NoData)
	replace(&to.NonSpeech, from.NonSpeech)
	replace(&to.Session, from.Session)
	replace(&to.Idle, from.Idle)
	replace(&to.Utterance, from.Utterance)
	replace(&to.Upload, from.Upload)
	replace(&to.Retention, from.Retention)
	g.limits = &to
	return g
}

func replace[T comparable](v *T, by T) {
	var zero T
	if by != zero {
		*v = by
	}
}

// now is the stage of requests to which nothing else applies.
func (t *theatre) now() stage {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current
}

// named is the stage of the scenario called id. The error suggests the nearest name.
func (t *theatre) named(id string) (stage, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g, known := t.stages[id]; known {
		return g, nil
	}
	s, err := t.find(id)
	if err == nil {
		err = playable(s)
	}
	if err != nil {
		return t.current, err
	}
	g := t.plain.with(s, playedByName)
	if t.stages == nil {
		t.stages = make(map[string]stage)
	}
	t.stages[id] = g
	return g, nil
}

func (t *theatre) find(id string) (*scenarios.Scenario, error) {
	own := t.extra
	if t.first != nil {
		own = append(slices.Clip(own), t.first)
	}
	ids := make([]string, 0, len(own))
	for _, s := range own {
		if s.ID == id {
			return s, nil
		}
		ids = append(ids, s.ID)
	}
	s, err := scenarios.Named(id)
	if err != nil && strict.DidYouMean(id, ids) != "" {
		err = fmt.Errorf("no scenario is called %q%s", id, strict.DidYouMean(id, ids))
	}
	return s, err
}

// set plays a scenario, nil for none, for all requests to which nothing else applies. It is counted anew, by replicas as well when
// change differs from those before.
func (t *theatre) set(s *scenarios.Scenario, change string) error {
	next := t.plain
	if s != nil {
		if err := playable(s); err != nil {
			return err
		}
		own := *s // so that its occurrences are counted from 1 again, and not those of keys that are bound to it
		next = t.plain.with(&own, change)
	}
	t.mu.Lock()
	old := t.current.scenario
	t.current = next
	t.mu.Unlock()
	if old != nil && old != t.first {
		t.desk.Forget(old)
	}
	return nil
}

// reset goes back to the first scenario, and forgets what was counted.
func (t *theatre) reset() {
	_ = t.set(t.first, playedFirst) // it was playable
	t.desk.Reset()
}

// appointed is the stage for a key: that of the scenario in its claims, else that of its service, else the server's. A name
// that is not known is told to unknown.
func (s *Server) appointed(g grant, unknown func(error)) stage {
	name := g.claims.Scenario
	if name == "" {
		svc, _ := s.keys.service(g.claims.Service)
		name = svc.Scenario
	}
	if name == "" {
		return s.theatre.now()
	}
	stage, err := s.theatre.named(name)
	if err != nil {
		unknown(err)
	}
	return stage
}

// WithScenario plays a scenario, for all requests whose key or service has none of its own. New panics when it has no play
// part.
func WithScenario(s *scenarios.Scenario) Option { return func(f *config) { f.scenario = s } }

// WithScenarios makes scenarios known by their ids, for keys and services to be bound to, before those of the library.
func WithScenarios(list ...*scenarios.Scenario) Option {
	return func(f *config) { f.scenarios = append(f.scenarios, list...) }
}

// SetScenario plays s from now on, for all requests whose key or service has none of its own; nil ends that. Occurrences are
// counted from the first again. All replicas do so, and count faults together. The error says that there is nothing to play in s or,
// with ErrUnshared, that the others could not be told.
func (s *Server) SetScenario(sc *scenarios.Scenario) error {
	if sc != nil {
		if err := playable(sc); err != nil {
			return err
		}
	}
	if s.replicas.shared {
		return s.announce(programmeOf(sc), sharedProgramme, sc)
	}
	return s.theatre.set(sc, "")
}

// Scenario is what SetScenario or WithScenario set, nil for nothing.
func (s *Server) Scenario() *scenarios.Scenario { return s.theatre.now().scenario }

// ScenarioNamed is the scenario that keys can be bound to by this id. The error suggests the nearest one.
func (s *Server) ScenarioNamed(id string) (*scenarios.Scenario, error) {
	g, err := s.theatre.named(id)
	if err != nil {
		return nil, err
	}
	return g.scenario, nil
}

// Scenarios are those that the server knows: the ones that WithScenarios and WithScenario gave, then those of the library.
func (s *Server) Scenarios() []*scenarios.Scenario {
	own := s.theatre.extra
	if first := s.theatre.first; first != nil && !slices.ContainsFunc(own, func(o *scenarios.Scenario) bool { return o.ID == first.ID }) {
		own = append(slices.Clip(own), first)
	}
	library := slices.DeleteFunc(scenarios.Library(), func(l *scenarios.Scenario) bool {
		return slices.ContainsFunc(own, func(o *scenarios.Scenario) bool { return o.ID == l.ID })
	})
	return slices.Concat(own, library)
}

// bindable is an error unless the scenario called id can be played for what comes at none of these points; an empty id is fine.
func (s *Server) bindable(id string, before ...scenarios.Point) error {
	if id == "" {
		return nil
	}
	sc, err := s.ScenarioNamed(id)
	if err != nil {
		return err
	}
	for _, p := range before {
		if sc.StrikesAt(p) {
			return fmt.Errorf("scenario %s strikes at %s, before that is known; play it for the whole server, with SetScenario, PUT /scenario or serve --scenario", id, p)
		}
	}
	return nil
}
