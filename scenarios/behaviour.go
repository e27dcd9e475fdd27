package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mockamivoice/protocol"
)

// Profile is a set of choices for every point of Behaviours.
type Profile uint8

// The profiles.
const (
	ObservedProfile   Profile = iota // what the live service was seen to do, tolerant
	DocumentedProfile                // what the manual says; refuses the rest
)

// ParseProfile reads "observed" or "documented".
func ParseProfile(name string) (Profile, error) {
	switch name {
	case "observed":
		return ObservedProfile, nil
	case "documented":
		return DocumentedProfile, nil
	}
	return 0, fmt.Errorf("profile %q is neither observed nor documented", name)
}

// BehaviourPoint names a place where sources differ or are silent.
type BehaviourPoint string

// The points. See Behaviours for their choices.
const (
	IssueFailure     BehaviourPoint = "issue-failure"
	SyncEmptyAudio   BehaviourPoint = "sync-empty-audio"
	SyncUnsupported  BehaviourPoint = "sync-unsupported-audio"
	SyncNoSpeech     BehaviourPoint = "sync-no-speech"
	SyncEngine       BehaviourPoint = "sync-unknown-engine"
	SyncNoEngine     BehaviourPoint = "sync-no-engine"
	SyncOversize     BehaviourPoint = "sync-oversize"
	SyncRawBody      BehaviourPoint = "sync-raw-body"
	HeaderlessAudio  BehaviourPoint = "headerless-audio"
	MP4Audio         BehaviourPoint = "mp4-audio"
	AsyncV1          BehaviourPoint = "async-v1"
	AsyncSilence     BehaviourPoint = "async-silence"
	StreamEarly      BehaviourPoint = "stream-early-packet"
	StreamEndFailed  BehaviourPoint = "stream-end-after-error"
	StreamRefused    BehaviourPoint = "stream-refused-start"
	StreamEngine     BehaviourPoint = "stream-unknown-engine"
	StreamAddress    BehaviourPoint = "stream-refused-address"
	StreamControl    BehaviourPoint = "stream-control-frame"
	StreamLineEnd    BehaviourPoint = "stream-line-end"
	StreamCloseCode  BehaviourPoint = "stream-close-code"
	StreamInfoEvents BehaviourPoint = "stream-info-events"
)

// Behaviour is one point with its choices.
type Behaviour struct {
	Point      BehaviourPoint
	Choices    []string
	Observed   string // the choice of ObservedProfile
	Documented string // the choice of DocumentedProfile
	Basis      protocol.Basis
	About      string
}

// Behaviours is the whole table of places where the profiles differ, or where a test may want the other choice.
func Behaviours() []Behaviour {
	return slices.Concat(httpBehaviours(), asyncBehaviours(), streamBehaviours())
}

func httpBehaviours() []Behaviour {
	return []Behaviour{
		{IssueFailure, []string{"empty200", "4xx-json"}, "empty200", "4xx-json", protocol.Observed, "an issuer that cannot issue answers 200 without a body, or a status and JSON"},
		{SyncEmptyAudio, []string{"empty", "o"}, "empty", "o", protocol.Observed, "no audio, or no a part: empty success, or code o"},
		{SyncUnsupported, []string{"empty", "+"}, "empty", "+", protocol.Observed, "audio that cannot be read: empty success, or code +"},
		{SyncNoSpeech, []string{"empty", "o"}, "empty", "o", protocol.Observed, "sound without speech: empty success, or code o; digital silence is always o"},
		{SyncEngine, []string{"empty", "-"}, "empty", "-", protocol.Observed, "an engine that is unknown or not in the contract: empty success, or code -"},
		{SyncNoEngine, []string{"empty", "x"}, "empty", "x", protocol.Assumed, "no engine at all: empty success, or code x"},
		{SyncOversize, []string{"code", "413"}, "code", "code", protocol.Assumed, "audio over the limit: 200 with code %, or HTTP 413 (seen once)"},
		{SyncRawBody, []string{"accept", "refuse"}, "accept", "accept", protocol.Observed, "a request whose body is the audio itself"},
		{HeaderlessAudio, []string{"lsb", "refuse"}, "lsb", "refuse", protocol.Observed, "audio without a header where one is needed: taken as little-endian PCM, or not supported"},
		{MP4Audio, []string{"refuse", "accept"}, "refuse", "refuse", protocol.Assumed, "MP4 (AAC), which older and newer texts of the vendor see differently"},
	}
}

