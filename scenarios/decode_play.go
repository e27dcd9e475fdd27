package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/strict"
)

const (
	mostFaults   = 100
	mostCopies   = 1000
	mostRepeats  = 10_000
	mostTokens   = 50_000    // of a result, repeats included
	mostText     = 512 << 10 // bytes of it
	eventLetters = "S E C U A G"
)

func (s *Scenario) readPlay(n strict.Node) {
	s.Play = &Play{}
	p := s.Play
	n.Map(strict.Fields{
		"transcripts": func(v strict.Node) {
			for _, item := range v.Items() {
				p.Transcripts = append(p.Transcripts, readSaid(item))
			}
		},
		"faults": func(v strict.Node) {
			for _, item := range v.Items() {
				p.Faults = append(p.Faults, readFault(item))
			}
			if len(p.Faults) > mostFaults {
				v.Fail("has %d faults; %d are enough for one idea", len(p.Faults), mostFaults)
			}
		},
		"behaviour": func(v strict.Node) {
			for _, pair := range v.Pairs() {
				c, err := ParseChoice(pair.Name, pair.Value.Text())
				if err != nil {
					pair.Key.Fail("%v", err)
				}
				p.Behaviour = append(p.Behaviour, c)
			}
		},
		"limits": p.Limits.read,
		"jobs":   readJobs(&p.Jobs),
	})
	if len(p.Transcripts)+len(p.Faults)+len(p.Behaviour) == 0 && p.Limits == (Limits{}) && p.Jobs == "" {
		n.Fail("changes nothing: name transcripts, faults, behaviour, limits or jobs")
	}
}

var jobsForm = regexp.MustCompile(`^(at-once|told|clock=[0-9a-zµ.]+|polls=[1-9][0-9]{0,3})$`)

func readJobs(dst *string) strict.Reader {
	return func(n strict.Node) {
		*dst = n.Text()
		_, life, byClock := strings.Cut(*dst, "clock=")
		d, err := time.ParseDuration(life)
		if !jobsForm.MatchString(*dst) || byClock && (err != nil || d <= 0) {
			n.Fail("%q is none of at-once, clock=3s, polls=2, told", *dst)
		}
	}
}

func (l *Limits) read(n strict.Node) {
	n.Map(strict.Fields{
		"retention": strict.Duration(&l.Retention),
		"no_data":   strict.Duration(&l.NoData), "non_speech": strict.Duration(&l.NonSpeech), "session": strict.Duration(&l.Session),
		"idle": strict.Duration(&l.Idle), "utterance": strict.Duration(&l.Utterance),
		"upload": func(v strict.Node) {
			var bytes int
			strict.Int(&bytes, 1)(v)
			l.Upload = int64(bytes)
		},
	})
}

// readFault reads one fault. With nth it strikes once unless times says otherwise, without it always.
func readFault(n strict.Node) Fault {
	f := Fault{Nth: 1, Line: n.Line()}
	var counted, bounded bool
	n.Map(strict.Fields{
		"at":  strict.OneOf(&f.At, Points()...),
		"of":  strict.OneOf(&f.Of, strings.Fields(eventLetters)...),
		"nth": func(v strict.Node) { strict.Int(&f.Nth, 1)(v); counted = true },
		"times": func(v strict.Node) {
			bounded = true
			if v.Text() != "all" {
				strict.Int(&f.Times, 1)(v)
			}
		},
		"per": func(v strict.Node) {
			var per string
			strict.OneOf(&per, "key", "server")(v)
			f.All = per == "server"
		},
		"do": func(v strict.Node) { f.Do = readDos(v) },
	}, "at", "do")
	if counted && !bounded {
		f.Times = 1
	}
	if f.Of != "" && f.At != AtEvent {
		n.Fail("of: is for %s; every %s is alike", AtEvent, f.At)
	}
	f.check(n)
	return f
}

// check refuses what cannot be done at the point, or after what was done before.
func (f *Fault) check(n strict.Node) {
	allowed := doable(f.At)
	for i, d := range f.Do {
		if !slices.Contains(allowed, d.Word()) {
			n.Fail("%s cannot be done at %s; there are %s", d.Word(), f.At, strings.Join(allowed, ", "))
			return
		}
		if i < len(f.Do)-1 && !goesOn(d) {
			n.Fail("nothing can follow %s; it has to be the last of do", d.Word())
			return
		}
		switch d := d.(type) {
		case DoStatus:
			f.checkUnread(n, d)
		case DoError:
			f.checkError(n, d.ID)
		case DoResult:
			if f.At == AtEvent && f.Of != "A" {
				n.Fail("a result can only stand in for an A: add of: A")
			}
		case DoOrder:
			if f.Of == "" || !slices.Contains(d.Letters, f.Of) {
				n.Fail("order begins at an event that it names: add of: with one of %s", strings.Join(d.Letters, ", "))
			}
		default:
		}
	}
}

