package main

import (
	"slices"

	"mockamivoice/scenarios"
)

// scene is what a client met, or is to meet.
type scene struct {
	played *scenarios.Scenario   // of --scenario, nil for none
	set    *scenarios.Scenario   // what a command set itself, nil for nothing
	own    []*scenarios.Scenario // of --scenarios
}

func (c *verdictCommand) scene() (scene, error) {
	own, err := readFolder(c.Scenarios)
	if err != nil {
		return scene{}, err
	}
	s := scene{own: own}
	if c.Scenario == "" {
		return s, nil
	}
	if s.played, err = scenarioAt(c.Scenario, own); err != nil {
		return s, usage("--scenario: %w", err)
	}
	return s, nil
}

// named finds a scenario that a tape names.
func (s scene) named(id string) (*scenarios.Scenario, error) {
	all := append([]*scenarios.Scenario{s.played, s.set}, s.own...)
	if i := slices.IndexFunc(all, func(one *scenarios.Scenario) bool { return one != nil && one.ID == id }); i >= 0 {
		return all[i], nil
	}
	return scenarios.Named(id)
}
