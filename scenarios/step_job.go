package scenarios

import (
	"strings"
	"time"

	"mockamivoice/protocol"
)

// Carrier says how a request carries its key.
type Carrier string

// The carriers.
const (
	KeyInPart   Carrier = "u"      // the part u of a create request
	KeyInQuery  Carrier = "query"  // u in the query
	KeyInD      Carrier = "d"      // authorization= inside of d
	KeyInHeader Carrier = "header" // Authorization: Bearer
	KeyNowhere  Carrier = "none"
)

// Submit makes a job, and expects to get its id.
type Submit struct {
	Version int      // 1 or 2; default 2
	Key     Carrier  // of ${key}; default KeyInPart
	D       Template // parameters
	C       Template // format; empty for none
	Audio   Sound
	As      string // variable that gets the id; default "job"
}

// Poll asks where a job stands. With Until it asks until the job is there or beyond, or has ended.
type Poll struct {
	Version       int      // 1 or 2; default 2
	Authorization Template // header, empty for none; default "Bearer ${key}"
	Job           Template // default ${job}
	Until         protocol.JobState
	Within        time.Duration // of clock time, for Until; default 15 m
}

// Path is where the job is on the service.
func (p Poll) Path() Template { return Template(asyncPath(p.Version)) + "/" + p.Job }

func (s Submit) templates() []Template {
	if s.Key == KeyNowhere {
		return []Template{s.D, s.C}
	}
	return []Template{s.D, s.C, "${key}"}
}

// Path is where jobs are made on the service.
func (s Submit) Path() string { return asyncPath(s.Version) }

func asyncPath(version int) string {
	if version == 1 {
		return protocol.PathAsyncV1
	}
	return protocol.PathAsyncV2
}

// WordsAct is what a Words step does.
type WordsAct string

// What a Words step can do.
const (
	WordsGet     WordsAct = "get"     // reads the words of a profile
	WordsSet     WordsAct = "set"     // puts words in the place of all that a profile has
	WordsList    WordsAct = "list"    // names the profiles
	WordsClasses WordsAct = "classes" // names the classes of the engine
)

// Words is one request to a dictionary.
type Words struct {
	Act           WordsAct
	Authorization Template // header, empty for none; default "Bearer ${key}"
	Profile       Template // of WordsGet and WordsSet
	Engine        Template // with its leading dash
	ADF           Template // empty for none
	List          []any    // of WordsSet: words as JSON has them
}

// Path is where the request goes on the service.
func (w Words) Path() Template {
	switch w.Act {
	case WordsClasses:
		return "/classnames/" + w.Engine
	case WordsList:
		return "/profilewords/" + w.Engine + "/"
	case WordsGet, WordsSet:
	}
	return "/profilewords/" + w.Engine + "/" + w.Profile
}

// Verb implements Action.
func (Submit) Verb() string { return "submit" }

// Verb implements Action.
func (Poll) Verb() string { return "poll" }

// Verb implements Action.
func (Words) Verb() string { return "words" }

// Needs is what the target of the request has to offer.
func (r Request) Needs() Capability {
	path := string(r.Path)
	switch {
	case path == protocol.PathIssue:
		return CanIssue
	case isUnder(path, protocol.PathAsyncV1), isUnder(path, protocol.PathAsyncV2):
		return CanAsync
	case isBesideRecognition(path):
		return CanWords
	}
	return CanSync
}

// isBesideRecognition tells whether path belongs to dictionaries or to one of the small families beside them.
func isBesideRecognition(path string) bool {
	for _, family := range []string{"/profilewords", "/classnames", "/v1/sentiment-analysis", "/util/api"} {
		if isUnder(path, family) {
			return true
		}
	}
	return false
}

func isUnder(path, family string) bool {
	rest, ok := strings.CutPrefix(path, family)
	return ok && (rest == "" || rest[0] == '/')
}
