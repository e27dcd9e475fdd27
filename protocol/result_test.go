package protocol_test

import (
	"reflect"
	"testing"

	"mockamivoice/protocol"
)

// The texts below are the samples of the manual and of developers, in the form of the wire: compact, ASCII, shortest decimals.
const (
	// documented: response-code-and-message; observed: a recorded reply
	bodyUnauthorized = `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"-","message":"received illegal service authorization"}`
	// documented: result-format, sentence cut to its first token
	bodySample = `{"results":[{"tokens":[{"written":"\u30a2\u30c9\u30d0\u30f3\u30b9\u30c8\u30fb\u30e1\u30c7\u30a3\u30a2","confidence":1,"starttime":522,"endtime":1578,"spoken":"\u3042\u3069\u3070\u3093\u3059\u3068\u3081\u3067\u3043\u3042"}],"confidence":0.998,"starttime":250,"endtime":8794,"tags":[],"rulename":"","text":"\u30a2\u30c9\u30d0\u30f3\u30b9\u30c8\u30fb\u30e1\u30c7\u30a3\u30a2"}],"utteranceid":"20220602/14/018122d65d370a30116494c8_20220602_141442","text":"\u30a2\u30c9\u30d0\u30f3\u30b9\u30c8\u30fb\u30e1\u30c7\u30a3\u30a2","code":"","message":""}`
	// observed: a reply of the English engine; punctuation has only its written form
	bodyEnglish = `{"results":[{"tokens":[{"written":"No"},{"written":"."}],"confidence":0.99975,"starttime":0,"endtime":12100,"tags":[],"rulename":"","text":"No. 11.How often do you play tennis?A.I took a train.B.once a month.See.in a park."}],"utteranceid":"20240501/21/018f3423547d0a30369794c1_20240501_213121","text":"No. 11.How often do you play tennis?A.I took a train.B.once a month.See.in a park.","code":"","message":""}`
	// observed: order of a captured A event
	eventFinal = `{"results":[{"tokens":[{"written":"\u3053\u3093\u306b\u3061\u306f","confidence":0.98,"starttime":708,"endtime":1252,"spoken":"\u3053\u3093\u306b\u3061\u306f"},{"written":"\u3002","confidence":0.91,"starttime":1252,"endtime":1300,"spoken":"_"}],"confidence":0.993,"starttime":500,"endtime":1692,"tags":[],"rulename":"","text":"\u3053\u3093\u306b\u3061\u306f\u3002"}],"utteranceid":"20260731/ja_ja-amivoicecloud-16k-mock@0182a5acdadd0a3038ff0001-0731_120000","text":"\u3053\u3093\u306b\u3061\u306f\u3002","code":"","message":""}`
	// documented: the label of diarization; observed: a token without one
	eventLabels = `{"results":[{"tokens":[{"written":"\u3069\u3046\u3082","confidence":0.96,"starttime":2704,"endtime":3136,"spoken":"\u3069\u3046\u3082","label":"speaker1"},{"written":"\u3002","confidence":0.86,"starttime":3136,"endtime":3200,"spoken":"_"}],"confidence":0.95,"starttime":2500,"endtime":3600,"tags":[],"rulename":"","text":"\u3069\u3046\u3082\u3002"}],"utteranceid":"20260731/ja_ja-amivoicecloud-16k-mock@0182a5acdadd0a3038ff0006-0731_120000","text":"\u3069\u3046\u3082\u3002","code":"","message":""}`
	// documented: response-code-and-message
	eventRejected = `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"o","message":"recognition result is rejected because confidence is below the threshold"}`
	// observed: clients tolerate an A event in which everything is empty
	eventEmpty = `{"results":[{"tokens":[],"confidence":0,"starttime":2500,"endtime":3600,"tags":[],"rulename":"","text":""}],"utteranceid":"20260731/ja_ja-amivoicecloud-16k-mock@0182a5acdadd0a3038ff0007-0731_120000","text":"","code":"","message":""}`
	// documented: reference-websocket-u-event-packet
	eventInterim = `{"results":[{"tokens":[{"written":"\u3053\u3093"},{"written":"..."}],"text":"\u3053\u3093..."}],"text":"\u3053\u3093..."}`
)

func samples() []string {
	return []string{bodyUnauthorized, bodySample, bodyEnglish, eventFinal, eventLabels, eventRejected, eventEmpty}
}

func word(written string, confidence float64, start, end int, spoken string) protocol.Token {
	return protocol.Token{
		Written: written, Confidence: protocol.Some(confidence),
		StartTime: protocol.Some(start), EndTime: protocol.Some(end), Spoken: protocol.Some(spoken),
	}
}

