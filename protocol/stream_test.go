package protocol_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"mockamivoice/protocol"
)

// TestTranscripts reads every line of the transcripts and writes it again. Times and words in them are made up; the forms are the
// service's, with the basis that the first line of each file tells.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/T*.txt")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSuffix(line, "\n")
			switch {
			case strings.HasPrefix(line, "S> "):
				serverLine(t, file, line[3:])
			case strings.HasPrefix(line, "C> "), strings.HasPrefix(line, "C# "):
				clientLine(t, file, line[3:])
			}
		}
	}
}

func serverLine(t *testing.T, file, line string) {
	t.Helper()
	event, err := protocol.ParseEvent([]byte(line))
	if err != nil {
		t.Errorf("%s: %s: %v", file, line, err)
		return
	}
	again := string(protocol.AppendEvent(nil, event))
	if again == line {
		return
	}
	// The transcripts write some numbers with more digits (1.00): then the values count, and the order of the fields.
	if len(again) < 2 || again[:2] != line[:2] || line[1] != ' ' || !sameJSON(again[2:], line[2:]) || fields(again) != fields(line) {
		t.Errorf("%s:\n %s\nwritten again\n %s", file, line, again)
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// fields are the names of the fields in their order.
func fields(line string) string {
	var names []string
	for piece := range strings.SplitSeq(line, `":`) {
		names = append(names, piece[strings.LastIndexByte(piece, '"')+1:])
	}
	return strings.Join(names, " ")
}

func clientLine(t *testing.T, file, line string) {
	t.Helper()
	command, err := protocol.ParseCommand([]byte(line))
	if err != nil {
		t.Errorf("%s: %s: %v", file, line, err)
		return
	}
	again, err := protocol.ParseCommand(protocol.AppendCommand(nil, command))
	if err != nil || !reflect.DeepEqual(again, command) {
		t.Errorf("%s: %+v written again is %+v, %v", file, command, again, err)
	}
}

func TestStartCommand(t *testing.T) {
	type params = []protocol.Param
	for _, c := range []struct {
		wire string
		want protocol.Start
	}{
		{"s", protocol.Start{}},
		{"s ", protocol.Start{}},
		{"s 16K -a-general authorization=KEY", protocol.Start{Format: "16K", Engine: "-a-general", Params: params{{"authorization", "KEY"}}}},
		// observed: a desktop client sends a trailing blank
		{"s lsb16k -a-general authorization=KEY ", protocol.Start{Format: "lsb16k", Engine: "-a-general", Params: params{{"authorization", "KEY"}}}},
		// observed: the vendor's clients send 0x01 for no engine
		{"s 16K \x01 authorization=KEY", protocol.Start{Format: "16K", Engine: "\x01", Params: params{{"authorization", "KEY"}}}},
		// documented: blanks need quotes; observed: inner quotes are doubled
		{`s 16K -a profileWords="AMI あみ|ACP えーしーぴー"`, protocol.Start{Format: "16K", Engine: "-a", Params: params{{"profileWords", "AMI あみ|ACP えーしーぴー"}}}},
		{`s 16K -a profileWords="say ""hi"" せいはい"`, protocol.Start{Format: "16K", Engine: "-a", Params: params{{"profileWords", `say "hi" せいはい`}}}},
		{`s 16K -a segmenterProperties="useDiarizer=1 diarizerAlpha=1e-10"`, protocol.Start{Format: "16K", Engine: "-a", Params: params{{"segmenterProperties", "useDiarizer=1 diarizerAlpha=1e-10"}}}},
		{"s 16K -a segmenterProperties=useDiarizer=1", protocol.Start{Format: "16K", Engine: "-a", Params: params{{"segmenterProperties", "useDiarizer=1"}}}},
		{`s 16K -a segmenterProperties="useDiarizer=1"`, protocol.Start{Format: "16K", Engine: "-a", Params: params{{"segmenterProperties", "useDiarizer=1"}}}},
		{`s 16K -a extension="a""b" x=`, protocol.Start{Format: "16K", Engine: "-a", Params: params{{"extension", `a"b`}, {"x", ""}}}},
		// T29, observed in a Go client: no blank before the next parameter
		{`s 16K -a authorization=KEYprofileWords="w s"`, protocol.Start{Format: "16K", Engine: "-a", Params: params{{"authorization", `KEYprofileWords="w`}}, Stray: []string{`s"`}}},
		// assumed: an open quote reaches to the end; what follows a closed one is kept; a backslash is nothing special
		{`s 16K -a x="open end`, protocol.Start{Format: "16K", Engine: "-a", Params: params{{"x", "open end"}}}},
		{`s 16K -a x="a b"c y=\"`, protocol.Start{Format: "16K", Engine: "-a", Params: params{{"x", "a bc"}, {"y", `\"`}}}},
	} {
		got, err := protocol.ParseStart([]byte(c.wire))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v %v\nwant %+v", c.wire, got, err, c.want)
		}
	}
	twice := protocol.Start{Params: params{{"authorization", "first"}, {"authorization", "last"}}}
	if twice.Value("authorization") != "last" || twice.Value("Authorization") != "" {
		t.Error("of two equal keys the last counts, and case does")
	}
	if got := (protocol.Start{Engine: "-a-general\x01-a-medical\x01"}).Engines(); !reflect.DeepEqual(got, []string{"-a-general", "-a-medical"}) {
		t.Errorf("%q", got)
	}
	const wire = `s 16K -a-general profileWords="say ""hi"" せいはい" keepFillerToken=1 authorization=KEY`
	start, _ := protocol.ParseStart([]byte(wire))
	if got := string(protocol.AppendStart(nil, start)); got != wire {
		t.Errorf("written again: %s", got)
	}
}

func TestWhatIsNoPacket(t *testing.T) {
	for _, message := range []string{"", "\x00\x00\x01", "start", "sLSB16K", "end", "e ", "S 500", "hello"} {
		if c, err := protocol.ParseCommand([]byte(message)); err == nil || strings.Contains(err.Error(), "hello") {
			t.Errorf("%q: %+v %v", message, c, err)
		}
	}
	for _, message := range []string{"", "x", "S", "S ", "S 1.5", "S -1", "S +1", "S 99999999999999999999", "E", "p", "C 1", "ss", "A", "A {", "U []", "R nothing"} {
		if e, err := protocol.ParseEvent([]byte(message)); err == nil {
			t.Errorf("%q: %+v", message, e)
		}
	}
}

func TestSuccessIsExactlyOneByte(t *testing.T) {
	for message, want := range map[string]protocol.Event{
		"s": protocol.StartReply{}, "e": protocol.EndReply{},
		"s ": protocol.StartReply{Error: protocol.Some("")}, "e x": protocol.EndReply{Error: protocol.Some("x")}, // observed: five clients take "s " for an error
		"p x": protocol.FeedError{Text: "x"}, "G": protocol.Info{}, "G a b": protocol.Info{Text: "a b"}, "Q x": protocol.Notice{Text: "x"}, "C": protocol.Processing{},
	} {
		got, err := protocol.ParseEvent([]byte(message))
		if err != nil || got != want {
			t.Errorf("%q: %+v %v, want %+v", message, got, err, want)
		}
		if again := string(protocol.AppendEvent(nil, got)); again != message {
			t.Errorf("%q written again is %q", message, again)
		}
	}
}

// TestErrorTexts holds the catalogue against the texts as they were published or recalled.
func TestErrorTexts(t *testing.T) {
	want := map[protocol.ErrorID][3]string{ // packet or code, text, basis
		"stream.start.expired":           {"s", "service authorization has expired: <expiry> (<lateness>)", "documented"},
		"stream.start.unauthorized":      {"s", "can't validate service authorization", "documented"},
		"stream.start.unsupported-audio": {"s", "received unsupported audio format", "assumed"},
		"stream.start.illegal":           {"s", "received illegal service authorization", "assumed"},
		"stream.start.unverified":        {"s", "can't verify service authorization", "assumed"},
		"stream.start.unavailable":       {"s", "can't connect to recognizer server", "assumed"},
		"stream.start.no-server":         {"s", "can't connect to recognizer server (can't find available servers)", "assumed"},
		"stream.start.state":             {"s", "can't start feeding audio data to recognizer server", "assumed"},
		"stream.feed.unsupported-audio":  {"p", "received unsupported audio format", "documented"},
		"stream.feed.refused":            {"p", "can't feed audio data to recognizer server", "documented"},
		"stream.feed.session-timeout":    {"p", "session timeout occurred", "documented"},
		"stream.end.timeout":             {"e", "timeout occurred", "documented"},
		"stream.end.timeout-recognizing": {"e", "timeout occurred while recognizing audio data from client", "documented"},
		"stream.end.state":               {"e", "can't stop feeding audio data to recognizer server", "assumed"},
		"sync.unauthorized":              {"-", "received illegal service authorization", "documented"},
		"sync.rejected":                  {"o", "recognition result is rejected because confidence is below the threshold", "documented"},
		"sync.unsupported-audio":         {"+", "received unsupported audio format", "assumed"},
		"sync.too-large":                 {"%", "received too large audio data from client", "assumed"},
		"sync.send-failed":               {">", "failed to send audio data to recognizer server", "assumed"},
		"sync.receive-timeout":           {"$", "timeout occurred while receiving audio data from client", "assumed"},
		"sync.busy":                      {"b", "recognition result is rejected because recognizer server is busy", "assumed"},
		"sync.connect-failed":            {"!", "failed to connect to recognizer server", "assumed"},
		"sync.receive-failed":            {"<", "failed to receive recognition result from recognizer server", "assumed"},
		"sync.invalid-result":            {"#", "received invalid recognition result from recognizer server", "assumed"},
		"sync.engine-not-loaded":         {"x", "recognition result is rejected because grammar files are not loaded", "assumed"},
		"sync.cancelled":                 {"c", "recognition result is rejected because the recognition process is cancelled", "assumed"},
		"sync.fatal":                     {"?", "recognition result is rejected because fatal error occurred in recognizer server", "assumed"},
		"sync.payload-too-large":         {"%", "received too large audio data from client", "assumed"},
		"sync.method":                    {"?", "<method> method is not allowed", "assumed"},
		"issue.empty":                    {"", "", "observed"},
		"issue.bad-request":              {"?", "illegal parameter: <name>", "assumed"},
		"issue.unauthorized":             {"-", "can't verify service authorization", "assumed"},
		"issue.method":                   {"?", "<method> method is not allowed", "assumed"},
		"async.unauthorized":             {"-", "received illegal service authorization", "documented"},
		"async.sentiment-v2":             {"-", "invalid parameter (sentimentAnalysis must be False. sentiment analysis is currently not implemented)", "documented"},
		"async.payload-too-large":        {"", "", "assumed"},
		"async.method":                   {"?", "<method> method is not allowed", "assumed"},
		"async.poll.no-key":              {"", "No authorization header", "assumed"},
		"async.poll.unauthorized":        {"", "Failed to authorize for the app_key", "assumed"},
		"async.poll.not-found":           {"", "Not found", "assumed"},
		"async.poll.server-error":        {"", "Internal server error", "assumed"},
		"words.no-engine":                {"?", "missing dictation grammar file name", "documented"},
		"words.method":                   {"?", "<method> method is not allowed", "documented"},
		"words.unauthorized":             {"-", "can't verify service authorization", "documented"},
		"words.expired":                  {"-", "service authorization has expired: <expiry> (<lateness>)", "documented"},
		"words.no-profile":               {"?", "unknown profile", "assumed"},
		"words.bad-engine":               {"?", "illegal dictation grammar file name", "assumed"},
		"words.bad-profile":              {"?", "illegal profile id", "assumed"},
		"words.bad-parameter":            {"?", "illegal parameter: <name>", "assumed"},
		"words.bad-month":                {"?", "illegal month", "assumed"},
		"words.bad-body":                 {"?", "can't parse request body", "assumed"},
		"words.bad-word":                 {"?", "illegal word", "assumed"},
		"words.too-many":                 {"?", "too many words", "assumed"},
		"words.too-large":                {"?", "too large request body", "assumed"},
		"words.server-error":             {"?", "internal server error", "assumed"},
		"words.sentiment.no-header":      {"", "No authorization header", "documented"},
		"words.sentiment.no-token":       {"", "Invalid authentication credentials", "documented"},
		"words.sentiment.bad-header":     {"", "Invalid authorization header format", "documented"},
		"words.sentiment.unauthorized":   {"", "Failed to authorize for the app_key", "documented"},
	}
	seen := make(map[protocol.ErrorID]bool)
	for _, e := range protocol.Catalogue() {
		mark := e.Code
		if e.Packet != 0 {
			mark = string(e.Packet)
		}
		if got := [3]string{mark, e.Message, e.Basis.String()}; got != want[e.ID] || seen[e.ID] || e.Source == "" {
			t.Errorf("%s: %q, want %q", e.ID, got, want[e.ID])
		}
		seen[e.ID] = true
	}
	if len(seen) != len(want) {
		t.Errorf("%d errors in the catalogue, %d expected", len(seen), len(want))
	}
}

func TestExpiredText(t *testing.T) {
	expiry := time.Date(2026, 7, 31, 0, 0, 0, 0, time.UTC)
	for late, want := range map[time.Duration]string{
		21400 * time.Millisecond: "s service authorization has expired: 2026/07/31 00:00:00.000 +0000 (-21s)", // documented form
		0:                        "s service authorization has expired: 2026/07/31 00:00:00.000 +0000 (-0s)",
		999 * time.Millisecond:   "s service authorization has expired: 2026/07/31 00:00:00.000 +0000 (-0s)",
		25 * time.Hour:           "s service authorization has expired: 2026/07/31 00:00:00.000 +0000 (-90000s)",
	} {
		e := protocol.ExpiredAtStart(expiry.In(time.FixedZone("JST", 9*60*60)), expiry.Add(late))
		if got := string(protocol.AppendEvent(nil, e.Event())); got != want {
			t.Errorf("%s late: %s", late, got)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	for _, seed := range []string{"s", `s 16K -a x="a ""b"" c"d e=f`, "p\x00", "e", "s a=\" b=\"\"\"", "s  x  =  \"=\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		c, err := protocol.ParseCommand(message)
		if err != nil {
			return
		}
		again, err := protocol.ParseCommand(protocol.AppendCommand(nil, c))
		if err != nil || !reflect.DeepEqual(c, again) {
			t.Errorf("%q: %+v, written again %+v, %v", message, c, again, err)
		}
	})
}

func FuzzParseEvent(f *testing.F) {
	for _, seed := range []string{"s", "s x", "S 1", "E 0", "C", `U {"results":[{"tokens":[{"written":"a"}],"text":"b"}],"text":"b"}`, `A {"results":[{}],"text":"\ud83d"}`, "G x", "R {}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		e, err := protocol.ParseEvent(message)
		if err != nil {
			return
		}
		wire := protocol.AppendEvent(nil, e)
		again, err := protocol.ParseEvent(wire)
		if err != nil || !reflect.DeepEqual(e, again) {
			t.Errorf("%q: %+v, written again %q: %+v, %v", message, e, wire, again, err)
		}
	})
}