// checkError refuses an error that the point cannot answer with.
func (f *Fault) checkError(n strict.Node, id protocol.ErrorID) {
	e, known := protocol.ErrorNamed(id)
	if !known {
		return // readDo has told so
	}
	surface := f.At.Surface()
	if f.At == AtAsyncResult { // a job ends as a recording does
		surface = protocol.SurfaceSync
	}
	polls := strings.HasPrefix(string(id), "async.poll.")
	if surface == protocol.SurfaceAsync && polls != (f.At == AtAsyncPoll) {
		n.Fail("%s is no answer at %s", id, f.At)
		return
	}
	packets := map[Point]string{AtStart: "s", AtFeed: "pe", AtEnd: "ep"}[f.At]
	if e.Surface != surface || packets != "" && !strings.ContainsRune(packets, rune(e.Packet)) {
		n.Fail("%s is no answer at %s", id, f.At)
	}
}

// goesOn tells whether something can follow d.
func goesOn(d Do) bool {
	switch d.(type) {
	case DoDelay, DoSend, DoExpireKey, DoReplace, DoResult, DoGarble:
		return true
	}
	return false
}

// Doable are the words of what can be done at a point.
func doable(p Point) []string {
	switch p {
	case AtIssue:
		return []string{"error", "status", "delay", "stall", "no-answer", "close", "reset", "truncate", "garble", "drip", "replace", "expire-key"}
	case AtSyncRequest:
		return []string{"error", "status", "delay", "stall", "no-answer", "close", "reset", "drip", "expire-key"}
	case AtSyncResponse:
		return []string{"error", "status", "delay", "stall", "no-answer", "close", "reset", "truncate", "garble", "drip", "replace", "result"}
	case AtAsyncCreate:
		return []string{"error", "status", "delay", "stall", "no-answer", "close", "reset", "truncate", "garble", "drip", "replace", "expire-key"}
	case AtAsyncPoll:
		return []string{"error", "status", "delay", "stall", "no-answer", "close", "reset", "truncate", "garble", "drip", "replace", "expire-key", "state"}
	case AtAsyncResult:
		return []string{"error", "status", "delay", "stall", "no-answer", "close", "reset", "truncate", "garble", "drip", "replace", "result", "state"}
	case AtWordsRequest:
		return []string{"error", "status", "delay", "stall", "no-answer", "close", "reset", "truncate", "garble", "drip", "replace", "expire-key"}
	case AtHandshake:
		return []string{"status", "delay", "stall", "close", "reset", "truncate", "drip"}
	case AtStart:
		return []string{"error", "delay", "stall", "no-answer", "close", "reset", "send", "replace", "expire-key", "limit"}
	case AtFeed:
		return []string{"error", "delay", "stall", "close", "reset", "drop", "duplicate", "send", "expire-key", "limit"}
	case AtEvent:
		return []string{"delay", "stall", "close", "reset", "truncate", "garble", "drip", "drop", "duplicate", "order", "send", "replace", "result"}
	case AtEnd:
		return []string{"error", "delay", "stall", "no-answer", "close", "reset", "send", "replace", "limit"}
	}
	return nil
}

