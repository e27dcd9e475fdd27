package hearing

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"mockamivoice/protocol"
)

// word is one token of a built-in sentence.
type word struct {
	written, spoken string
	filler          bool
}

// Language is the language of a connection engine: ja, en, zh or ko. The engines for several languages answer in Japanese.
func Language(engine string) string {
	if e, known := protocol.EngineNamed(engine); known {
		switch e.Language {
		case "en", "zh", "ko":
			return e.Language
		}
	}
	return "ja"
}

// sentences are ours. A word is written/spoken, a leading ~ makes it a filler.
func sentences(language string) []string {
	switch language {
	case "en":
		return []string{
			"The weather is nice today .", "Please open the window a little .", "Our meeting starts at nine .", "The next train leaves in ten minutes .",
			"She reads a book every evening .", "Can you send the report by Friday ?", "The bakery closes at six .", "We walked along the river .",
		}
	case "zh":
		return []string{
			"今天 天气 很 好 。", "请 把 窗户 打开 。", "会议 九点 开始 。", "下 一班 车 十分钟 后 出发 。",
			"她 每天 晚上 看书 。", "请 在 星期五 之前 发给 我 。", "面包店 六点 关门 。", "我们 沿着 河边 散步 。",
		}
	case "ko":
		return []string{
			"오늘 날씨 가 좋습니다 .", "창문 을 조금 열어 주세요 .", "회의 는 아홉 시 에 시작합니다 .", "다음 기차 는 십 분 뒤 에 출발합니다 .",
			"저녁 마다 책 을 읽습니다 .", "금요일 까지 보내 주세요 .", "빵집 은 여섯 시 에 닫습니다 .", "강 을 따라 걸었습니다 .",
		}
	}
	return []string{
		"今日/きょう は/は 天気/てんき が/が いい/いい です/です ね/ね 。/_",
		"~えーっと/えーっと 明日/あした の/の 会議/かいぎ は/は 九時/くじ から/から です/です 。/_",
		"窓/まど を/を 少し/すこし 開け/あけ て/て ください/ください 。/_",
		"次/つぎ の/の 電車/でんしゃ は/は 十分/じゅっぷん 後/ご に/に 出/で ます/ます 。/_",
		"~えーっと/えーっと 資料/しりょう は/は 机/つくえ の/の 上/うえ に/に あり/あり ます/ます 。/_",
		"パン屋/ぱんや は/は 六時/ろくじ に/に 閉まり/しまり ます/ます 。/_",
		"川/かわ に/に 沿っ/そっ て/て 散歩/さんぽ し/し まし/まし た/た 。/_",
		"お茶/おちゃ と/と コーヒー/こーひー の/の どちら/どちら が/が いい/いい です/です か/か 。/_",
		"金曜日/きんようび まで/まで に/に 返事/へんじ を/を お願い/おねがい し/し ます/ます 。/_",
		"~えーっと/えーっと それ/それ で/で 大丈夫/だいじょうぶ です/です 。/_",
	}
}

func sentence(language string, digest uint64, keepFillers bool) []word {
	all := sentences(language)
	var words []word
	for w := range strings.FieldsSeq(all[digest%uint64(len(all))]) {
		w, filler := strings.CutPrefix(w, "~")
		written, spoken, _ := strings.Cut(w, "/")
		if filler && !keepFillers {
			continue
		}
		if filler { // documented: a kept filler stands between percent signs; observed: in its reading as well
			written, spoken = "%"+written+"%", "%"+spoken+"%"
		}
		words = append(words, word{written, spoken, filler})
	}
	return words
}

func isMark(w word) bool {
	return strings.ContainsAny(w.written, "。、.,?") && utf8.RuneCountInString(w.written) == 1
}

// join writes words as a text.
func join(language string, words []word) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 && !isMark(w) && (language == "en" || language == "ko") {
			b.WriteByte(' ')
		}
		b.WriteString(w.written)
	}
	return b.String()
}

// Transcript is what a built-in sentence makes of an utterance.
type Transcript struct {
	Tokens     []protocol.Token
	Confidence float64 // 0 to 1
	Text       string
}

// Transcribe is the sentence for v in a language of Language. Its tokens lie inside of the sounding part, longer ones longer.
// Fillers are left out unless keepFillers. Readings come with Japanese alone. (observed: English tokens carry none)
func Transcribe(language string, v Voice, keepFillers bool) Transcript {
	words := sentence(language, v.Digest, keepFillers)
	total := 0
	for _, w := range words {
		total += weight(w)
	}
	t := Transcript{Text: join(language, words), Confidence: 0.9 + float64(v.Digest%97)/1000}
	done, span := 0, v.End-v.Start
	for i, w := range words {
		start := v.Start + span*done/total
		done += weight(w)
		token := protocol.Token{Written: w.written}
		if !isMark(w) || language == "ja" {
			token.Confidence = protocol.Some(float64(80+(v.Digest>>(i%32)+uint64(i))%21) / 100) //nolint:gosec // a small index
			token.StartTime, token.EndTime = protocol.Some(start), protocol.Some(v.Start+span*done/total)
		}
		if w.spoken != "" {
			token.Spoken = protocol.Some(w.spoken)
		}
		t.Tokens = append(t.Tokens, token)
	}
	return t
}

func weight(w word) int {
	if isMark(w) {
		return 1
	}
	return 2 * utf8.RuneCountInString(cmp.Or(w.spoken, w.written))
}

// Guess is what the nth interim result says at the moment v.End, with Grow.
func Guess(language string, v Voice, nth int, keepFillers bool) protocol.Interim {
	words := sentence(language, v.Digest, keepFillers)
	tokens := make([]protocol.Token, 0, len(words))
	for _, w := range words {
		k := protocol.Token{Written: w.written}
		if w.spoken != "" {
			k.Spoken = protocol.Some(w.spoken)
		}
		tokens = append(tokens, k)
	}
	return Grow(Growth{
		Words: tokens, Language: language, Digest: v.Digest, Heard: HeardBy(v.End - v.Start), Nth: nth,
		Join: func(tokens []protocol.Token) string {
			words := make([]word, 0, len(tokens))
			for _, k := range tokens {
				words = append(words, word{written: k.Written})
			}
			return join(language, words)
		},
	})
}
