package main

import (
	"strings"

	"mockamivoice/protocol"
)

// transcript is the text of a completed job, a line for each utterance. Where speakers were told apart, a line says who speaks, and
// one utterance may be several lines.
func transcript(j protocol.Job) []string {
	var utterances []protocol.Utterance
	for _, s := range j.Segments {
		utterances = append(utterances, s.Results...)
	}
	if j.Compatible != nil {
		utterances = j.Compatible.Results
	}
	var lines []string
	for _, u := range utterances {
		lines = append(lines, turns(u)...)
	}
	return lines
}

// turns cuts an utterance where another speaker begins. Its text is cut, and no text made from tokens: in some languages there are
// blanks between them.
func turns(u protocol.Utterance) []string {
	var lines []string
	speaker, start, at := "", 0, 0
	end := func(end int) {
		line := strings.TrimSpace(u.Text[start:end])
		if line != "" && speaker != "" {
			line = speaker + ": " + line
		}
		if line != "" {
			lines = append(lines, line)
		}
		start = end
	}
	for _, t := range u.Tokens {
		i := strings.Index(u.Text[at:], t.Written)
		if i < 0 {
			continue
		}
		if t.Label.OK && t.Label.Value != speaker {
			if speaker != "" {
				end(at + i)
			}
			speaker = t.Label.Value
		}
		at += i + len(t.Written)
	}
	end(len(u.Text))
	return lines
}
