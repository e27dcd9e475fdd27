package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Paths of dictionaries. The engine follows, with its leading '-', then for words a slash and the profile, which is left out to
// list the profiles. (documented: user-dictionary; reference-classnames)
const (
	PathWords      = "/profilewords/"
	PathClassNames = "/classnames/"
)

// Limits of dictionaries.
const (
	MostWords      = 1000 // documented: of the dictionary on MyPage; assumed: of every profile
	DefaultBiasing = 0.5  // documented: user dictionary of end-to-end engines
)

// Dictionary is which of the dictionaries of a hybrid engine is meant, the value of adf. End-to-end engines have one for both.
// (documented: reference-profilewords)
type Dictionary string

// The dictionaries.
const (
	Dictionary16k Dictionary = "16k" // unless adf says otherwise
	Dictionary8k  Dictionary = "8k"
)

// ParseDictionary reads the value of adf, which may be empty.
func ParseDictionary(adf string) (Dictionary, error) {
	switch d := Dictionary(adf); d {
	case "":
		return Dictionary16k, nil
	case Dictionary16k, Dictionary8k:
		return d, nil
	}
	return "", fmt.Errorf("adf %s is neither 16k nor 8k", excerpt(adf))
}

// WordFamily is which fields the words of an engine have.
type WordFamily string

// The families.
const (
	WordsHybrid WordFamily = "hybrid" // written, spoken, classname
	WordsE2E    WordFamily = "e2e"    // written, alternativewritten, biasing
	WordsNone   WordFamily = "none"   // the engine takes no words
)

// WordFamilyOf is the family of an engine, by the beginning of its name: -a2… is end-to-end, -a-… hybrid. English hybrid engines
// take no words. (documented: user-dictionary-request-based)
func WordFamilyOf(engine string) WordFamily {
	switch {
	case strings.HasPrefix(engine, "-a2"):
		return WordsE2E
	case strings.HasPrefix(engine, "-a-") && engine != "-a-general-en":
		return WordsHybrid
	}
	return WordsNone
}

// Word is one word of a dictionary. Which fields it has depends on the family of the engine. (documented: user-dictionary)
type Word struct {
	Written            string         // how it is to be written; "_" comes out as a blank
	Spoken             string         // hybrid: how it sounds, in Japanese in kana
	ClassName          string         // hybrid: one of ClassNames, or empty
	AlternativeWritten string         // end-to-end: how it is written otherwise, or empty
	Biasing            Maybe[float64] // end-to-end: 0 to 1; DefaultBiasing where absent
}

// AppendWords appends the JSON of words: {"profilewords":[…]}. Fields that are empty are left out. (documented: user-dictionary)
func AppendWords(dst []byte, words []Word) []byte {
	dst = append(dst, `{"profilewords":[`...)
	for i, w := range words {
		dst = appendField(comma(dst, i), `{"written":`, w.Written)
		for _, f := range [...][2]string{{`,"spoken":`, w.Spoken}, {`,"classname":`, w.ClassName}, {`,"alternativewritten":`, w.AlternativeWritten}} {
			if f[1] != "" {
				dst = appendField(dst, f[0], f[1])
			}
		}
		if w.Biasing.OK {
			dst = strconv.AppendFloat(append(dst, `,"biasing":`...), w.Biasing.Value, 'f', -1, 64)
		}
		dst = append(dst, '}')
	}
	return append(dst, `]}`...)
}

// ParseWords reads the JSON of words. It says nothing of their sense; CheckWord does. Names of fields are case-sensitive, others
// than those of Word mean nothing (assumed).
func ParseWords(data []byte) ([]Word, error) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, fmt.Errorf(`words are not JSON like {"profilewords":[…]}: %w`, err)
	}
	list, given := body["profilewords"]
	if !given {
		return nil, errors.New(`words are not JSON like {"profilewords":[…]}: profilewords is missing`)
	}
	var items []map[string]json.RawMessage
	if err := json.Unmarshal(list, &items); err != nil || items == nil {
		return nil, errors.New("profilewords is not a list of objects")
	}
	words := make([]Word, 0, len(items))
	for i, item := range items {
		w, err := parseWord(item)
		if err != nil {
			return nil, fmt.Errorf("profilewords[%d]: %w", i, err)
		}
		words = append(words, w)
	}
	return words, nil
}