func readDos(n strict.Node) []Do {
	items := []strict.Node{n}
	if n.IsList() {
		items = n.Items()
	}
	var all []Do
	for _, item := range items {
		if d := readDo(item); d != nil {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		n.Fail("does nothing")
	}
	return all
}

// readDo reads a bare word, or a mapping of the word to what it needs.
func readDo(n strict.Node) (d Do) {
	bare := map[string]Do{
		"stall": DoStall{}, "no-answer": DoNoAnswer{}, "close": DoClose{}, "reset": DoReset{}, "garble": DoGarble{}, "drop": DoDrop{},
		"duplicate": DoDuplicate{Times: 2}, "expire-key": DoExpireKey{},
	}
	if !n.IsMap() {
		word := n.Text()
		d, known := bare[word]
		if !known {
			n.Fail("%q cannot be done%s", word, strict.DidYouMean(word, doWords()))
		}
		return d
	}
	if slices.ContainsFunc(n.Pairs(), func(p strict.Pair) bool { return p.Name == "status" }) {
		return readDoStatus(n)
	}
	fields := doFields(&d)
	for word, action := range bare {
		if _, has := fields[word]; !has {
			fields[word] = func(v strict.Node) { onlyTrue(v); d = action }
		}
	}
	n.One("action", fields)
	return d
}

// doWords are all the words of actions.
func doWords() []string {
	var all []string
	for _, p := range Points() {
		all = append(all, doable(p)...)
	}
	return all
}

// doFields read what an action needs into d.
func doFields(d *Do) strict.Fields {
	return strict.Fields{
		"error":  func(v strict.Node) { *d = readDoError(v) },
		"status": func(v strict.Node) { *d = readStatus(v) }, // readDoStatus reads what else may stand there
		"delay": func(v strict.Node) {
			a := DoDelay{}
			strict.Duration(&a.For)(v)
			*d = a
		},
		"close": func(v strict.Node) {
			a := DoClose{}
			v.Map(strict.Fields{"code": strict.Int(&a.Code, 1000)}, "code")
			if a.Code > 4999 || a.Code == 1005 || a.Code == 1006 || a.Code == 1015 {
				v.Fail("is no code that a close frame can carry")
			}
			*d = a
		},
		"truncate": func(v strict.Node) { *d = readTruncate(v) },
		"drip": func(v strict.Node) {
			a := DoDrip{Bytes: 1}
			v.Map(strict.Fields{"bytes": strict.Int(&a.Bytes, 1), "every": strict.Duration(&a.Every)}, "every")
			*d = a
		},
		"duplicate": func(v strict.Node) {
			a := DoDuplicate{}
			if strict.Int(&a.Times, 2)(v); a.Times > mostCopies {
				v.Fail("is more than %d", mostCopies)
			}
			*d = a
		},
		"order":   func(v strict.Node) { *d = readOrder(v) },
		"send":    func(v strict.Node) { a := DoSend{}; strict.NonEmpty(&a.Text)(v); *d = a },
		"replace": func(v strict.Node) { a := DoReplace{}; a.Text = v.Text(); *d = a },
		"result":  func(v strict.Node) { *d = DoResult{readSaid(v)} },
		"limit": func(v strict.Node) {
			a := DoLimit{}
			strict.OneOf(&a.Name, LimitNoData, LimitNonSpeech, LimitSession, LimitIdle)(v)
			*d = a
		},
		"state": func(v strict.Node) {
			a := DoState{}
			strict.OneOf(&a.State, protocol.JobStates()...)(v)
			*d = a
		},
		"expire-key": func(v strict.Node) {
			a := DoExpireKey{}
			strict.Duration(&a.Ago)(v)
			*d = a
		},
	}
}

func readDoError(n strict.Node) Do {
	id := n.Text()
	ids := make([]string, 0, 40)
	for _, e := range protocol.Catalogue() {
		ids = append(ids, string(e.ID))
	}
	if !slices.Contains(ids, id) {
		n.Fail("no error of the catalogue is called %q%s", id, strict.DidYouMean(id, ids))
	}
	return DoError{ID: protocol.ErrorID(id)}
}

func readTruncate(n strict.Node) Do {
	a := DoTruncate{}
	var has int
	n.Map(strict.Fields{
		"bytes": func(v strict.Node) { strict.Int(&a.Bytes, 0)(v); has++ },
		"fraction": func(v strict.Node) {
			has++
			f, ok := v.Any().(float64)
			if a.Fraction = f; !ok || f <= 0 || f >= 1 {
				v.Fail("must be a number between 0 and 1")
			}
		},
	})
	if has != 1 {
		n.Fail("needs one of bytes and fraction")
	}
	return a
}

func readOrder(n strict.Node) Do {
	a := DoOrder{}
	for _, item := range n.Items() {
		var letter string
		strict.OneOf(&letter, strings.Fields(eventLetters)...)(item)
		if slices.Contains(a.Letters, letter) {
			item.Fail("%s is there twice", letter)
		}
		a.Letters = append(a.Letters, letter)
	}
	if len(a.Letters) < 2 {
		n.Fail("needs at least two letters")
	}
	return a
}

func readSaid(n strict.Node) Said {
	s := Said{Repeat: 1}
	if !n.IsMap() {
		s.Text = n.Text()
		return s
	}
	isText := false
	n.Map(strict.Fields{
		"text": func(v strict.Node) { s.Text = v.Text(); isText = true },
		"code": func(v strict.Node) {
			if s.Code = v.Text(); messageOf(s.Code) == "" {
				v.Fail("%q is no code of a failed result; there are %s", s.Code, strings.Join(codes(), " "))
			}
		},
		"confidence": number(&s.Confidence),
		"repeat": func(v strict.Node) {
			if strict.Int(&s.Repeat, 1)(v); s.Repeat > mostRepeats {
				v.Fail("is more than %d", mostRepeats)
			}
		},
		"tokens": func(v strict.Node) {
			for _, item := range v.Items() {
				s.Tokens = append(s.Tokens, readToken(item))
			}
		},
	})
	switch said := isText || len(s.Tokens) > 0; {
	case said && s.Code != "":
		n.Fail("has a code and a text; a failed result has no text")
	case !said && s.Code == "":
		n.Fail(`needs text, tokens or code; text: "" is an empty result`)
	}
	if !isText {
		for _, t := range s.Tokens {
			s.Text += t.Written
		}
	}
	if tokens, bytes := s.size(); tokens > mostTokens || bytes > mostText {
		n.Fail("is too large: a result has at most %d tokens and %d bytes of text, repeats included", mostTokens, mostText)
	}
	return s
}

// size is how many tokens and bytes of text are said in all.
func (s Said) size() (tokens, bytes int) {
	tokens, bytes = len(s.Tokens), len(s.Text)
	for _, t := range s.Tokens {
		bytes += len(t.Spoken.Value) + len(t.Label.Value)
	}
	if tokens == 0 {
		tokens = len(strings.Fields(s.Text))
	}
	if runes := utf8.RuneCountInString(s.Text); tokens == 1 && len(s.Tokens) == 0 && runes < len(s.Text) {
		tokens = runes // each character becomes one
	}
	return tokens * s.Repeat, bytes * s.Repeat
}

func readToken(n strict.Node) protocol.Token {
	var t protocol.Token
	milliseconds := func(dst *protocol.Maybe[int]) strict.Reader {
		return func(v strict.Node) { strict.Int(&dst.Value, 0)(v); dst.OK = true }
	}
	text := func(dst *protocol.Maybe[string]) strict.Reader {
		return func(v strict.Node) { *dst = protocol.Some(v.Text()) }
	}
	n.Map(strict.Fields{
		"written": strict.Text(&t.Written), "spoken": text(&t.Spoken), "label": text(&t.Label), "confidence": number(&t.Confidence),
		"starttime": milliseconds(&t.StartTime), "endtime": milliseconds(&t.EndTime),
	}, "written")
	return t
}

func number(dst *protocol.Maybe[float64]) strict.Reader {
	return func(n strict.Node) {
		f, ok := n.Any().(float64)
		if !ok {
			n.Fail("must be a number")
		}
		*dst = protocol.Some(f)
	}
}

// messageOf is the message that goes with the code of a failed result, or "".
func messageOf(code string) string {
	for _, e := range protocol.Catalogue() {
		if e.Surface == protocol.SurfaceSync && e.Status == 200 && e.Code == code && code != "" {
			return e.Message
		}
	}
	return ""
}

// Message is the message that goes with the code, or "".
func (s Said) Message() string { return messageOf(s.Code) }

func codes() []string {
	var all []string
	for _, e := range protocol.Catalogue() {
		if e.Surface == protocol.SurfaceSync && e.Status == 200 {
			all = append(all, e.Code)
		}
	}
	return all
}

// readClient reads what a good client does.
func (s *Scenario) readClient(n strict.Node) {
	s.Client = []Expectation{}
	for _, item := range n.Items() {
		e := Expectation{Line: item.Line()}
		item.Map(strict.Fields{
			"law":    identifier(&e.Law),
			"expect": strict.OneOf(&e.Expect, ReactIssue, ReactStart, ReactClose, ReactRetry, ReactNone),
			"within": strict.Duration(&e.Within),
		})
		switch {
		case (e.Law == "") == (e.Expect == ""):
			item.Fail("needs one of law and expect")
		case e.Law != "" && e.Within != 0:
			item.Fail("within: goes with expect")
		case e.Expect != "" && e.Within == 0:
			item.Fail("within: is missing; say within: 5s")
		}
		s.Client = append(s.Client, e)
	}
	if len(s.Client) == 0 {
		n.Fail("expects nothing")
	}
}

// String is the expectation for a person.
func (e Expectation) String() string {
	if e.Law != "" {
		return "law " + e.Law
	}
	return fmt.Sprintf("%s within %s", e.Expect, e.Within)
}
