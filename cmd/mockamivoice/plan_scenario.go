package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mockamivoice/scenarios"
)

// planScenarios reads the scenarios that flags name.
func (c *serveCommand) planScenarios(p *plan) error {
	own, err := readFolder(c.Scenarios)
	if err != nil {
		return err
	}
	p.own = own
	if c.Scenario == "" {
		return nil
	}
	if p.scenario, err = playableScenario(c.Scenario, own); err != nil {
		return usage("--scenario: %w", err)
	}
	return nil
}

// playableScenario is the scenario with a play part of that id, among own ones and those of the library, or in that file.
func playableScenario(name string, own []*scenarios.Scenario) (*scenarios.Scenario, error) {
	s, err := scenarioAt(name, own)
	return s, playable(s, err)
}

// playable is err, or what keeps s from being played.
func playable(s *scenarios.Scenario, err error) error {
	if err == nil && s.Play == nil {
		return errors.New(s.ID + " has no play part: it tells what a service does; \"scenarios list --edge\" shows what can be played")
	}
	return err
}

func scenarioAt(name string, own []*scenarios.Scenario) (*scenarios.Scenario, error) {
	isFile := strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") || strings.ContainsRune(name, filepath.Separator)
	if s, err := scenarioNamed(name, own); err == nil || !isFile {
		return s, err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return scenarios.ParseScenario(name, data)
}

func scenarioNamed(id string, own []*scenarios.Scenario) (*scenarios.Scenario, error) {
	if i := slices.IndexFunc(own, func(s *scenarios.Scenario) bool { return s.ID == id }); i >= 0 {
		return own[i], nil
	}
	return scenarios.Named(id)
}

// readFolder reads the scenarios of a folder, and nothing that lies outside of it.
func readFolder(folder string) ([]*scenarios.Scenario, error) {
	if folder == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, usage("--scenarios: %w", err)
	}
	defer func() { _ = root.Close() }()
	var all []*scenarios.Scenario
	seen := make(map[string]string)
	names, err := fs.Glob(root.FS(), "*.y*ml")
	if err != nil {
		return nil, usage("--scenarios: %w", err)
	}
	for _, name := range names {
		data, err := root.ReadFile(name)
		if err != nil {
			return nil, usage("--scenarios: %w", err)
		}
		s, err := scenarios.ParseScenario(filepath.Join(folder, name), data)
		if err != nil {
			return nil, usage("%w", err)
		}
		if seen[s.ID] != "" {
			return nil, usage("--scenarios: %s and %s have the same id %s", seen[s.ID], name, s.ID)
		}
		seen[s.ID] = name
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, usage("--scenarios: there is no .yaml file in %s", folder)
	}
	return all, nil
}

// checkServices refuses a service with a scenario that cannot be played for it. The fake knows scenarios by their ids, so that a
// file would mean nothing to it.
func (p *plan) checkServices() error {
	known := p.own
	if p.scenario != nil {
		known = append(slices.Clip(known), p.scenario)
	}
	for i, svc := range p.services {
		if svc.Scenario == "" {
			continue
		}
		s, err := scenarioNamed(svc.Scenario, known)
		if err = playable(s, err); err != nil {
			return usage("services[%d].scenario: %w", i, err)
		}
		if s.StrikesAt(scenarios.AtHandshake) {
			return usage("services[%d].scenario: %s strikes at the handshake, before any service is known; use --scenario", i, s.ID)
		}
	}
	return nil
}
