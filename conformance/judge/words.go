package judge

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// Paths of dictionaries and of classes. (documented: reference-profilewords, reference-classnames)
const (
	pathWords   = "/profilewords/"
	pathClasses = "/classnames/"
)

// wordsLaws hold of replies of dictionaries.
func wordsLaws() []Law {
	all := []Law{
		{
			ID: "server.words.list", Title: "The words of a profile are a list in profilewords, each with what is written", Level: Must, Basis: protocol.Documented, Source: "manual: user-dictionary",
			Why: "Clients show the list as it comes.", Fix: `Answer {"profilewords":[{"written":"…",…}]}.`, check: wordsList,
		},
		{
			ID: "server.words.replaced", Title: "A profile has the words that were registered last, and no others", Level: Must, Basis: protocol.Documented, Source: "manual: reference-profilewords",
			Why: "Words that were deleted are heard for ever.", Fix: "Put the new list in the place of the old one.", check: wordsReplaced,
		},
		{
			ID: "server.words.refusal", Title: "A refusal is JSON with a code of one character and a message", Level: Should, Basis: protocol.Inferred, Source: "documented for classes alone",
			Why: "Clients show the message.", Fix: `Answer {"code":"?","message":"…"}.`, check: wordsRefusal,
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceWords
	}
	return all
}

// profilePath is the path of a profile without what stands before /profilewords/, with the dictionary behind it; empty where the
// request is about none.
func profilePath(e *scenarios.Entry) string {
	path, _, _ := strings.Cut(e.Target, "?")
	at := strings.LastIndex(path, pathWords)
	if at < 0 || e.Surface != string(protocol.SurfaceWords) {
		return ""
	}
	engine, profile, _ := strings.Cut(path[at+len(pathWords):], "/")
	if engine == "" || profile == "" {
		return ""
	}
	adf, _ := protocol.First(query(e), "adf")
	if adf == "" || strings.HasPrefix(engine, "-a2") { // documented: the default, and that these engines have one for both
		adf = "16k"
	}
	return engine + "/" + profile + " " + adf
}

// wordsIn are the words of a body.
func wordsIn(body string) (words []map[string]any, ok bool) {
	var wire struct {
		Words []map[string]any `json:"profilewords"`
	}
	err := json.Unmarshal([]byte(body), &wire)
	return wire.Words, err == nil && wire.Words != nil
}

func wordsList(t *trial, d *dialogue) {
	for _, r := range d.replies {
		if profilePath(r.request) == "" || r.request.Method != "GET" || r.entry.Status != 200 {
			continue
		}
		t.apply()
		words, ok := wordsIn(r.entry.Body)
		if !ok || slices.ContainsFunc(words, func(w map[string]any) bool { return w["written"] == nil || w["written"] == "" }) {
			t.find(r.entry, "the body is %s", r.entry.Body)
		}
	}
}

// wordsReplaced compares what is read with what the same key has registered. What else may have changed a profile meanwhile makes
// it say nothing: another registration, or a recognition with a profile.
func wordsReplaced(t *trial, d *dialogue) {
	last := make(map[string]reply)
	for _, r := range d.replies {
		path := profilePath(r.request)
		switch {
		case path == "" || r.entry.Status != 200:
		case r.request.Method == "POST":
			last[path] = r
		case r.request.Method == "GET":
			set, known := last[path]
			want, isList := wordsIn(set.body())
			got, ok := wordsIn(r.entry.Body)
			if !known || !isList || !ok || set.entry.Key != r.entry.Key || d.changes(path, set, r.entry.N) {
				continue
			}
			t.apply()
			if !reflect.DeepEqual(want, got) {
				t.trace(r.entry, []*scenarios.Entry{set.request}, "there are %d words, and %d other or further ones were registered", len(got), len(want))
			}
		}
	}
}

// body is that of the request, empty for the zero reply.
func (r reply) body() string {
	if r.request == nil {
		return ""
	}
	return r.request.Body
}

// changes tells whether anything may have changed a profile since set was asked for, up to the entry with number to.
func (d *dialogue) changes(path string, set reply, to uint64) bool {
	for i := range d.tape.Entries {
		e := &d.tape.Entries[i]
		if e.N <= set.request.N || e.N >= to {
			continue
		}
		x := exchange{request: e}
		text, _ := x.field("d")
		switch {
		case e.Kind == scenarios.Dropped, e.Kind == scenarios.WSCommand && strings.Contains(e.Text, "profileId"):
			return true
		case e.Kind == scenarios.HTTPRequest && (strings.Contains(text, "profileId") || e.Method == "POST" && profilePath(e) == path):
			return true
		}
	}
	return false
}

func wordsRefusal(t *trial, d *dialogue) {
	for _, r := range d.replies {
		path, _, _ := strings.Cut(r.request.Target, "?")
		isOurs := strings.Contains(path+"/", pathWords) || strings.Contains(path+"/", pathClasses)
		if !isOurs || r.entry.Surface != string(protocol.SurfaceWords) || r.entry.Status < 400 || r.entry.Status >= 500 || r.request.Method == "HEAD" {
			continue
		}
		t.apply()
		var refusal struct{ Code, Message string }
		if err := json.Unmarshal([]byte(r.entry.Body), &refusal); err != nil || len(refusal.Code) != 1 || refusal.Message == "" {
			t.find(r.entry, "the body is %q", r.entry.Body)
		}
	}
}
