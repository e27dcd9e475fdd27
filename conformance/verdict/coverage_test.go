package verdict_test

import (
	"strings"
	"testing"
	"time"

	"mockamivoice/conformance/verdict"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const (
	stub    = `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"CODE","message":"MESSAGE"}`
	refusal = "< p can't feed audio data to recognizer server"
)

func code(c, message string) *record {
	return new(record).ask(1, "k", "sync", 200, strings.NewReplacer("CODE", c, "MESSAGE", message).Replace(stub)+"\r\n")
}

func stream(lines ...string) *record {
	return new(record).talk(1, "k", append([]string{"> s 16K -a-general"}, lines...)...)
}

func reply(surface string, status int, body string) *record {
	return new(record).ask(1, "k", surface, status, body)
}

// meets has, for each failure, a tape that meets it, and all that this tape meets.
func meets() map[string]struct {
	tape *record
	also string
} {
	type one = struct {
		tape *record
		also string
	}
	expired := new(record).add(scenarios.Entry{Kind: scenarios.KeyRefused, Dir: scenarios.Note, Conn: 1, Surface: "sync", Key: "k", Text: "expired: at noon"})
	expired.entries = append(expired.entries, code("-", "").entries...)
	for i := range expired.entries {
		expired.entries[i].N = uint64(i + 1)
	}
	old := stream("< s")
	old.entries[0].At = scenarios.At(time.Date(2026, 6, 14, 12, 0, 0, 0, time.UTC))
	return map[string]one{
		"sync.unauthorized":              {code("-", "received illegal service authorization"), ""},
		"sync.rejected":                  {code("o", "recognition result is rejected because confidence is below the threshold"), ""},
		"sync.unsupported-audio":         {code("+", "whatever"), ""},
		"sync.too-large":                 {code("%", "whatever"), ""},
		"sync.send-failed":               {code(">", "whatever"), ""},
		"sync.receive-timeout":           {code("$", "whatever"), ""},
		"sync.busy":                      {code("b", "whatever"), ""},
		"sync.empty-result":              {code("", ""), ""},
		"sync.key-expired":               {expired, "sync.unauthorized"},
		"sync.payload-too-large":         {new(record).ask(1, "k", "sync", 413, "<html>"), ""},
		"async.unauthorized":             {reply("async", 200, strings.NewReplacer("CODE", "-", "MESSAGE", "received illegal service authorization").Replace(stub)), ""},
		"async.sentiment-v2":             {reply("async", 200, strings.NewReplacer("CODE", "?", "MESSAGE", "invalid parameter (sentimentAnalysis must be False. sentiment analysis is currently not implemented)").Replace(stub)), ""},
		"words.no-engine":                {reply("words", 404, `{"code":"?","message":"missing dictation grammar file name"}`), ""},
		"words.method":                   {reply("words", 405, `{"code":"?","message":"DELETE method is not allowed"}`), ""},
		"words.unauthorized":             {reply("words", 401, `{"code":"-","message":"can't verify service authorization"}`), ""},
		"words.expired":                  {reply("words", 401, `{"code":"-","message":"service authorization has expired: 2026/04/13 00:00:00.000 +0000 (-3600s)"}`), ""},
		"words.sentiment.no-header":      {reply("words", 400, `{"message":"No authorization header"}`), ""},
		"words.sentiment.no-token":       {reply("words", 400, `{"message":"Invalid authentication credentials"}`), ""},
		"words.sentiment.bad-header":     {reply("words", 400, `{"message":"Invalid authorization header format"}`), ""},
		"words.sentiment.unauthorized":   {reply("words", 401, `{"message":"Failed to authorize for the app_key"}`), ""},
		"issue.empty":                    {new(record).ask(1, "", "issue", 200, ""), ""},
		"stream.start.expired":           {stream("< s service authorization has expired: 2026/06/15 03:00:00.000 +0000 (-21s)"), ""},
		"stream.start.unauthorized":      {stream("< s can't validate service authorization"), ""},
		"stream.feed.unsupported-audio":  {stream("< s", "> p", "< p received unsupported audio format"), ""},
		"stream.feed.refused":            {stream("< s", "> p", refusal), ""},
		"stream.feed.key-expired":        {stream("< s", "> p", "- key.refused expired: at noon", refusal), "stream.feed.refused"},
		"stream.feed.session-timeout":    {stream("< s", "> p", "< p session timeout occurred"), ""},
		"stream.end.timeout":             {stream("< s", "< e timeout occurred"), ""},
		"stream.end.timeout-recognizing": {stream("< s", "< e timeout occurred while recognizing audio data from client"), ""},
		"stream.non-speech-limit":        {goodbye(stream("< s", "> p", refusal, "> p")).close(1, "hung up"), "stream.feed.refused"},
		"stream.session-limit":           {goodbye(old).close(1, "hung up"), ""},
		"stream.utterance-limit":         {stream("< s", "> p", "< S 500", "< E 30500"), ""},
		"stream.rejected-result":         {stream("< s", "> p", "< A "+strings.NewReplacer("CODE", "o", "MESSAGE", "").Replace(stub)), ""},
		"stream.connection-lost":         {stream("< s", "> p").close(1, "dropped"), ""},
	}
}

// goodbye is a close frame of the server.
func goodbye(r *record) *record {
	return r.add(scenarios.Entry{Kind: scenarios.WSControl, Dir: scenarios.Out, Conn: 1, Surface: "stream", Frame: &scenarios.Frame{Opcode: 8, Frames: 1}})
}

func metIDs(c verdict.Coverage) string {
	var all []string
	for _, f := range c.Met {
		all = append(all, f.ID)
	}
	return strings.Join(all, " ")
}

func TestEachFailureCanBeMet(t *testing.T) {
	tapes := meets()
	for _, f := range verdict.Failures() {
		one, ok := tapes[f.ID]
		if !ok {
			t.Errorf("no tape meets %s", f.ID)
			continue
		}
		want := map[string]bool{f.ID: true}
		if one.also != "" {
			want[one.also] = true
		}
		got := verdict.Judge(one.tape.tapes()).Coverage
		if len(got.Met) != len(want) || len(got.Met)+len(got.Never) != len(verdict.Failures()) {
			t.Errorf("%s: met %q", f.ID, metIDs(got))
		}
		for _, m := range got.Met {
			if !want[m.ID] {
				t.Errorf("%s: %s was met as well", f.ID, m.ID)
			}
		}
		delete(tapes, f.ID)
	}
	for id := range tapes {
		t.Errorf("%s is no failure any more: ids are for ever", id)
	}
}

// Neither nothing nor a good dialogue meets any failure; likenesses are none.
func TestFailuresThatWereNotMet(t *testing.T) {
	again := stream("< s", "> p", refusal, "> s 16K -a-general", "< s", "> e", "< e")
	for name, c := range map[string]struct {
		tape *record
		want string
	}{
		"nothing":                         {new(record), ""},
		"a good stream":                   {good(), ""},
		"a refusal, and the next cycle":   {goodbye(again).close(1, "hung up"), "stream.feed.refused"},
		"a refusal, and the client left":  {stream("< s", "> p", refusal).close(1, scenarios.ClosedByClient), "stream.feed.refused"},
		"an utterance of nearly 30 s":     {stream("< s", "< S 500", "< E 30499"), ""},
		"the server says goodbye":         {goodbye(stream("< s")).close(1, "hung up"), ""},
		"the end of a request":            {code("c", "").close(1, ""), ""},
		"a reply without a body, refused": {new(record).ask(1, "", "issue", 404, ""), ""},
		"a method elsewhere":              {reply("sync", 405, `{"code":"?","message":"GET method is not allowed"}`), ""},
		"another method's error":          {reply("words", 405, `{"code":"?","message":"nothing"}`), ""},
		"an empty job":                    {reply("async", 200, strings.NewReplacer("CODE", "", "MESSAGE", "").Replace(stub)), ""},
		"a key that a fault ended":        {stream("< s", "> p", "- fault stream.feed: expire-key, 5s ago", refusal), "stream.feed.refused stream.feed.key-expired"},
		"a session that a fault ended":    {stream("< s", "- fault stream.feed: limit session", "< p session timeout occurred").close(1, "hung up"), "stream.feed.session-timeout stream.session-limit stream.connection-lost"},
		"a reset that was played":         {stream("< s", "- fault stream.event: delay 1s, then reset").close(1, ""), "stream.connection-lost"},
	} {
		if got := metIDs(verdict.Judge(c.tape.tapes()).Coverage); got != c.want {
			t.Errorf("%s: met %q, want %q", name, got, c.want)
		}
	}
}

// Only what is documented or was observed counts, and every error of the catalogue of that kind is there.
func TestFailuresAreKnown(t *testing.T) {
	seen := make(map[string]bool)
	for _, f := range verdict.Failures() {
		if f.Basis != "documented" && f.Basis != "observed" || f.Title == "" || f.Source == "" || f.Surface == "" || seen[f.ID] {
			t.Errorf("%+v", f)
		}
		seen[f.ID] = true
	}
	for _, e := range protocol.Catalogue() {
		if scenarios.Must.Fits(e.Basis) && !seen[string(e.ID)] {
			t.Errorf("%s is missing", e.ID)
		}
	}
}

// Coverage is that of what was asked, over all tapes.
func TestCoverageOfAPart(t *testing.T) {
	tapes := append(code("-", "").tapes(), stream("< s can't validate service authorization").tapes()...)
	whole := verdict.Judge(tapes).Coverage
	if metIDs(whole) != "sync.unauthorized stream.start.unauthorized" || whole.Percent != 200/len(verdict.Failures()) {
		t.Errorf("%q, %d %%", metIDs(whole), whole.Percent)
	}
	part := verdict.Judge(tapes, verdict.ForSurface(protocol.SurfaceSync)).Coverage
	if metIDs(part) != "sync.unauthorized" {
		t.Errorf("%q", metIDs(part))
	}
	for _, f := range part.Never {
		if f.Surface != protocol.SurfaceSync {
			t.Errorf("%s is on another surface", f.ID)
		}
	}
	if v := verdict.Judge(tapes, verdict.ForLaws(packets), verdict.RequireCoverage(whole.Percent)); v.Exit() == 1 {
		t.Errorf("%q", v.Reasons)
	}
	if v := verdict.Judge(tapes, verdict.RequireCoverage(whole.Percent+1)); v.Status != verdict.Fail {
		t.Errorf("%q", v.Reasons)
	}
}
