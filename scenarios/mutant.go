package scenarios

import (
	_ "embed" // for the list

	"mockamivoice/scenarios/strict"
)

//go:embed mutants/mutants.yaml
var mutantsFile []byte

// Mutant is a server that is wrong in one way, with the checks that notice it.
type Mutant struct {
	ID    string
	About string
	Kills []string // ids of the scenarios and laws that do not hold of it, declared beforehand
}

// Mutants returns the servers that the conformance kit is tested with. Errors are *strict.Error.
func Mutants() ([]Mutant, error) {
	var all []Mutant
	err := strict.Parse("scenarios/mutants/mutants.yaml", mutantsFile, func(root strict.Node) {
		for _, item := range root.Items() {
			var m Mutant
			item.Map(strict.Fields{"id": strict.NonEmpty(&m.ID), "about": strict.NonEmpty(&m.About), "kills": strict.Texts(&m.Kills)}, "id", "about", "kills")
			all = append(all, m)
		}
	})
	return all, err
}
