package protocol_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mockamivoice/protocol"
)

// Bodies in the form of the manual's samples. (documented: user-dictionary)
func TestWordsRoundTrip(t *testing.T) {
	biasing := protocol.Some(0.7)
	for text, want := range map[string][]protocol.Word{
		`{"profilewords":[]}`: {},
		`{"profilewords":[{"written":"AMI","spoken":"\u3042\u307f"}]}`:                                                                  {{Written: "AMI", Spoken: "あみ"}},
		`{"profilewords":[{"written":"a","spoken":"\u3042","classname":"\u56fa\u6709\u540d\u8a5e"},{"written":"b","spoken":"\u3073"}]}`: {{Written: "a", Spoken: "あ", ClassName: "固有名詞"}, {Written: "b", Spoken: "び"}},
		`{"profilewords":[{"written":"AmiVoice","alternativewritten":"\u30a2\u30df\u30dc\u30a4\u30b9","biasing":0.7}]}`:                 {{Written: "AmiVoice", AlternativeWritten: "アミボイス", Biasing: biasing}},
	} {
		words, err := protocol.ParseWords([]byte(text))
		if err != nil || !reflect.DeepEqual(words, want) {
			t.Errorf("%s: %+v %v", text, words, err)
		}
		if got := string(protocol.AppendWords(nil, words)); got != text {
			t.Errorf("got  %s\nwant %s", got, text)
		}
	}
	// raw UTF-8, fields that nobody knows, and null for what is not there
	words, err := protocol.ParseWords([]byte(`{"profilewords":[{"Written":"x","written":"AMI","spoken":"あみ","class":"x","biasing":null}]}`))
	if err != nil || !reflect.DeepEqual(words, []protocol.Word{{Written: "AMI", Spoken: "あみ"}}) {
		t.Errorf("%+v %v", words, err)
	}
	for text, about := range map[string]string{
		``: "not JSON", `[]`: "not JSON", `{}`: "is missing", `{"ProfileWords":[]}`: "is missing", `{"profilewords":null}`: "not a list",
		`{"profilewords":{}}`: "not a list", `{"profilewords":["a"]}`: "not a list", `{"profilewords":[{},null]}`: "[1]",
		`{"profilewords":[{"written":1}]}`: "written is not a text", `{"profilewords":[{"written":"a","biasing":"0.5"}]}`: "biasing is not a number",
		`{"profilewords":[]}x`: "not JSON",
	} {
		if words, err := protocol.ParseWords([]byte(text)); err == nil || !strings.Contains(err.Error(), about) {
			t.Errorf("%s: %+v %v", text, words, err)
		}
	}
}

func TestProfileWords(t *testing.T) {
	half := protocol.Some(0.6)
	for _, c := range []struct {
		family protocol.WordFamily
		text   string
		want   []protocol.Word
		again  string // written again, where it differs
		odd    string // part of the error
	}{
		{"hybrid", "AMI あみ|ACP えーしーぴー", []protocol.Word{{Written: "AMI", Spoken: "あみ"}, {Written: "ACP", Spoken: "えーしーぴー"}}, "", ""}, // documented
		{"hybrid", "東京特許 とうきょうとっきょ 固有名詞", []protocol.Word{{Written: "東京特許", Spoken: "とうきょうとっきょ", ClassName: "固有名詞"}}, "", ""},        // documented
		{"hybrid", " ", nil, "-", ""}, // documented: clears a profile
		{"hybrid", "", nil, "-", ""},
		{"hybrid", "|AMI あみ|", []protocol.Word{{Written: "AMI", Spoken: "あみ"}}, "AMI あみ", ""}, // observed: a dictionary upload tool
		{"e2e", "AmiVoice  0.6|ACP", []protocol.Word{{Written: "AmiVoice", Biasing: half}, {Written: "ACP"}}, "", ""},
		{"e2e", "AmiVoice アミボイス 0.60", []protocol.Word{{Written: "AmiVoice", AlternativeWritten: "アミボイス", Biasing: half}}, "AmiVoice アミボイス 0.6", ""},
		{"e2e", "AmiVoice 0.6", []protocol.Word{{Written: "AmiVoice", AlternativeWritten: "0.6"}}, "", ""},
		{"hybrid", "AMI|ACP えー", []protocol.Word{{Written: "ACP", Spoken: "えー"}}, "ACP えー", "entry 1 of profileWords: spoken is missing"},
		{"hybrid", "a b c d", nil, "-", "has 4 columns"},
		{"hybrid", " あみ", nil, "-", "written is missing"},
		{"e2e", "a b c", nil, "-", `biasing "c" is not a number`},
		{"e2e", "a  1.5|b  NaN", nil, "-", "biasing NaN is not between"},
		{"none", "AMI あみ", nil, "-", "takes no words"},
		{"hybrid", `[{"written":"AMI","spoken":"あみ"}]`, nil, "-", "is JSON"}, // observed: accepted, without an effect
	} {
		got, err := protocol.ParseProfileWords(c.family, c.text)
		if !reflect.DeepEqual(got, c.want) || (err == nil) != (c.odd == "") || err != nil && !strings.Contains(err.Error(), c.odd) {
			t.Errorf("%s %q: %+v %v", c.family, c.text, got, err)
		}
		want := c.text
		if c.again != "" {
			want = strings.Trim(c.again, "-")
		}
		if again := string(protocol.AppendProfileWords(nil, c.family, got)); again != want {
			t.Errorf("%s %q written again is %q", c.family, c.text, again)
		}
	}
}

