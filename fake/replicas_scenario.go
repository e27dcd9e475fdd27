package fake

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"mockamivoice/scenarios"
)

// programme is what is played, as the store keeps it.
type programme struct {
	Change string `json:"run"`             // differs from programme to programme
	First  bool   `json:"first,omitempty"` // what each Server began with
	ID     string `json:"id,omitempty"`    // of the scenario; without it and First nothing is played
	File   string `json:"file,omitempty"`  // its text, for those who do not have it
}

// announce makes p what all replicas play, and tells them by topic. Own is its scenario.
func (s *Server) announce(p programme, topic string, own *scenarios.Scenario) error {
	ctx, cancel := context.WithTimeout(s.replicas.life, storeTime)
	defer cancel()
	p.Change = rand.Text()
	text, _ := json.Marshal(p) // there is nothing in it that fails
	if err := s.store.Put(ctx, sharedProgramme, text, 0); err != nil {
		return fmt.Errorf("%w: %w", ErrUnshared, err)
	}
	err := s.adoptProgramme(ctx, own)
	s.tell(ctx, topic, nil)
	return err
}

// programmeOf is what the store keeps of a scenario, nil for none.
func programmeOf(sc *scenarios.Scenario) programme {
	if sc == nil {
		return programme{}
	}
	text, err := sc.Bytes()
	if err != nil {
		return programme{ID: sc.ID} // made in Go; those who know it by its id can play it
	}
	return programme{ID: sc.ID, File: string(text)}
}

// adoptProgramme plays what the store says. Own is the scenario to take when it is what the store names, nil to make it of the
// store's text. A store that has lost its programme is given it again.
func (s *Server) adoptProgramme(ctx context.Context, own *scenarios.Scenario) error {
	r := &s.replicas
	r.mu.Lock() // over the look-up, so that what was stored last is played last
	defer r.mu.Unlock()
	text, ok, err := s.store.Get(ctx, sharedProgramme)
	if err != nil {
		return err
	}
	if !ok {
		if r.programme != nil {
			_, err = s.store.Swap(ctx, sharedProgramme, nil, r.programme, 0)
		}
		return err
	}
	if string(text) == string(r.programme) {
		return nil // a break without news does not count anew
	}
	var p programme
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("the scenario in the store: %w", err)
	}
	sc, err := s.scenarioOf(p, own)
	if err != nil {
		return fmt.Errorf("the scenario in the store: %w", err)
	}
	if err := s.theatre.set(sc, p.Change); err != nil {
		return err
	}
	r.programme = text
	return nil
}

func (s *Server) scenarioOf(p programme, own *scenarios.Scenario) (*scenarios.Scenario, error) {
	switch {
	case p.First:
		return s.theatre.first, nil
	case p.ID == "":
		return nil, nil //nolint:nilnil // nothing is played
	case own != nil && programmeOf(own).File == p.File && own.ID == p.ID:
		return own, nil
	case p.File == "":
		return s.ScenarioNamed(p.ID)
	}
	return scenarios.ParseScenario(p.ID+".yaml", []byte(p.File))
}