func parseWord(item map[string]json.RawMessage) (w Word, err error) {
	if item == nil {
		return w, errors.New("null is not a word")
	}
	for name, dst := range map[string]any{
		"written": &w.Written, "spoken": &w.Spoken, "classname": &w.ClassName, "alternativewritten": &w.AlternativeWritten, "biasing": &w.Biasing,
	} {
		if value, given := item[name]; given && json.Unmarshal(value, dst) != nil {
			kind := "text"
			if name == "biasing" {
				kind = "number"
			}
			return w, fmt.Errorf("%s is not a %s", name, kind)
		}
	}
	return w, nil
}

// AppendProfileWords appends words in the notation of profileWords in d and s: "written spoken[ class]" or, for end-to-end engines,
// "written[ alternative][ biasing]", joined by bars. What cannot be said so, CheckWord refuses.
// (documented: user-dictionary-request-based)
func AppendProfileWords(dst []byte, family WordFamily, words []Word) []byte {
	for i, w := range words {
		if i > 0 {
			dst = append(dst, '|')
		}
		columns := []string{w.Written, w.Spoken, w.ClassName}
		if family == WordsE2E {
			columns[1], columns[2] = w.AlternativeWritten, ""
			if w.Biasing.OK {
				columns[2] = strconv.FormatFloat(w.Biasing.Value, 'f', -1, 64)
			}
		}
		dst = append(dst, strings.TrimRight(strings.Join(columns, " "), " ")...)
	}
	return dst
}

// ParseProfileWords reads the value of profileWords. It returns the words that can be read, and an error that tells of those that
// cannot. Empty entries are skipped: a single blank, which clears a profile, is no word. (documented: the blank; observed: a tool
// begins its list with a bar)
func ParseProfileWords(family WordFamily, value string) ([]Word, error) {
	if strings.HasPrefix(strings.TrimSpace(value), "[{") {
		return nil, errors.New("profileWords is JSON, which has no effect; its notation is: written spoken|written spoken") // observed
	}
	if family == WordsNone {
		return nil, errors.New("the engine takes no words")
	}
	var words []Word
	var errs []error
	for i, entry := range strings.Split(value, "|") {
		if strings.Trim(entry, " ") == "" {
			continue
		}
		w, err := parseColumns(family, strings.Split(entry, " "))
		if err != nil {
			errs = append(errs, fmt.Errorf("entry %d of profileWords: %w", i+1, err))
			continue
		}
		words = append(words, w)
	}
	return words, errors.Join(errs...)
}

func parseColumns(family WordFamily, columns []string) (Word, error) {
	if len(columns) > 3 {
		return Word{}, fmt.Errorf("has %d columns; there are at most 3, and only blanks separate them", len(columns))
	}
	columns = append(columns, "", "")
	w := Word{Written: columns[0]}
	if family == WordsHybrid {
		w.Spoken, w.ClassName = columns[1], columns[2]
	} else {
		w.AlternativeWritten = columns[1]
		if columns[2] != "" {
			f, err := strconv.ParseFloat(columns[2], 64)
			if err != nil {
				return Word{}, fmt.Errorf("biasing %s is not a number", excerpt(columns[2]))
			}
			w.Biasing = Some(f)
		}
	}
	return w, checkFields(family, w)
}

// AppendProfileIDs appends the JSON of a list of profiles: {"profileids":[…]}. (observed: the vendor's sample reads it)
func AppendProfileIDs(dst []byte, ids []string) []byte {
	return appendTexts(dst, `{"profileids":[`, ids)
}

// ParseProfileIDs reads the JSON of a list of profiles.
func ParseProfileIDs(data []byte) ([]string, error) { return parseTexts(data, "profileids") }

// AppendClassNames appends the JSON of a list of classes: {"classnames":[…]}. (documented: reference-classnames)
func AppendClassNames(dst []byte, names []string) []byte {
	return appendTexts(dst, `{"classnames":[`, names)
}

// ParseClassNames reads the JSON of a list of classes.
func ParseClassNames(data []byte) ([]string, error) { return parseTexts(data, "classnames") }

func appendTexts(dst []byte, head string, texts []string) []byte {
	dst = append(dst, head...)
	for i, t := range texts {
		dst = AppendJSONString(comma(dst, i), t)
	}
	return append(dst, `]}`...)
}

func parseTexts(data []byte, name string) ([]string, error) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, fmt.Errorf(`reply is not JSON like {"%s":[…]}: %w`, name, err)
	}
	var texts []string
	if err := json.Unmarshal(body[name], &texts); err != nil || texts == nil {
		return nil, fmt.Errorf(`reply is not JSON like {"%s":[…]}: %s is missing or no list of texts`, name, name)
	}
	return texts, nil
}