func asyncBehaviours() []Behaviour {
	return []Behaviour{
		{AsyncV1, []string{"serve", "404"}, "serve", "serve", protocol.Assumed, "the first version of asynchronous jobs, whose end was announced for about 2026-07-31: served, or not there any more"},
		{AsyncSilence, []string{"error", "empty"}, "error", "error", protocol.Inferred, "a job over digital silence: ends in error with code o, or in an empty result"},
	}
}

func streamBehaviours() []Behaviour {
	return []Behaviour{
		{StreamEarly, []string{"queue", "refuse"}, "queue", "refuse", protocol.Inferred, "p or e before the answer to s"},
		{StreamEndFailed, []string{"plain", "error"}, "plain", "error", protocol.Inferred, "the answer to an e that follows a p error"},
		{StreamRefused, []string{"close", "keep-open"}, "close", "close", protocol.Observed, "the connection after a refused s; the state table goes back to the start, clients saw it closed"},
		{StreamEngine, []string{"unauthorized", "unavailable"}, "unauthorized", "unauthorized", protocol.Observed, "an engine that is unknown or not in the contract: refused like a wrong key, or as if no recognizer were free (recalled)"},
		{StreamAddress, []string{"unauthorized", "unverified"}, "unauthorized", "unauthorized", protocol.Inferred, "an address outside the allow-list: refused like a wrong key, or as if the key could not be checked (recalled)"},
		{StreamControl, []string{"pong", "drop"}, "pong", "pong", protocol.Observed, "a ping or pong of the client; one client saw the service drop the connection"},
		{StreamLineEnd, []string{"none", "lf", "crlf"}, "none", "none", protocol.Observed, "what ends a message; the vendor's libraries strip a line end"},
		{StreamCloseCode, []string{"empty", "1000"}, "empty", "empty", protocol.Observed, "the payload of the close frame; a code breaks one of the vendor's clients"},
		{StreamInfoEvents, []string{"off", "on"}, "off", "off", protocol.Observed, "G packets before the answer to s and after the first p"},
	}
}

// Choice is a valid choice for a point.
type Choice struct {
	point BehaviourPoint
	value string
}

// ParseChoice checks that point and value are in the table of Behaviours.
func ParseChoice(point, value string) (Choice, error) {
	var points []string
	for _, b := range Behaviours() {
		if string(b.Point) != point {
			points = append(points, string(b.Point))
			continue
		}
		if slices.Contains(b.Choices, value) {
			return Choice{b.Point, value}, nil
		}
		return Choice{}, fmt.Errorf("behaviour %s: %q is not one of %s", point, value, strings.Join(b.Choices, ", "))
	}
	return Choice{}, fmt.Errorf("no behaviour is called %q; there are %s", point, strings.Join(points, ", "))
}

// Choices says how every point goes. Its zero value goes as ObservedProfile does.
type Choices struct{ byPoint map[BehaviourPoint]string }

// Choices are the choices of the profile.
func (p Profile) Choices() Choices {
	c := Choices{byPoint: make(map[BehaviourPoint]string)}
	for _, b := range Behaviours() {
		c.byPoint[b.Point] = b.Observed
		if p == DocumentedProfile {
			c.byPoint[b.Point] = b.Documented
		}
	}
	return c
}

// IsZero reports whether c is its zero value.
func (c Choices) IsZero() bool { return c.byPoint == nil }

// Of is how point goes.
func (c Choices) Of(point BehaviourPoint) string { return c.byPoint[point] }

// Is reports whether point goes as value says.
func (c Choices) Is(point BehaviourPoint, value string) bool { return c.byPoint[point] == value }

// With are the choices with one of them replaced.
func (c Choices) With(choice Choice) Choices {
	if c.byPoint == nil {
		c = ObservedProfile.Choices()
	}
	c.byPoint = maps.Clone(c.byPoint)
	c.byPoint[choice.point] = choice.value
	return c
}
