package fake

import "mockamivoice/scenarios"

// Profile is a set of choices for every point of Behaviours.
type Profile = scenarios.Profile

// The profiles.
const (
	ObservedProfile   = scenarios.ObservedProfile   // what the live service was seen to do, tolerant
	DocumentedProfile = scenarios.DocumentedProfile // what the manual says; refuses the rest
)

// Behaviour is one place where sources differ or are silent, with its choices.
type Behaviour = scenarios.Behaviour

// Choice is a valid choice for such a place.
type Choice = scenarios.Choice

// ParseProfile reads "observed" or "documented".
func ParseProfile(name string) (Profile, error) { return scenarios.ParseProfile(name) }

// Behaviours is the whole table of places where the profiles differ, or where a test may want the other choice.
func Behaviours() []Behaviour { return scenarios.Behaviours() }

// ParseChoice checks that point and value are in the table of Behaviours.
func ParseChoice(point, value string) (Choice, error) { return scenarios.ParseChoice(point, value) }
