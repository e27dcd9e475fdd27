package scenarios

import (
	"slices"
	"time"

	"mockamivoice/scenarios/strict"
)

// readStatus reads a status alone.
func readStatus(n strict.Node) (a DoStatus) {
	if strict.Int(&a.Status, 200)(n); a.Status > 599 {
		n.Fail("is no HTTP status")
	}
	return a
}

// readDoStatus reads a status with what stands beside it.
func readDoStatus(n strict.Node) Do {
	a := DoStatus{}
	n.Map(strict.Fields{
		"status": func(v strict.Node) { a.Status = readStatus(v).Status },
		"retry-after": func(v strict.Node) {
			if strict.Duration(&a.RetryAfter)(v); a.RetryAfter < time.Second || a.RetryAfter%time.Second != 0 {
				v.Fail("must be whole seconds, at least one: the header has no other form")
			}
		},
		"unread": func(v strict.Node) {
			if strict.Bool(&a.Unread)(v); !a.Unread {
				v.Fail("must be true; leave it out otherwise")
			}
		},
	}, "status")
	return a
}

// checkUnread refuses to answer what has no body before it was read, and what needs all of it for something else.
func (f *Fault) checkUnread(n strict.Node, d DoStatus) {
	alone := func(d Do) bool {
		_, waits := d.(DoDelay)
		status, is := d.(DoStatus)
		return waits || is && status.Unread
	}
	switch {
	case !d.Unread:
	case f.At != AtSyncRequest && f.At != AtAsyncCreate:
		n.Fail("unread is for uploads: %s and %s", AtSyncRequest, AtAsyncCreate)
	case slices.ContainsFunc(f.Do, func(d Do) bool { return !alone(d) }):
		n.Fail("only delays go with a status that is unread, before it")
	}
}

// isUnread tells whether it answers an upload that was not read.
func (f *Fault) isUnread() bool {
	return slices.ContainsFunc(f.Do, func(d Do) bool { s, is := d.(DoStatus); return is && s.Unread })
}

// AnswersUnread tells whether a fault of s can answer an upload at this point before it was read.
func (s *Scenario) AnswersUnread(at Point) bool {
	return s != nil && s.Play != nil && slices.ContainsFunc(s.Play.Faults, func(f Fault) bool { return f.At == at && f.isUnread() })
}
