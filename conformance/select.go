package conformance

import (
	"fmt"
	"slices"
	"time"

	"mockamivoice/scenarios"
)

// Labels are what a script can be chosen by: surface, level, basis, statement and id.
func Labels(s *scenarios.Scenario) []string {
	all := []string{string(s.Surface), string(s.Level), s.Basis.String(), s.ID}
	if s.Statement != "" && s.Statement != s.ID {
		all = append(all, s.Statement)
	}
	return all
}

// Filter chooses the scripts whose labels fit an expression in the syntax of Ginkgo's label filters: words, /regular expressions/, !, &&, || and
// parentheses. Everything fits "". That nothing fits is an error.
func Filter(scripts []*scenarios.Scenario, expression string) ([]*scenarios.Scenario, error) {
	if expression == "" {
		return scripts, nil
	}
	fits, err := parseFilter(expression)
	if err != nil {
		return nil, err
	}
	chosen := slices.DeleteFunc(slices.Clone(scripts), func(s *scenarios.Scenario) bool { return !fits(Labels(s)) })
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no scenario fits %q; labels are surfaces, levels, bases, statements and ids", expression)
	}
	return chosen, nil
}

// Cost is what a run asks of a target.
type Cost struct {
	Scripts  int
	Keys     int           // issued
	Requests int           // synchronous
	Jobs     int           // asynchronous
	Lookups  int           // of dictionaries and what is beside them
	Cycles   int           // of streams
	Audio    time.Duration // of generated sounds that hold speech; about, because rates differ
	Waits    time.Duration // real
}

// String is the cost in a sentence.
func (c Cost) String() string {
	return fmt.Sprintf("%d scripts with %d issued keys, %d synchronous requests, %d jobs, %d requests about words and %d streams, about %s of speech, and waits %s in all",
		c.Scripts, c.Keys, c.Requests, c.Jobs, c.Lookups, c.Cycles, c.Audio, c.Waits)
}

// CostOf adds up the scripts that the target will be asked to play.
func CostOf(t Target, scripts []*scenarios.Scenario) Cost {
	var c Cost
	for _, s := range scripts {
		if t.cannot(s) != "" {
			continue
		}
		c.Scripts++
		c.Waits += s.Waits()
		if slices.Contains(s.Uses(), "key") && t.Credentials.Key == "" {
			c.Keys++
		}
		for _, step := range s.Script {
			c.add(step.Action)
		}
	}
	return c
}

const fileSpeech = 7 * time.Second // in the library's audio file

func (c *Cost) add(a scenarios.Action) {
	sound := func(s *scenarios.Sound) {
		switch {
		case s == nil:
		case s.Kind == scenarios.SoundSpeech:
			c.Audio += s.For
		case s.Kind == scenarios.SoundFile:
			c.Audio += fileSpeech
		}
	}
	switch a := a.(type) {
	case scenarios.Issue:
		c.Keys++
	case scenarios.Request:
		c.request(a)
		for _, p := range a.Parts {
			sound(p.Sound)
		}
		if a.Body != nil {
			sound(a.Body.Sound)
		}
	case scenarios.Submit:
		c.Jobs++
		sound(&a.Audio)
	case scenarios.Words:
		c.Lookups++
	case scenarios.Connect:
		c.Cycles++
	case scenarios.Feed:
		sound(&a.Sound)
	}
}

// request counts a raw request. One to the asynchronous interface that is a POST may make a job.
func (c *Cost) request(a scenarios.Request) {
	switch need := a.Needs(); {
	case need == scenarios.CanWords:
		c.Lookups++
	case need == scenarios.CanAsync && a.Method == "POST":
		c.Jobs++
	case need == scenarios.CanAsync:
	default:
		c.Requests++
	}
}
