package verdict

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mockamivoice/conformance/judge"
	"mockamivoice/conformance/known"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/strict"
)

// Option shapes a verdict. Options are applied in order; a later one wins.
type Option func(*options)

type options struct {
	tool      string
	laws      []judge.Law
	only      []string // ids of laws; nil for all
	key       string
	surface   protocol.Surface
	level     judge.Level // the lightest that is shown; empty for all
	failOn    judge.Level
	baseline  []known.Entry // that count
	coverage  int           // percent that is required
	scenarios func(id string) (*scenarios.Scenario, error)
}

func newOptions(list []Option) options {
	o := options{tool: "mockamivoice", laws: judge.ClientLaws(), failOn: judge.Must}
	for _, one := range list {
		one(&o)
	}
	if o.scenarios == nil {
		o.scenarios = scenarios.Named
	}
	return o
}

// Of chooses whose laws are asked: those of the client, which is the default, or of the server.
func Of(sides ...judge.Side) Option {
	return func(o *options) {
		o.laws = nil
		if slices.Contains(sides, judge.Client) {
			o.laws = append(o.laws, judge.ClientLaws()...)
		}
		if slices.Contains(sides, judge.Server) {
			o.laws = append(o.laws, judge.ServerLaws()...)
		}
	}
}

// ForKey judges only what was done with the key that has this id.
func ForKey(id string) Option { return func(o *options) { o.key = id } }

// ForSurface judges only what was done on one surface.
func ForSurface(s protocol.Surface) Option { return func(o *options) { o.surface = s } }

// ForLaws asks only these laws. An id that no law has asks none; CheckLaws finds it.
func ForLaws(ids ...string) Option { return func(o *options) { o.only = ids } }

// AtLevel leaves out what is lighter than l.
func AtLevel(l judge.Level) Option { return func(o *options) { o.level = l } }

// FailOn says which level makes a verdict fail: judge.Must, which is the default, or judge.Should for both.
func FailOn(l judge.Level) Option { return func(o *options) { o.failOn = l } }

// WithBaseline puts up with findings of laws that are known not to hold. Entries that ended before the day of today do not count.
func WithBaseline(entries []known.Entry, today time.Time) Option {
	return func(o *options) {
		o.baseline = slices.DeleteFunc(slices.Clone(entries), func(e known.Entry) bool { return !e.Counts(today) })
	}
}

// RequireCoverage fails a verdict when less than this part of the documented failures was met, in percent.
func RequireCoverage(percent int) Option { return func(o *options) { o.coverage = percent } }

// WithScenarios finds the scenarios that a tape names, instead of the library.
func WithScenarios(find func(id string) (*scenarios.Scenario, error)) Option {
	return func(o *options) { o.scenarios = find }
}

// WithTool names the program in reports; without it, it is mockamivoice.
func WithTool(name string) Option { return func(o *options) { o.tool = name } }

// CheckLaws refuses an id that no law of either side has. The error suggests the nearest one.
func CheckLaws(ids ...string) error {
	all := lawIDs()
	for _, id := range ids {
		if !slices.Contains(all, id) {
			return fmt.Errorf("no law is called %q%s", id, strict.DidYouMean(id, all))
		}
	}
	return nil
}

func lawIDs() []string {
	var all []string
	for _, l := range append(judge.ClientLaws(), judge.ServerLaws()...) {
		all = append(all, l.ID)
	}
	return all
}

// chosen are the laws that are asked, by id.
func (o options) chosen() []judge.Law {
	all := slices.DeleteFunc(slices.Clone(o.laws), func(l judge.Law) bool {
		return o.only != nil && !slices.Contains(o.only, l.ID) || o.surface != "" && l.Surface != "" && l.Surface != o.surface
	})
	slices.SortFunc(all, func(a, b judge.Law) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func (o options) heavyEnough(l judge.Level) bool {
	return o.level == "" || weight(l) >= weight(o.level)
}

func (o options) isPart() bool { return o.key != "" || o.surface != "" }

// part are the entries that were asked for: those of a key or surface, what else happened on their connections, and what concerns
// no connection at all.
func (o options) part(entries []scenarios.Entry) []scenarios.Entry {
	if !o.isPart() {
		return entries
	}
	conns := make(map[uint64]bool)
	for i := range entries {
		if e := &entries[i]; (o.key == "" || e.Key == o.key) && (o.surface == "" || e.Surface == string(o.surface)) {
			conns[e.Conn] = true
		}
	}
	var some []scenarios.Entry
	for i := range entries {
		switch e := &entries[i]; {
		case o.key != "" && e.Key != "" && e.Key != o.key, o.surface != "" && e.Surface != "" && e.Surface != string(o.surface):
		case e.Conn == 0 || conns[e.Conn]:
			some = append(some, *e)
		}
	}
	return some
}
