package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"mockamivoice/protocol"
)

// parseWords reads words for an engine: the JSON of the service, or a line for each word with tabs between its columns. They are
// checked here, with the line, because the service says little about what is wrong with one.
func parseWords(engine string, data []byte) ([]protocol.Word, error) {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(data) {
		return nil, errors.New("is not UTF-8; convert it, for example with: iconv -f CP932 -t UTF-8")
	}
	var words []protocol.Word
	var places []string
	var err error
	if text := bytes.TrimSpace(data); bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("[")) {
		words, err = protocol.ParseWords(text)
		for i := range words {
			places = append(places, fmt.Sprintf("profilewords[%d]", i))
		}
	} else {
		words, places, err = parseColumns(engine, string(data))
	}
	if err != nil {
		return nil, err
	}
	for i, w := range words {
		if protocol.WordFamilyOf(engine) == protocol.WordsNone {
			break // a name that is not known here may be known to the service
		}
		if err := protocol.CheckWord(engine, w); err != nil {
			return nil, fmt.Errorf("%s: %w", places[i], err)
		}
	}
	return words, nil
}

// parseColumns reads the columns of the files that the vendor's page imports. (documented: user-dictionary-mypage)
func parseColumns(engine, text string) (words []protocol.Word, places []string, _ error) {
	const most = 3
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r\t ")
		if line == "" {
			continue
		}
		place := fmt.Sprintf("line %d", i+1)
		columns := strings.Split(line, "\t")
		if len(columns) > most {
			return nil, nil, fmt.Errorf("%s: has %d columns; there are at most %d", place, len(columns), most)
		}
		columns = append(columns, "", "")
		w := protocol.Word{Written: columns[0], Spoken: columns[1], ClassName: columns[2]}
		if protocol.WordFamilyOf(engine) == protocol.WordsE2E {
			w = protocol.Word{Written: columns[0], AlternativeWritten: columns[1]}
			if columns[2] != "" {
				biasing, err := strconv.ParseFloat(columns[2], 64)
				if err != nil {
					return nil, nil, fmt.Errorf("%s: biasing %q is not a number from 0 to 1", place, columns[2])
				}
				w.Biasing = protocol.Some(biasing)
			}
		}
		words, places = append(words, w), append(places, place)
	}
	return words, places, nil
}

// writeWords writes what parseColumns reads.
func writeWords(out io.Writer, words []protocol.Word) error {
	for _, w := range words {
		columns := []string{w.Written, w.Spoken, w.ClassName}
		if w.AlternativeWritten != "" || w.Biasing.OK {
			columns[1], columns[2] = w.AlternativeWritten, ""
		}
		if w.Biasing.OK {
			columns[2] = strconv.FormatFloat(w.Biasing.Value, 'f', -1, 64)
		}
		if _, err := fmt.Fprintln(out, strings.TrimRight(strings.Join(columns, "\t"), "\t")); err != nil {
			return err
		}
	}
	return nil
}
