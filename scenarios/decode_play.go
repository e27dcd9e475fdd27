package scenarios

import (
	"regexp"
	"slices"
	"strings"
	"time"

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
