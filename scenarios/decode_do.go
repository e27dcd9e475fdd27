package scenarios

import (
	"slices"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/strict"
)

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
