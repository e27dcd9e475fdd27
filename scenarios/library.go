package scenarios

import (
	"embed"
	"fmt"
	"slices"
	"sync"

	"mockamivoice/scenarios/strict"
)

//go:embed library/*.yaml
var libraryFiles embed.FS

//go:embed audio
var audioFiles embed.FS

// Library returns the scenarios that come with the program, by id. The slice is the caller's, the scenarios are shared.
func Library() []*Scenario {
	all, err := loadLibrary()
	if err != nil {
		panic("scenarios: " + err.Error())
	}
	return slices.Clone(all)
}

// Scripts returns the scenarios of the library that have a script.
func Scripts() []*Scenario {
	return slices.DeleteFunc(Library(), func(s *Scenario) bool { return s.Script == nil })
}

// EdgeCases returns the scenarios of the library that the fake can play.
func EdgeCases() []*Scenario {
	return slices.DeleteFunc(Library(), func(s *Scenario) bool { return s.Play == nil })
}

var loadLibrary = sync.OnceValues(func() ([]*Scenario, error) { //nolint:gochecknoglobals // read once, never changed
	entries, err := libraryFiles.ReadDir("library")
	if err != nil {
		return nil, err
	}
	var all []*Scenario
	for _, entry := range entries {
		data, err := libraryFiles.ReadFile("library/" + entry.Name())
		if err != nil {
			return nil, err
		}
		s, err := ParseScenario("scenarios/library/"+entry.Name(), data)
		if err != nil {
			return nil, err
		}
		if entry.Name() != s.ID+".yaml" {
			return nil, fmt.Errorf("%s: the file must be named after the id %s", s.File, s.ID)
		}
		all = append(all, s)
	}
	return all, nil
})

// Named finds a scenario of the library. The error suggests the nearest name.
func Named(id string) (*Scenario, error) {
	all := Library()
	ids := make([]string, 0, len(all))
	for _, s := range all {
		if s.ID == id {
			return s, nil
		}
		ids = append(ids, s.ID)
	}
	return nil, fmt.Errorf("no scenario is called %q%s", id, strict.DidYouMean(id, ids))
}

// Bytes returns the bytes of the file that the scenario was read from, which are not to be changed. One that was made in Go has
// none.
func (s *Scenario) Bytes() ([]byte, error) {
	if s.text == nil {
		return nil, fmt.Errorf("scenario %s was not read from a file", s.ID)
	}
	return s.text, nil
}

// AudioFile returns a sound of the library.
func AudioFile(name string) ([]byte, error) {
	data, err := audioFiles.ReadFile("audio/" + name)
	if err != nil {
		return nil, fmt.Errorf("there is no audio file %q in the library", name)
	}
	return data, nil
}
