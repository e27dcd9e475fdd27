package scenarios_test

import (
	"strings"
	"testing"
	"time"

	"mockamivoice/internal/schematest"
	"mockamivoice/scenarios"
)

const playHead = "id: stream.example\ntitle: t\nsurface: stream\nlevel: must\nbasis: documented\nsource: s\nwhy: w\n"

func TestPlay(t *testing.T) {
	s, err := scenarios.ParseScenario("x.yaml", []byte(playHead+`play:
  transcripts: ["one", {text: "two", confidence: 0.5}, {code: "o"}]
  faults:
    - {at: stream.feed, nth: 2, do: expire-key}
    - {at: stream.event, of: A, do: [{delay: 2s}, {result: {tokens: [{written: "a", label: "speaker0"}, {written: "b"}]}}]}
    - {at: stream.end, nth: 3, times: all, do: {error: stream.end.timeout}}
    - {at: stream.event, of: C, times: 4, do: {order: [E, C]}}
  behaviour: {stream-close-code: "1000"}
  limits: {utterance: 2s, upload: 100}
client:
  - {expect: issue, within: 5s}
  - {law: client.stream.waits-for-start}
`))
	if err != nil {
		t.Fatal(err)
	}
	p := s.Play
	var lines []string
	for _, f := range p.Faults {
		lines = append(lines, f.String())
	}
	want := `stream.feed: expire-key
stream.event A: delay 2s, then result "ab"
stream.end: error stream.end.timeout
stream.event C: order E C`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s", got)
	}
	for i, covered := range [][]int{{2}, {1, 2, 3, 4, 5}, {3, 4, 5}, {1, 2, 3, 4}} {
		for n := 1; n <= 5; n++ {
			is := false
			for _, c := range covered {
				is = is || c == n
			}
			if p.Faults[i].Covers(n) != is {
				t.Errorf("fault %d at occurrence %d: %v", i, n, !is)
			}
		}
	}
	if len(p.Transcripts) != 3 || p.Transcripts[0].Text != "one" || p.Transcripts[2].Message() != "recognition result is rejected because confidence is below the threshold" {
		t.Errorf("%+v", p.Transcripts)
	}
	if p.Limits.Utterance != 2*time.Second || p.Limits.Upload != 100 || len(p.Behaviour) != 1 || s.Script != nil {
		t.Errorf("%+v", p)
	}
	if got := strings.Join(s.Parts(), " "); got != "play client" || s.StrikesAt(scenarios.AtIssue) || !s.StrikesAt(scenarios.AtIssue, scenarios.AtFeed) {
		t.Errorf("parts %s", got)
	}
	if s.Client[0].String() != "issue within 5s" || s.Client[1].String() != "law client.stream.waits-for-start" {
		t.Errorf("%v", s.Client)
	}
}