func TestWordRules(t *testing.T) {
	for _, c := range []struct {
		engine string
		word   protocol.Word
		odd    string
	}{
		{"-a-general", protocol.Word{Written: "AMI", Spoken: "あみ"}, ""},
		{"-a-general", protocol.Word{Written: "東京_駅", Spoken: "とーキョーエキ"}, ""},
		{"-a-general", protocol.Word{Written: "AMI"}, "spoken is missing"},
		{"-a-general", protocol.Word{Spoken: "あみ"}, "written is missing"},
		{"-a-general", protocol.Word{Written: "A MI", Spoken: "あみ"}, "written has a blank"},
		{"-a-general", protocol.Word{Written: "A|MI", Spoken: "あみ"}, "written has a blank, a bar"},
		{"-a-general", protocol.Word{Written: "AMI", Spoken: "ami"}, "not hiragana"},
		{"-a-general-ko", protocol.Word{Written: "AMI", Spoken: "아미"}, ""},
		{"-a-general", protocol.Word{Written: "AMI", Spoken: "あみ", Biasing: protocol.Some(0.5)}, "for end-to-end"},
		{"-a-general-en", protocol.Word{Written: "AMI", Spoken: "あみ"}, "takes no words"},
		{"-a2-ja-general", protocol.Word{Written: "AmiVoice"}, ""},
		{"-a2-ja-general", protocol.Word{Written: "AmiVoice", Biasing: protocol.Some(0.0)}, ""},
		{"-a2-ja-general", protocol.Word{Written: "AmiVoice", Biasing: protocol.Some(1.0)}, ""},
		{"-a2-ja-general", protocol.Word{Written: "AmiVoice", Biasing: protocol.Some(1.01)}, "between 0 and 1"},
		{"-a2-ja-general", protocol.Word{Written: "AmiVoice", Biasing: protocol.Some(-0.1)}, "between 0 and 1"},
		{"-a2-ja-general", protocol.Word{Written: "AmiVoice", Spoken: "あみ"}, "for hybrid"},
		{"-a2-ja-general", protocol.Word{Written: "AmiVoice", AlternativeWritten: "ami voice"}, "alternativewritten has a blank"},
	} {
		if err := protocol.CheckWord(c.engine, c.word); (err == nil) != (c.odd == "") || err != nil && !strings.Contains(err.Error(), c.odd) {
			t.Errorf("%s %+v: %v, want %q", c.engine, c.word, err, c.odd)
		}
	}
	for id, good := range map[string]bool{"test": true, "a_B-9": true, "_a": true, "": false, "__a": false, ":a": false, "a b": false, "あ": false, "a/b": false} {
		if err := protocol.CheckProfileID(id); (err == nil) != good {
			t.Errorf("profile %q: %v", id, err)
		}
	}
	for adf, want := range map[string]protocol.Dictionary{"": "16k", "16k": "16k", "8k": "8k", "8K": "", "44k": ""} {
		if d, err := protocol.ParseDictionary(adf); d != want || (err == nil) != (want != "") {
			t.Errorf("adf %q: %q %v", adf, d, err)
		}
	}
	for engine, want := range map[string]protocol.WordFamily{"-a-general": "hybrid", "-a2-ja-general": "e2e", "-a2b-multi-general": "e2e", "-a-general-en": "none", "a-general": "none", "": "none"} {
		if got := protocol.WordFamilyOf(engine); got != want {
			t.Errorf("%q: %s", engine, got)
		}
	}
}

