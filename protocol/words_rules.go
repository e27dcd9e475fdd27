package protocol

import (
	"errors"
	"fmt"
	"strings"
)

// CheckWord tells what is wrong with a word for an engine: a field that is missing or belongs to the other family, a character
// that cannot stand there, a biasing that is not 0 to 1, a Japanese reading that is not kana. (documented: user-dictionary; the
// service's words for it are not known)
func CheckWord(engine string, w Word) error {
	family := WordFamilyOf(engine)
	if family == WordsNone {
		return fmt.Errorf("engine %s takes no words", excerpt(engine))
	}
	if err := checkFields(family, w); err != nil {
		return err
	}
	if e, known := EngineNamed(engine); known && family == WordsHybrid && e.Language == "ja" && !isKana(w.Spoken) {
		return fmt.Errorf("spoken %s is not hiragana or katakana", excerpt(w.Spoken))
	}
	return nil
}

func checkFields(family WordFamily, w Word) error {
	switch {
	case w.Written == "":
		return errors.New("written is missing")
	case family == WordsHybrid && w.Spoken == "":
		return errors.New("spoken is missing; words of hybrid engines need a reading")
	case family == WordsHybrid && (w.AlternativeWritten != "" || w.Biasing.OK):
		return errors.New("alternativewritten and biasing are for end-to-end engines (-a2…)")
	case family == WordsE2E && (w.Spoken != "" || w.ClassName != ""):
		return errors.New("spoken and classname are for hybrid engines (-a-…)")
	case w.Biasing.OK && !(w.Biasing.Value >= 0 && w.Biasing.Value <= 1): // a NaN is neither
		return fmt.Errorf("biasing %g is not between 0 and 1", w.Biasing.Value)
	}
	for name, text := range map[string]string{
		"written": w.Written, "spoken": w.Spoken, "classname": w.ClassName, "alternativewritten": w.AlternativeWritten,
	} {
		if i := strings.IndexFunc(text, splits); i >= 0 {
			return fmt.Errorf("%s has a blank, a bar or a control character; say _ for a blank", name)
		}
	}
	return nil
}

// splits tells whether a character cannot stand in a word. (documented: blank and bar, in written; assumed: elsewhere, and control
// characters; one page adds the colon, which is let pass)
func splits(r rune) bool { return r == ' ' || r == '|' || r < ' ' || r == 0x7F }

// isKana tells whether a reading is hiragana or katakana, long marks and half-width forms included.
func isKana(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 0x3041 || r > 0x309F) && (r < 0x30A0 || r > 0x30FF) && (r < 0xFF66 || r > 0xFF9F)
	})
}

// CheckProfileID tells what is wrong with the id of a profile, without the colon of profileId: it has letters, digits, '_' and '-',
// and does not begin with "__". (documented: reference-websocket-s-command-packet; the page on dictionaries says any text)
func CheckProfileID(id string) error {
	switch {
	case id == "":
		return errors.New("the profile id is empty")
	case strings.HasPrefix(id, "__"):
		return fmt.Errorf("profile id %s begins with __, which is reserved", excerpt(id))
	case strings.ContainsFunc(id, func(r rune) bool { return r != '_' && r != '-' && !isAlphanumeric(r) }):
		return fmt.Errorf("profile id %s has other characters than letters, digits, _ and -", excerpt(id))
	}
	return nil
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// ClassNames lists the classes that words of an engine can have; none for end-to-end engines and other languages than Japanese.
// (observed: the vendor's sample; documented: that a general engine has twelve; assumed: where in the list the places stand, and
// that the list of other languages is empty)
func ClassNames(engine string) []string {
	e, known := EngineNamed(engine)
	if !known || e.Language != "ja" || WordFamilyOf(engine) != WordsHybrid {
		return nil
	}
	names := []string{"固有名詞", "名前", "名前(名)", "駅名"}
	switch {
	case strings.HasPrefix(engine, "-a-med"):
		names = append(names, "地名_区町村", "地名_支庁市郡", "病名", "薬品名", "病院名", "手術名")
	case strings.HasPrefix(engine, "-a-general"), strings.HasPrefix(engine, "-a-bizfinance"), strings.HasPrefix(engine, "-a-bizinsurance"):
		names = append(names, "地名")
	}
	return append(names, "会社名", "部署名", "役職名", "記号", "括弧開き", "括弧閉じ", "元号")
}
