// Package clock makes time a dependency: whoever needs the time, or a timer, is given a Clock.
package clock

import "time"

// Clock tells the time and runs functions later. Implementations are safe for concurrent use.
type Clock interface {
	// Now is the current instant.
	Now() time.Time
	// AfterFunc arranges that f runs once, d from now. A d that is not positive is due at once.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a function that waits for its time.
type Timer interface {
	// Stop keeps the function from running and is true when it did: the function had neither started nor been stopped.
	Stop() bool
}

// At arranges that f runs once, when c shows due; one that has passed is due at once. Unlike AfterFunc with the time that is left
// it does not lose what a manual clock moves on meanwhile.
func At(c Clock, due time.Time, f func()) Timer {
	if m, ok := c.(*Manual); ok {
		return m.at(due, f)
	}
	return c.AfterFunc(due.Sub(c.Now()), f)
}

// System is the Clock of the machine. Its functions run on goroutines of their own. The zero value works.
type System struct{}

// Now implements Clock.
func (System) Now() time.Time { return time.Now() }

// AfterFunc implements Clock.
func (System) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
