package fake

import (
	"net/http"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// point is where faults strike at an upload.
func (u *upload) point() scenarios.Point {
	if u.x.surface == protocol.SurfaceAsync {
		return scenarios.AtAsyncCreate
	}
	return scenarios.AtSyncRequest
}

// meetEarly lets a fault strike as soon as u has told the key, where the scenario has one that answers without the rest. Others wait
// for the audio to begin, so that the tape has all that came before it.
func (u *upload) meetEarly() {
	key := u.value("u")
	if u.met || key == "" { // then it stands elsewhere
		return
	}
	g := u.x.s.check(key, u.x.s.clock.Now(), u.x.peer)
	later := func(error) {} // it is told when the audio begins
	if u.x.s.appointed(g, later).scenario.AnswersUnread(u.point()) {
		u.x.admit(g)
		u.meet()
	}
}

// meet lets a fault strike at the request, whose key is known now and whose audio has not been read. What it wants to be answered
// waits until everything was read, unless it says otherwise. The reply to what makes a job has its fault later, if it needs all of it.
func (u *upload) meet() {
	if u.met {
		return
	}
	if u.x.surface == protocol.SurfaceAsync {
		if u.x.stage.scenario.AnswersUnread(scenarios.AtAsyncCreate) {
			u.forced, u.met = u.x.strike(scenarios.AtAsyncCreate, ""), true
			u.unread = answersUnread(u.forced)
		}
		return
	}
	u.met = true
	held := false
	for _, do := range u.x.strike(scenarios.AtSyncRequest, "") {
		switch d := do.(type) {
		case scenarios.DoDelay:
			held = u.x.delay(d.For) || held
		case scenarios.DoExpireKey:
			if u.x.expireKey(d); u.begun { // else it is looked at later
				u.job.refusal = u.authorize()
			}
		case scenarios.DoDrip:
			u.body.drip = d
		case scenarios.DoClose:
			u.severed = endOfTCP
		case scenarios.DoReset:
			u.severed = resetTCP
		default:
			u.forced = append(u.forced, do)
		}
	}
	if u.unread = answersUnread(u.forced); u.body.drip.Bytes == 0 && !held && !u.unread { // who moved the clock behind a delay is to find the reply written
		u.x.settle() // what comes now is the client's to send
	}
}

func answersUnread(dos []scenarios.Do) bool {
	for _, do := range dos {
		if d, is := do.(scenarios.DoStatus); is && d.Unread {
			return true
		}
	}
	return false
}

// answerUnread answers before the body was read, as a proxy does, and ends the connection: it says so, ends its side, and hears the
// client out for a while, which would else meet a RST before it has read the answer. What was not read, the tape does not judge.
func (u *upload) answerUnread(w http.ResponseWriter) {
	x := u.x
	x.note(scenarios.HTTPRequest, scenarios.In, scenarios.Entry{
		Method: x.r.Method, Target: x.r.RequestURI, Headers: requestHeaders(x.r), Parts: u.parts, Remote: x.peer.String(),
		Text: "answered before its body was read",
	})
	for _, do := range u.forced {
		switch d := do.(type) {
		case scenarios.DoDelay:
			if !x.delay(d.For) {
				panic(http.ErrAbortHandler) // nobody is there any more
			}
		case scenarios.DoStatus:
			r := pageOf(w.Header(), d)
			w.Header()["Connection"] = []string{"close"}
			x.raw(w, r, r.body, func(c *severable, bytes []byte) {
				c.lingers = true
				_ = c.write(bytes)
			})
			return
		default: // the loader refuses it
		}
	}
}