// Each mistake is told with its place. The schema sees what a schema can see.
func TestMistakesInPlay(t *testing.T) {
	schema := schematest.Compile(t, scenarios.Schema())
	fault := func(s string) string { return "play:\n  faults:\n    - " + s + "\n" }
	for text, c := range map[string]struct {
		message string
		schema  bool
	}{
		"":                                     {"has none of script, play and client", true},
		fault("{at: stream.fed, do: stall}"):   {`did you mean "stream.feed"?`, true},
		fault("{at: stream.feed, do: stal}"):   {`"stal" cannot be done, did you mean "stall"?`, true},
		fault("{at: stream.feed, do: status}"): {`"status" cannot be done`, true},
		fault("{at: stream.feed, do: {status: 500}}"):                                                                     {"status cannot be done at stream.feed; there are error,", false},
		fault("{at: issue, do: {status: 99}}"):                                                                            {"must be a whole number of at least 200", true},
		fault("{at: issue, do: {status: 503, retry-after: 1500ms}}"):                                                      {"must be whole seconds, at least one", false},
		fault("{at: issue, do: {status: 503, retry-after: soon}}"):                                                        {"must be a duration", true},
		fault("{at: issue, do: {status: 413, unread: true}}"):                                                             {"unread is for uploads", false},
		fault("{at: sync.request, do: {status: 413, unread: false}}"):                                                     {"must be true", true},
		fault("{at: async.create, do: [garble, {status: 413, unread: true}]}"):                                            {"only delays go with", false},
		fault("{at: issue, do: {retry-after: 5s}}"):                                                                       {"retry-after", true},
		fault("{at: issue, do: {delay: 1s, retry-after: 5s}}"):                                                            {"exactly one", true},
		fault("{at: stream.feed, nth: 0, do: stall}"):                                                                     {"at least 1", true},
		fault("{at: stream.feed, of: A, do: stall}"):                                                                      {"of: is for stream.event", true},
		fault("{at: stream.event, of: X, do: stall}"):                                                                     {`"X" is none of S, E, C, U, A, G`, true},
		fault("{at: stream.feed, do: [stall, reset]}"):                                                                    {"nothing can follow stall", false},
		fault("{at: stream.feed, do: []}"):                                                                                {"does nothing", true},
		fault("{at: stream.feed, per: service, do: stall}"):                                                               {`"service" is none of key, server`, true},
		fault("{at: stream.feed}"):                                                                                        {`field "do" is missing`, true},
		fault("{at: stream.start, do: {error: stream.feed.refused}}"):                                                     {"stream.feed.refused is no answer at stream.start", false},
		fault("{at: sync.request, do: {error: sync.bussy}}"):                                                              {`did you mean "sync.busy"?`, false},
		fault("{at: stream.event, do: {result: hello}}"):                                                                  {"can only stand in for an A", false},
		fault("{at: stream.event, of: A, do: {result: {code: z}}}"):                                                       {`"z" is no code`, true},
		fault(`{at: stream.event, of: A, do: {result: {code: "o", text: "x"}}}`):                                          {"a failed result has no text", true},
		fault("{at: stream.event, of: A, do: {result: {confidence: 0.5}}}"):                                               {"needs text, tokens or code", true},
		fault("{at: stream.event, of: S, do: {order: [E, C]}}"):                                                           {"order begins at an event that it names", false},
		fault("{at: stream.event, of: E, do: {order: [E, E]}}"):                                                           {"is there twice", true},
		fault("{at: stream.event, do: {truncate: {fraction: 1.5}}}"):                                                      {"between 0 and 1", true},
		fault("{at: stream.event, do: {truncate: {}}}"):                                                                   {"", true},
		fault("{at: stream.event, do: {duplicate: 1}}"):                                                                   {"at least 2", true},
		fault("{at: stream.event, do: {duplicate: 1001}}"):                                                                {"is more than 1000", true},
		fault("{at: sync.response, do: {result: {text: '" + strings.Repeat("word ", 6) + "', repeat: 10000}}}"):           {"is too large", false},
		fault("{at: sync.response, do: {result: {text: '" + strings.Repeat("word", 20) + "', repeat: 10000}}}"):           {"is too large", false},
		fault("{at: sync.response, do: {result: {tokens: [{written: " + strings.Repeat("w", 60) + "}], repeat: 10000}}}"): {"is too large", false},
		fault("{at: stream.start, do: {close: {code: 1006}}}"):                                                            {"is no code that a close frame can carry", false},
		fault("{at: stream.start, do: {limit: no-data}}"):                                                                 {`did you mean "no_data"?`, true},
		"play: {limits: {no_data: soon}}\n":                                                                               {"must be a duration", true},
		"play: {behaviour: {stream-close-code: maybe}}\n":                                                                 {`"maybe" is not one of empty, 1000`, false},
		"play: {limits: {}}\n":                                                                                            {"changes nothing", false},
		"client: [{expect: issue}]\n":                                                                                     {"within: is missing", true},
		"client: [{law: client.a.b, within: 5s}]\n":                                                                       {"within: goes with expect", true},
		"client: [{within: 5s}]\n":                                                                                        {"needs one of law and expect", true},
		"client: []\n":                                                                                                    {"expects nothing", true},
	} {
		_, err := scenarios.ParseScenario("x.yaml", []byte(playHead+text))
		if err == nil || !strings.Contains(err.Error(), c.message) || !strings.HasPrefix(err.Error(), "x.yaml:") {
			t.Errorf("%s: %v, want %q", text, err, c.message)
		}
		if err := schematest.YAML(schema, []byte(playHead+text)); (err != nil) != c.schema {
			t.Errorf("%s: the schema says %v", text, err)
		}
	}
}
