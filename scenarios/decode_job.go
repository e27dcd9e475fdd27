package scenarios

import (
	"strings"
	"time"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/strict"
)

// usualJobWait is longer than the service takes for short recordings: five to six minutes. (documented: async-http-interface)
const usualJobWait = 15 * time.Minute

const usualAuthorization = "Bearer ${key}"

// readHeader reads the value of a header.
func readHeader(dst *Template) strict.Reader {
	return func(n strict.Node) {
		if template(dst)(n); strings.ContainsAny(string(*dst), "\r\n") {
			n.Fail("holds a line end")
		}
	}
}

func readSubmit(n strict.Node) Submit {
	a := Submit{Version: 2, Key: KeyInPart, As: "job"}
	n.Map(strict.Fields{
		"version": version(&a.Version), "key": strict.OneOf(&a.Key, KeyInPart, KeyInQuery, KeyInD, KeyInHeader, KeyNowhere),
		"d": template(&a.D), "c": template(&a.C), "as": variable(&a.As),
		"audio": func(v strict.Node) {
			v.Map(a.Audio.fields())
			a.Audio.check(v)
		},
	}, "d", "audio")
	return a
}

func version(dst *int) strict.Reader {
	return func(n strict.Node) {
		if strict.Int(dst, 1)(n); *dst > 2 {
			n.Fail("is 1 or 2; there is no version %d", *dst)
		}
	}
}

func readPoll(n strict.Node) Poll {
	a := Poll{Version: 2, Authorization: usualAuthorization, Job: "${job}", Within: usualJobWait}
	if n.IsNull() {
		return a
	}
	limited := false
	n.Map(strict.Fields{
		"version": version(&a.Version), "authorization": readHeader(&a.Authorization), "job": template(&a.Job), "until": strict.OneOf(&a.Until, protocol.JobStates()...),
		"within": func(v strict.Node) { strict.Duration(&a.Within)(v); limited = true },
	})
	if limited && a.Until == "" {
		n.Fail("within: goes with until:; a single poll waits for nothing")
	}
	return a
}

func readWords(n strict.Node) Words {
	a := Words{Authorization: usualAuthorization}
	act := func(act WordsAct, read strict.Reader) strict.Reader {
		return func(v strict.Node) {
			if a.Act != "" {
				v.Fail("does %s and %s; a step does one thing", a.Act, act)
			}
			a.Act = act
			read(v)
		}
	}
	given := false
	n.Map(strict.Fields{
		"get": act(WordsGet, template(&a.Profile)), "set": act(WordsSet, template(&a.Profile)),
		"list": act(WordsList, onlyTrue), "classes": act(WordsClasses, onlyTrue),
		"authorization": readHeader(&a.Authorization), "engine": template(&a.Engine), "adf": template(&a.ADF),
		"words": func(v strict.Node) {
			a.List, given = []any{}, true
			for _, item := range v.Items() {
				a.List = append(a.List, item.Any())
			}
		},
	}, "engine")
	switch {
	case a.Act == "":
		n.Fail("says not what to do: get, set, list or classes")
	case given != (a.Act == WordsSet):
		n.Fail("words: goes with set:, and set: with words:")
	case strings.Contains(string(a.Profile), "/"):
		n.Fail("a profile has no slash")
	}
	return a
}
