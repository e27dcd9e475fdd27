package transcript_test

import (
	"fmt"
	"strings"
	"testing"

	"mockamivoice/protocol"
	"mockamivoice/scenarios/transcript"
)

// shown is a transcript in one line for each cue.
func shown(t *transcript.Transcript) string {
	var b strings.Builder
	for _, c := range t.Cues {
		b.WriteString(cue(c) + "\n")
	}
	return b.String()
}

func cue(c transcript.Cue) string {
	text := ""
	if c.Start.OK {
		text = fmt.Sprintf("%d-%d ", c.Start.Value, c.End.Value)
	}
	text += c.Code + "«" + c.Text + "»"
	for _, k := range c.Tokens {
		text += " " + k.Written
		if k.Spoken.OK {
			text += "=" + k.Spoken.Value
		}
		if k.StartTime.OK {
			text += fmt.Sprintf("@%d-%d", k.StartTime.Value, k.EndTime.Value)
		}
		if k.Label.OK {
			text += "/" + k.Label.Value
		}
	}
	if c.Interim != nil {
		text += fmt.Sprintf(" %q", c.Interim)
	}
	return text
}

func parse(t *testing.T, name, text string) *transcript.Transcript {
	t.Helper()
	got, err := transcript.Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReadsFilesThatPeopleHave(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"text": {"a.txt", "\uFEFFこんにちは。\r\n\r\n  Hello, world!  \n", "«こんにちは。» こんにちは=こんにちは 。=_\n«Hello, world!» Hello , world !\n"},
		"WebVTT": {
			"a.vtt", "WEBVTT - made by hand\n\nSTYLE\n::cue {}\n\nNOTE nothing here\n\nintro\n00:01.000 --> 00:02.500 align:start\n<v Anna>Hi <b>there</b> &amp; you.\nBye.</v>\n\n1:00:00.000 --> 1:00:01.000\n<v.loud Bob>Yes.</v>",
			"1000-2500 «Hi there & you. Bye.» Hi/speaker0 there/speaker0 &/speaker0 you/speaker0 ./speaker0 Bye/speaker0 ./speaker0\n3600000-3601000 «Yes.» Yes/speaker1 ./speaker1\n",
		},
		"words with times": {
			"a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<00:01.200><c>one</c> <00:01.600>two three",
			"1000-2000 «one two three» one@1200-1600 two@1600-1800 three@1800-2000\n",
		},
		"WebVTT of a platform": {
			"a.vtt", "WEBVTT\nKind: captions\nLanguage: en\n\nNOTE\tmade there\n\n00:01.000 --> 00:02.000 align:start\n \none<00:01.600><c> two</c>\n\n00:02.000 --> 00:02.010\n \n\n00:03.000 --> 00:04.000\n \nthree\n \n",
			"1000-2000 «one two» one@1000-1600 two@1600-2000\n3000-4000 «three» three\n",
		},
		"WebVTT of a stream": {"a.vtt", "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n1\n00:01.000 --> 00:02.000\none\n", "1000-2000 «one» one\n"},
		"ruby":               {"a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<ruby>今日<rt>きょう</rt></ruby>は", "1000-2000 «今日は» 今日=きょう は=は\n"},
		"SubRip":             {"a.srt", "1\r\n00:00:02,000 --> 00:00:03,000\r\n{\\an8}<i>later</i>\r\n\r\n2\r\n00:00:01,000 --> 00:00:01,900\r\nカメラ\r\nです\r\n", "1000-1900 «カメラ です» カメラ=かめら です=です\n2000-3000 «later» later\n"},
		"service, sync":      {"a.json", `{"results":[{"tokens":[{"written":"\u3042","confidence":1,"starttime":10,"endtime":20,"spoken":"あ","label":"speaker3"}],"confidence":0.9,"starttime":0,"endtime":30,"tags":[],"rulename":"","text":"あ"}],"utteranceid":"x","text":"あ","code":"","message":""}`, "0-30 «あ» あ=あ@10-20/speaker3\n"},
		"service, failed":    {"a.json", `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"o","message":"…"}`, "o«»\n"},
		"service, job": {
			"a.json", `{"status":"completed","audio_size":1,"segments":[{"results":[{"tokens":[],"starttime":5,"endtime":6,"text":"b"}],"text":"b"},{"results":[{"tokens":[],"starttime":1,"endtime":2,"text":"a"}],"text":"a"}],"text":"ab","code":"","message":""}`,
			"1-2 «a» a\n5-6 «b» b\n",
		},
		"ours": {
			"a.json", `{"utterances":[{"text":"Hi you","start":1,"end":9,"speaker":"Ann","interim":["high","hi"]},{"start":10,"end":20,"tokens":[{"written":"今日","spoken":"きょう","start":11,"end":12,"speaker":"Bo"},{"written":"は"}]},{"code":"o","start":30,"end":31}]}`,
			"1-9 «Hi you» Hi/speaker0 you/speaker0 [\"high\" \"hi\"]\n10-20 «今日は» 今日=きょう@11-12/speaker1 は\n30-31 o«»\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := shown(parse(t, c.file, c.text)); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestNamesNoMoreSpeakersThanTheServiceTellsApart(t *testing.T) {
	var crowd strings.Builder
	for i := range 22 {
		fmt.Fprintf(&crowd, `,{"text":"x","speaker":"person %d"}`, i)
	}
	crowd.WriteString(`,{"text":"x","speaker":"person 3"}`)
	cues := parse(t, "a.json", `{"utterances":[`+crowd.String()[1:]+`]}`).Cues
	for i, want := range map[int]string{0: "speaker0", 18: "speaker18", 19: "speaker19", 20: "speaker19", 21: "speaker19", 22: "speaker3"} {
		if got := cues[i].Tokens[0].Label.Value; got != want {
			t.Errorf("utterance %d: %s, not %s", i, got, want)
		}
	}
	for name, want := range map[string]string{"speaker19": "speaker19", "speaker20": "speaker0", "speaker07": "speaker0", "speaker+1": "speaker0", "speaker": "speaker0"} {
		if got := parse(t, "a.json", `{"utterances":[{"text":"x","speaker":"`+name+`"}]}`).Cues[0].Tokens[0].Label.Value; got != want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
}

func TestSaysWhatIsWrongWithAFileAndWhere(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"empty":              {"a.txt", " \n", "a.txt: says nothing"},
		"extension":          {"a.doc", "x", `extension ".doc" is none of .json, .vtt, .srt, .txt`},
		"UTF-16":             {"a.txt", "a\n\xff\xfeb\x00", "a.txt:2:1: is not UTF-8"},
		"no JSON":            {"a.json", "{\"utterances\": [\n  {\"text\": }]}", "a.json:2:12: is no JSON: invalid character '}'"},
		"unknown field":      {"a.json", "{\"utterances\": [\n  {\"txet\": \"a\"}]}", `a.json:2:4: unknown field "txet", did you mean "text"? (there are `},
		"unknown at the top": {"a.json", `{"utterance": []}`, `a.json:1:2: unknown field "utterance", did you mean "utterances"?`},
		"twice":              {"a.json", `{"utterances": [{"text":"a","text":"b"}]}`, "a.json:1:29: text is there twice"},
		"missing":            {"a.json", `{"sentiment": []}`, "a.json:1:1: utterances is missing"},
		"a list":             {"a.json", `["a"]`, `a.json:1:1: must be an object, like {"utterances": …}`},
		"no list":            {"a.json", `{"utterances": {}}`, "a.json:1:16: must be a list"},
		"no utterance":       {"a.json", `{"utterances": []}`, "at least one utterance"},
		"empty utterance":    {"a.json", `{"utterances": [{}]}`, "needs text, tokens or code"},
		"half a time":        {"a.json", `{"utterances": [{"text":"a","start":1}]}`, "a.json:1:17: start and end go together"},
		"backwards":          {"a.json", `{"utterances": [{"text":"a","start":2,"end":1}]}`, "ends before it begins"},
		"a fraction":         {"a.json", `{"utterances": [{"text":"a","start":1.5,"end":2}]}`, "a.json:1:37: must be a whole number"},
		"confidence":         {"a.json", `{"utterances": [{"text":"a","confidence":95}]}`, "must be a number from 0 to 1"},
		"some times":         {"a.json", `{"utterances": [{"text":"a","start":1,"end":2},{"text":"b"}]}`, "a.json:1:48: some utterances have times"},
		"code":               {"a.json", `{"utterances": [{"code":"z"}]}`, `"z" is none of the codes of results`},
		"code and text":      {"a.json", `{"utterances": [{"code":"o","text":"a"}]}`, "neither text nor tokens"},
		"sentiment":          {"a.json", `{"utterances":[{"text":"a"}],"sentiment":[{"starttime":0,"endtime":1,"enrgy":1}]}`, `did you mean "energy"?`},
		"sentiment, range":   {"a.json", `{"utterances":[{"text":"a"}],"sentiment":[{"starttime":0,"endtime":1,"energy":101}]}`, "energy lies between 0 and 100"},
		"deep":               {"a.json", strings.Repeat("[", 40) + strings.Repeat("]", 40), "nested deeper than 32"},
		"service, type":      {"a.json", "{\"results\":\n[{\"text\":3}]}", "a.json:2:10: results.text is a number"},
		"service, fraction":  {"a.json", `{"results":[{"tokens":[{"written":"a","starttime":7},{"starttime":900.5}]}]}`, "a.json:1:67: results.tokens.starttime is a number 900.5"},
		"service, no number": {"a.json", "{\"status\":\"completed\",\"segments\":[\n{\"results\":[{\"confidence\":\"high\"}]}]}", "a.json:2:27: segments.results.confidence is a string"},
		"service, list":      {"a.json", `{"text":[],"results":[{"text":"a"}]}`, "a.json:1:9: text is an array"},
		"service, state":     {"a.json", `{"status":"queued"}`, `is a job in state "queued"`},
		"service, nothing":   {"a.json", `{"results":[{"tokens":[],"text":""}],"code":"","message":""}`, "in which nothing is said"},
		"no WEBVTT":          {"a.vtt", "00:01.000 --> 00:02.000\nx", "a.vtt:1:1: a WebVTT file begins with a line WEBVTT"},
		"no cue":             {"a.vtt", "WEBVTT\n", "has no cue"},
		"no times":           {"a.vtt", "WEBVTT\n\nhello\nyou", "a.vtt:4:1: expected the times of a cue"},
		"bad start":          {"a.vtt", "WEBVTT\n\n0:x --> 00:02.000\nx", `a.vtt:3:1: "0:x" is no time`},
		"bad end":            {"a.srt", "1\n00:00:01,000 --> 00:00:99,000\nx", `a.srt:2:18: "00:00:99,000" is no time`},
		"no blank line":      {"a.srt", "1\n00:00:01,000 --> 00:00:02,000\nx --> y\n2\n00:00:03,000 --> 00:00:04,000\nz", "a.srt:5:1: these times stand in the text of the cue before them; a blank line"},
		"ends first":         {"a.srt", "1\n00:00:02,000 --> 00:00:01,000\nx", "a.srt:2:18: the cue ends before it begins"},
		"words go back":      {"a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<00:01.500>a <00:01.200>b", "a.vtt:4:1: the time stamps of its words go back"},
		"too long":           {"a.txt", strings.Repeat("a", transcript.MaxBytes+1), "is longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := transcript.Parse(c.file, []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestSentimentIsRead(t *testing.T) {
	for _, text := range []string{
		`{"utterances":[{"text":"a"}],"sentiment":[{"starttime":10,"endtime":20,"energy":5,"atmosphere":-3}]}`,
		`{"status":"completed","segments":[{"results":[{"text":"a"}]}],"sentiment_analysis":{"segments":[{"starttime":10,"endtime":20,"energy":5,"atmosphere":-3}]}}`,
	} {
		got := parse(t, "a.json", text).Sentiment
		if len(got) != 1 || got[0].Start != 10 || got[0].End != 20 || got[0].Values["energy"] != 5 || got[0].Values["atmosphere"] != -3 || len(got[0].Values) != 2 {
			t.Errorf("%+v", got)
		}
	}
}

func TestFillersGoUnlessKept(t *testing.T) {
	c := parse(t, "a.json", `{"utterances":[{"text":"%えーっと%50%と100%です","interim":["%えーっと%50..."]}]}`).Cues[0]
	if got := cue(c); !strings.Contains(got, "%えーっと%=%えーっと% 50%") {
		t.Error(got)
	}
	if got := c.WithoutFillers(); got.Text != "50%と100%です" || got.Tokens[0].Written != "50%" || got.Interim[0] != "50..." {
		t.Errorf("%q", cue(got))
	}
	if c.Text != "%えーっと%50%と100%です" || c.Interim[0] != "%えーっと%50..." || c.Tokens[0].Written != "%えーっと%" {
		t.Errorf("the file itself was changed: %s", cue(c))
	}
	if got := parse(t, "a.txt", "%um% I think %uh% so").Cues[0].WithoutFillers(); got.Text != "I think so" || len(got.Tokens) != 3 {
		t.Error(cue(got))
	}
}

func TestSharesOutWhatIsSaid(t *testing.T) {
	plain := parse(t, "a.txt", "one\ntwo\nthree")
	timed := parse(t, "a.srt", "00:00:01,000 --> 00:00:02,000\na\n\n00:00:02,000 --> 00:00:06,000\nb\n\n00:00:06,500 --> 00:00:07,000\nc\n\n00:00:20,000 --> 00:00:21,000\nd")
	whole := parse(t, "a.json", `{"results":[{"tokens":[{"written":"a","starttime":100,"endtime":200},{"written":"b","starttime":300,"endtime":400},{"written":"."},{"written":"c","starttime":2000,"endtime":2100}],"starttime":0,"endtime":2200,"text":"a b. c"}],"code":""}`)
	for name, c := range map[string]struct {
		t    *transcript.Transcript
		u    transcript.Utterance
		want string // empty for nothing
	}{
		"a line each":                 {plain, transcript.Utterance{Index: 1}, "«two» two"},
		"the last one gets the rest":  {plain, transcript.Utterance{Index: 1, Of: 2}, "«two three» two three"},
		"no line left":                {plain, transcript.Utterance{Index: 3}, ""},
		"what overlaps":               {timed, transcript.Utterance{Start: 900, End: 3000}, "1000-6000 «a b» a@1000-2000 b@2000-6000"},
		"what was not there before":   {timed, transcript.Utterance{After: 3000, Start: 4000, End: 7000, Index: 1}, "6500-7000 «c» c@6500-7000"},
		"nothing":                     {timed, transcript.Utterance{After: 7000, Start: 9000, End: 10000, Index: 2}, ""},
		"word by word":                {whole, transcript.Utterance{End: 500}, "0-2200 «a b.» a@100-200 b@300-400 ."},
		"the words after":             {whole, transcript.Utterance{After: 500, Start: 1500, End: 2050, Index: 1}, "0-2200 «c» c@2000-2100"},
		"words behind the last sound": {whole, transcript.Utterance{After: 500, Start: 1000, End: 1500, Index: 1, Of: 2}, "0-2200 «c» c@2000-2100"},
		"all words":                   {whole, transcript.Utterance{End: 3000}, "0-2200 «a b. c» a@100-200 b@300-400 . c@2000-2100"},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := c.t.Part(c.u)
			if ok != (c.want != "") || ok && cue(got) != c.want {
				t.Errorf("%v %q, want %q", ok, cue(got), c.want)
			}
		})
	}
}

func TestInterimResultsOfSeveralCues(t *testing.T) {
	tr := parse(t, "a.json", `{"utterances":[{"text":"a b","start":0,"end":5,"confidence":0.5},{"text":"c d","start":5,"end":9,"interim":["see","c"],"confidence":1},{"text":"e","start":9,"end":10},{"code":"o","start":10,"end":11}]}`)
	got, _ := tr.Part(transcript.Utterance{End: 20})
	if fmt.Sprint(got.Interim) != "[a b see a b c a b c d e]" || got.Confidence != protocol.Some(0.75) || got.Text != "a b c d e" || got.Code != "" {
		t.Errorf("%q %+v", got.Interim, got.Confidence)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"WEBVTT\n\n00:01.000 --> 00:02.000\n<v A><00:01.100>a<ruby>今<rt>い</rt>", "1\n00:00:01,000 --> 00:00:02,000\nx", `{"utterances":[{"text":"a%b%","start":1,"end":2}]}`, `{"results":[{"text":"x"}]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, ext := range transcript.Extensions() {
			tr, err := transcript.Parse("a"+ext, []byte(text))
			if (tr == nil) == (err == nil) {
				t.Fatalf("%s: %v and %v", ext, tr, err)
			}
			if err != nil {
				continue
			}
			for _, u := range []transcript.Utterance{{End: 1 << 30}, {After: 10, Start: 20, End: 40, Index: 1, Of: 3}} {
				if c, ok := tr.Part(u); ok {
					_ = c.WithoutFillers()
				}
			}
		}
	})
}