// documented: reference-classnames (twelve of a general engine); observed: the vendor's sample
func TestClassNames(t *testing.T) {
	for engine, want := range map[string]string{
		"-a-general":     "固有名詞 名前 名前(名) 駅名 地名 会社名 部署名 役職名 記号 括弧開き 括弧閉じ 元号",
		"-a-bizfinance":  "固有名詞 名前 名前(名) 駅名 地名 会社名 部署名 役職名 記号 括弧開き 括弧閉じ 元号",
		"-a-medical":     "固有名詞 名前 名前(名) 駅名 地名_区町村 地名_支庁市郡 病名 薬品名 病院名 手術名 会社名 部署名 役職名 記号 括弧開き 括弧閉じ 元号",
		"-a2-ja-general": "", "-a-general-en": "", "-a-general-zh": "", "-nonsense": "",
	} {
		names := protocol.ClassNames(engine)
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s", engine, got)
		}
		again, err := protocol.ParseClassNames(protocol.AppendClassNames(nil, names))
		if err != nil || !slices.Equal(again, names) {
			t.Errorf("%v %v", again, err)
		}
	}
	if got := string(protocol.AppendClassNames(nil, []string{"元号", "a"})); got != `{"classnames":["\u5143\u53f7","a"]}` {
		t.Error(got)
	}
	if got := string(protocol.AppendProfileIDs(nil, []string{"a", "b"})); got != `{"profileids":["a","b"]}` {
		t.Error(got)
	}
	if ids, err := protocol.ParseProfileIDs([]byte(`{"profileids":["a","b"]}`)); err != nil || !slices.Equal(ids, []string{"a", "b"}) {
		t.Error(ids, err)
	}
	for _, text := range []string{``, `[]`, `{}`, `{"profileids":null}`, `{"profileids":[1]}`, `{"profiles":[]}`} {
		if ids, err := protocol.ParseProfileIDs([]byte(text)); err == nil {
			t.Errorf("%s: %v", text, ids)
		}
	}
}

