package scenarios

import (
	"embed"
	"fmt"
	"slices"
	"sync"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/strict"
)

//go:embed statements/*.yaml
var statementFiles embed.FS

// Statement is one small fact about the service.
type Statement struct {
	ID     string
	Says   string
	Basis  protocol.Basis
	Source string
	Reason string // why no script shows it; empty when one does
}

// Statements returns what is known of the service, fact by fact.
func Statements() []Statement {
	all, err := loadStatements()
	if err != nil {
		panic("scenarios: " + err.Error())
	}
	return slices.Clone(all)
}

var loadStatements = sync.OnceValues(func() ([]Statement, error) { //nolint:gochecknoglobals // read once, never changed
	entries, err := statementFiles.ReadDir("statements")
	if err != nil {
		return nil, err
	}
	var all []Statement
	seen := make(map[string]bool)
	for _, entry := range entries {
		data, err := statementFiles.ReadFile("statements/" + entry.Name())
		if err != nil {
			return nil, err
		}
		some, err := ParseStatements("scenarios/statements/"+entry.Name(), data)
		if err != nil {
			return nil, err
		}
		for _, s := range some {
			if seen[s.ID] {
				return nil, fmt.Errorf("scenarios/statements/%s: statement %s is there twice", entry.Name(), s.ID)
			}
			seen[s.ID] = true
		}
		all = append(all, some...)
	}
	return all, nil
})

// ParseStatements reads a list of statements. Errors are *strict.Error.
func ParseStatements(file string, data []byte) ([]Statement, error) {
	var all []Statement
	err := strict.Parse(file, data, func(root strict.Node) {
		for _, item := range root.Items() {
			var s Statement
			item.Map(strict.Fields{
				"id": identifier(&s.ID), "says": strict.NonEmpty(&s.Says), "basis": basis(&s.Basis),
				"source": strict.NonEmpty(&s.Source), "reason": strict.NonEmpty(&s.Reason),
			}, "id", "says", "basis", "source")
			all = append(all, s)
		}
	})
	return all, err
}