func TestAppendResult(t *testing.T) {
	t.Parallel()
	speaker := word("どうも", 0.96, 2704, 3136, "どうも")
	speaker.Label = protocol.Some("speaker1")
	for _, c := range []struct {
		want   string
		result protocol.Result
	}{
		{bodyUnauthorized, protocol.Failed("", "-", "received illegal service authorization")},
		{eventRejected, protocol.Failed("", "o", "recognition result is rejected because confidence is below the threshold")},
		{eventFinal, protocol.Result{
			Results: []protocol.Utterance{{
				Tokens:     []protocol.Token{word("こんにちは", 0.98, 708, 1252, "こんにちは"), word("。", 0.91, 1252, 1300, "_")},
				Confidence: protocol.Some(0.993), StartTime: protocol.Some(500), EndTime: protocol.Some(1692), Text: "こんにちは。",
			}},
			UtteranceID: "20260731/ja_ja-amivoicecloud-16k-mock@0182a5acdadd0a3038ff0001-0731_120000", Text: "こんにちは。",
		}},
		{eventLabels, protocol.Result{
			Results: []protocol.Utterance{{
				Tokens:     []protocol.Token{speaker, word("。", 0.86, 3136, 3200, "_")},
				Confidence: protocol.Some(0.950), StartTime: protocol.Some(2500), EndTime: protocol.Some(3600), Text: "どうも。",
			}},
			UtteranceID: "20260731/ja_ja-amivoicecloud-16k-mock@0182a5acdadd0a3038ff0006-0731_120000", Text: "どうも。",
		}},
		{eventEmpty, protocol.Result{
			Results:     []protocol.Utterance{{Confidence: protocol.Some(0.0), StartTime: protocol.Some(2500), EndTime: protocol.Some(3600)}},
			UtteranceID: "20260731/ja_ja-amivoicecloud-16k-mock@0182a5acdadd0a3038ff0007-0731_120000",
		}},
	} {
		if got := string(protocol.AppendResult(nil, c.result)); got != c.want {
			t.Errorf("wrote %s\n want %s", got, c.want)
		}
		if got, err := protocol.ParseResult([]byte(c.want)); err != nil || !reflect.DeepEqual(got, c.result) {
			t.Errorf("%s reads %+v, %v", c.want, got, err)
		}
	}
}

func TestResultSamplesComeBackByteForByte(t *testing.T) {
	t.Parallel()
	for _, sample := range samples() {
		r, err := protocol.ParseResult([]byte(sample))
		if got := string(protocol.AppendResult(nil, r)); err != nil || got != sample {
			t.Errorf("%v: wrote %s\n want %s", err, got, sample)
		}
	}
}

func TestParseResultTakesOtherSpellings(t *testing.T) {
	t.Parallel()
	// observed: one captured body held raw UTF-8; documented samples are pretty-printed
	got, err := protocol.ParseResult([]byte("{ \"text\": \"はい\",\r\n \"code\":\"\", \"results\":[ {\"text\":\"はい\",\"confidence\":1.00,\"starttime\":null} ], \"new\":{} }\r\n"))
	want := protocol.Result{Results: []protocol.Utterance{{Text: "はい", Confidence: protocol.Some(1.0)}}, Text: "はい"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("reads %+v, %v; want %+v", got, err, want)
	}
	for _, s := range []string{"", "x", "[]", `{"results":{}}`, `{"text":1}`, `{"results":[{"starttime":1.5}]}`} {
		if got, err := protocol.ParseResult([]byte(s)); err == nil || !reflect.DeepEqual(got, protocol.Result{}) {
			t.Errorf("%q was accepted as %+v", s, got)
		}
	}
}

func TestInterim(t *testing.T) {
	t.Parallel()
	want := protocol.Interim{Tokens: []string{"こん", "..."}, Text: "こん..."}
	if got := string(protocol.AppendInterim(nil, want)); got != eventInterim {
		t.Errorf("wrote %s, want %s", got, eventInterim)
	}
	if got, err := protocol.ParseInterim([]byte(eventInterim)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("reads %+v, %v; want %+v", got, err, want)
	}
	if got, err := protocol.ParseInterim([]byte("x")); err == nil {
		t.Errorf("accepted as %+v", got)
	}
}

func FuzzParseResult(f *testing.F) {
	for _, sample := range samples() {
		f.Add([]byte(sample))
	}
	f.Add([]byte(`{"results":[{"tokens":null,"confidence":-0.0},null],"text":"\ud83d"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := protocol.ParseResult(data)
		if err != nil {
			return
		}
		text := protocol.AppendResult(nil, r)
		if again, err := protocol.ParseResult(text); err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%q written as %q reads %+v, %v; want %+v", data, text, again, err, r)
		}
	})
}

func FuzzParseInterim(f *testing.F) {
	f.Add([]byte(eventInterim))
	f.Add([]byte(`{"results":[{"tokens":[{"written":"a"}]},{"tokens":[{}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		i, err := protocol.ParseInterim(data)
		if err != nil {
			return
		}
		text := protocol.AppendInterim(nil, i)
		if again, err := protocol.ParseInterim(text); err != nil || !reflect.DeepEqual(again, i) {
			t.Errorf("%q written as %q reads %+v, %v; want %+v", data, text, again, err, i)
		}
	})
}