// documented: reference-classnames, with the text of issue-api-key-with-api
func TestErrorsOfWords(t *testing.T) {
	expiry := time.Date(2026, 4, 13, 0, 0, 0, 0, time.UTC)
	for want, e := range map[string]*protocol.Error{
		`401 {"code":"-","message":"service authorization has expired: 2026/04/13 00:00:00.000 +0000 (-3600s)"}`: protocol.ExpiredForWords(expiry, expiry.Add(time.Hour)),
		`401 {"code":"-","message":"can't verify service authorization"}`:                                        protocol.NewError(protocol.WordsUnauthorized),
		`404 {"code":"?","message":"missing dictation grammar file name"}`:                                       protocol.NewError(protocol.WordsNoEngine),
		`405 {"code":"?","message":"POST method is not allowed"}`:                                                protocol.MethodNotAllowed(protocol.SurfaceWords, "POST"),
		`400 {"code":"?","message":"illegal parameter: adf"}`:                                                    protocol.IllegalWordsParameter("adf"),
	} {
		got := map[int]string{400: "400 ", 401: "401 ", 404: "404 ", 405: "405 "}[e.Status] + string(protocol.AppendError(nil, e))
		if got != want || e.Surface != protocol.SurfaceWords {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// documented: reference-list-sentiment-analysis-parameters
func TestSentimentDefinitions(t *testing.T) {
	list := protocol.SentimentDefinitions()
	const head = `{"sentiment_analysis":{"result_parameters":{"display_language":"ja","definitions":[{"name":"energy","display_name":"\u30a8\u30cd\u30eb\u30ae\u30fc","minimum":0,"maximum":100},`
	text := protocol.AppendSentimentDefinitions(nil, list)
	if !strings.HasPrefix(string(text), head) || len(list) != 20 {
		t.Errorf("%d: %s", len(list), text)
	}
	bounds := map[string][2]int{}
	for _, d := range list {
		bounds[d.Name] = [2]int{d.Minimum, d.Maximum}
		if d.DisplayName == "" {
			t.Errorf("%s has no name for people", d.Name)
		}
	}
	if bounds["emo_cog"] != [2]int{1, 500} || bounds["atmosphere"] != [2]int{-100, 100} || bounds["content"] != [2]int{0, 30} {
		t.Errorf("%v", bounds)
	}
	again, err := protocol.ParseSentimentDefinitions(text)
	if err != nil || !reflect.DeepEqual(again, list) {
		t.Errorf("%+v %v", again, err)
	}
	for _, text := range []string{``, `{}`, `{"message":"No authorization header"}`} {
		if list, err := protocol.ParseSentimentDefinitions([]byte(text)); err == nil {
			t.Errorf("%s: %v", text, list)
		}
	}
}

func TestUsage(t *testing.T) {
	for sid, want := range map[string]string{"demo": "/util/api/downloadusage/Ami.demo/202607", "demo01": "/util/api/downloadusage/demo01/202607"} {
		if got := protocol.UsagePath(sid, "202607"); got != want {
			t.Error(got)
		}
	}
	for want, plan := range map[string]protocol.Plan{
		"会話_汎用（ログ保存なし）": {Engine: "-a-general", NoLog: true}, // observed
		"会話_医療（ログ保存あり）": {Engine: "-a-medical"}, "-a-meeting（ログ保存あり）": {Engine: "-a-meeting"},
	} {
		if got := plan.Name(); got != want {
			t.Error(got)
		}
	}
	rows := []protocol.UsageRow{
		{Month: "202607", Account: "demo", Plan: "会話_汎用（ログ保存なし）", Milliseconds: protocol.Some(int64(1500)), Identifier: "s", Seconds: protocol.Some(int64(2))},
		{Month: "202607", Account: "demo01", Plan: `a,"b"`, Fee: "100"},
	}
	const want = "YYYYMM,account,plan,usage_ms,fee,identifier,usage_s\r\n202607,demo,会話_汎用（ログ保存なし）,1500,,s,2\r\n202607,demo01,\"a,\"\"b\"\"\",,100,,\r\n"
	if got := string(protocol.AppendUsage(nil, rows)); got != want {
		t.Errorf("%q", got)
	}
	if got, err := protocol.ParseUsage([]byte(want)); err != nil || !reflect.DeepEqual(got, rows) {
		t.Errorf("%+v %v", got, err)
	}
	for _, text := range []string{"", "a,b\n", "a,b,c,d,e,f,g\n1,2,3,x,5,6,7\n"} {
		if rows, err := protocol.ParseUsage([]byte(text)); err == nil {
			t.Errorf("%q: %v", text, rows)
		}
	}
}

func FuzzParseWords(f *testing.F) {
	f.Add([]byte(`{"profilewords":[{"written":"AMI","spoken":"あみ","classname":"a"},{"written":"b","alternativewritten":"c","biasing":0.5}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		words, err := protocol.ParseWords(data)
		if err != nil {
			return
		}
		again, err := protocol.ParseWords(protocol.AppendWords(nil, words))
		if err != nil || !reflect.DeepEqual(again, words) {
			t.Errorf("%+v is not %+v: %v", again, words, err)
		}
	})
}

func FuzzParseProfileWords(f *testing.F) {
	for _, seed := range []string{"AMI あみ 固有名詞|b c", "AmiVoice  0.6|ACP", " ", "||", "a  0x1p-2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, family := range []protocol.WordFamily{protocol.WordsHybrid, protocol.WordsE2E} {
			words, _ := protocol.ParseProfileWords(family, value)
			wire := protocol.AppendProfileWords(nil, family, words)
			again, err := protocol.ParseProfileWords(family, string(wire))
			if err != nil || !reflect.DeepEqual(again, words) {
				t.Errorf("%s: %+v, written again %q: %+v %v", family, words, wire, again, err)
			}
		}
	})
}

func FuzzParseUsage(f *testing.F) {
	f.Add([]byte("a,b,c,d,e,f,g\r\n202607,demo,x,1,,s,1\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := protocol.ParseUsage(data)
		if err != nil {
			return
		}
		again, err := protocol.ParseUsage(protocol.AppendUsage(nil, rows))
		if err != nil || !reflect.DeepEqual(again, rows) {
			t.Errorf("%+v is not %+v: %v", again, rows, err)
		}
	})
}
