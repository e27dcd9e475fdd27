package hearing_test

import (
	"slices"
	"strings"
	"testing"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/protocol"
)

func TestLanguageOfEngines(t *testing.T) {
	for engine, want := range map[string]string{
		"-a-general": "ja", "-a-general-en": "en", "-a2-ja-general": "ja", "-a-general-zh": "zh", "-a-general-ko": "ko", "-a2-multi-general": "ja", "": "ja", "no such engine": "ja",
	} {
		if got := hearing.Language(engine); got != want {
			t.Errorf("%q speaks %s, want %s", engine, got, want)
		}
	}
}

func TestGuessGrowsIntoTheSentence(t *testing.T) {
	for _, language := range []string{"ja", "en", "zh", "ko"} {
		for digest := range uint64(20) {
			final := hearing.Transcribe(language, hearing.Voice{End: 3000, Digest: digest}, false)
			var texts []string
			wrong := 0
			for nth := 1; nth <= 10; nth++ {
				v := hearing.Voice{Start: 200, End: 200 + 400*nth, Digest: digest}
				g := hearing.Guess(language, v, nth, false)
				text, dotted := strings.CutSuffix(g.Text, "...")
				n := len(g.Tokens) - 1
				if !dotted || text == "" || n != min(len(final.Tokens), 400*nth/300+1) || g.Tokens[n] != "..." {
					t.Fatalf("%s %d, the %d.: %+v, in the end %q", language, digest, nth, g, final.Text)
				}
				if again := hearing.Guess(language, v, nth, false); !slices.Equal(again.Tokens, g.Tokens) {
					t.Fatalf("%s %d, the %d.: %q, then %q", language, digest, nth, g.Tokens, again.Tokens)
				}
				if !strings.HasPrefix(final.Text, text) {
					wrong++
					if nth == 1 || n < len(final.Tokens) && slices.IndexFunc(final.Tokens, func(k protocol.Token) bool { return !slices.Contains(g.Tokens, k.Written) }) < n-2 {
						t.Errorf("%s %d, the %d.: %q is wrong before its end, of %q", language, digest, nth, text, final.Text)
					}
				}
				texts = append(texts, text)
			}
			if strings.HasPrefix(final.Text, texts[1]) || texts[9] != final.Text || wrong > 7 {
				t.Errorf("%s %d grows to %q by %q", language, digest, final.Text, texts)
			}
		}
	}
}

// Fillers and marks are never what is misheard, and a text of one word has something to be misheard for.
func TestGrowMishearsWordsAlone(t *testing.T) {
	joined := func(tokens []protocol.Token) string {
		text := ""
		for _, k := range tokens {
			text += k.Written
		}
		return text
	}
	for text, change := range map[string]bool{"hello": true, "hello .": true, ".": false, "%um%": false, "": false} {
		var words []protocol.Token
		for w := range strings.FieldsSeq(text) {
			words = append(words, protocol.Token{Written: w})
		}
		g := hearing.Grow(hearing.Growth{Words: words, Join: joined, Language: "en", Digest: 5, Heard: 9, Nth: 2})
		if got := g.Text != joined(words)+"..."; got != change || len(g.Tokens) != len(words)+1 || strings.HasSuffix(text, ".") != strings.HasSuffix(g.Text, "....") {
			t.Errorf("%q: %+v", text, g)
		}
	}
}

func TestTokensLieInTheVoice(t *testing.T) {
	for _, language := range []string{"ja", "en", "zh", "ko"} {
		for digest := range uint64(40) {
			for _, v := range []hearing.Voice{{Start: 700, End: 2300, Digest: digest}, {Start: 700, End: 705, Digest: digest}, {Digest: digest << 58}} {
				got := hearing.Transcribe(language, v, digest%2 == 0)
				if got.Confidence <= 0 || got.Confidence > 1 || len(got.Tokens) < 3 {
					t.Fatalf("%s %d: %+v", language, digest, got)
				}
				checkTokens(t, language, v, got.Tokens)
			}
		}
	}
}

func checkTokens(t *testing.T, language string, v hearing.Voice, tokens []protocol.Token) {
	t.Helper()
	last, timed := v.Start, 0
	for _, token := range tokens {
		if token.Spoken.OK != (language == "ja") || token.StartTime.OK != token.EndTime.OK || token.Label.OK {
			t.Fatalf("%s: %+v", language, token)
		}
		if !token.StartTime.OK {
			continue // punctuation
		}
		timed++
		start, end, c := token.StartTime.Value, token.EndTime.Value, token.Confidence
		if start < last || end < start || end > v.End || v.End-v.Start > 1000 && end == start || !c.OK || c.Value <= 0 || c.Value > 1 {
			t.Fatalf("%s in %+v after %d: %+v", language, v, last, token)
		}
		last = end
	}
	if timed < 3 {
		t.Errorf("%s: %d tokens with times in %+v", language, timed, tokens)
	}
}

func TestJapaneseReadings(t *testing.T) {
	got := hearing.Transcribe("ja", hearing.Voice{End: 2100, Digest: 0}, false)
	if got.Text != "今日は天気がいいですね。" {
		t.Fatal(got.Text)
	}
	var spoken []string
	for _, token := range got.Tokens {
		spoken = append(spoken, token.Written+"="+token.Spoken.Value)
	}
	if s := strings.Join(spoken, " "); s != "今日=きょう は=は 天気=てんき が=が いい=いい です=です ね=ね 。=_" {
		t.Error(s)
	}
}

func TestTextsOfOtherLanguages(t *testing.T) {
	for language, want := range map[string]string{"en": "Can you send the report by Friday?", "zh": "请在星期五之前发给我。", "ko": "금요일 까지 보내 주세요."} {
		if got := hearing.Transcribe(language, hearing.Voice{End: 2000, Digest: 5}, true); got.Text != want {
			t.Errorf("%s: %q, want %q", language, got.Text, want)
		}
	}
}

func TestFillersAreKeptOnlyOnDemand(t *testing.T) {
	found := 0
	for digest := range uint64(30) {
		v := hearing.Voice{End: 2000, Digest: digest}
		kept, left := hearing.Transcribe("ja", v, true), hearing.Transcribe("ja", v, false)
		if strings.Contains(left.Text, "えーっと") || strings.Contains(left.Text, "%") || strings.Contains(hearing.Guess("ja", v, 1, false).Text, "%") {
			t.Errorf("%d: %q", digest, left.Text)
		}
		rest, filler := strings.CutPrefix(kept.Text, "%えーっと%")
		if rest != left.Text {
			t.Errorf("%d: %q with and %q without fillers", digest, kept.Text, left.Text)
		}
		if !filler {
			continue
		}
		found++
		if first := kept.Tokens[0]; first.Written != "%えーっと%" || first.Spoken.Value != "%えーっと%" || len(kept.Tokens) != len(left.Tokens)+1 {
			t.Errorf("%d: %+v", digest, kept.Tokens)
		}
		if g := hearing.Guess("ja", v, 1, true); g.Tokens[0] != "%えーっと%" || !strings.HasPrefix(g.Text, "%えーっと%") {
			t.Errorf("%d: %+v", digest, g)
		}
	}
	if found == 0 {
		t.Error("no sentence has a filler")
	}
}
