// Package dialogue shows a tape to a person.
package dialogue

import (
	"fmt"
	"strings"

	"mockamivoice/scenarios"
)

// Line is one line of a dialogue for a person.
type Line struct {
	Arrow string // ">" from the client, "<" from the server, "-" for the rest
	Text  string
	Mark  bool // a law or the script complains about it
}

// Lines are a tape for a person, a line an entry. The entries whose N is among marked are marked. Texts are as on the tape: pass
// them through Printable before they reach a terminal.
func Lines(entries []scenarios.Entry, marked ...uint64) []Line {
	lines := make([]Line, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		l := Line{Arrow: map[scenarios.Dir]string{scenarios.In: ">", scenarios.Out: "<", scenarios.Note: "-"}[e.Dir], Text: describe(e)}
		for _, n := range marked {
			l.Mark = l.Mark || n == e.N
		}
		lines = append(lines, l)
	}
	return lines
}

func describe(e *scenarios.Entry) string {
	switch e.Kind {
	case scenarios.ConnOpen:
		return fmt.Sprintf("connection %d opened from %s", e.Conn, e.Remote)
	case scenarios.ConnClose:
		return fmt.Sprintf("connection %d closed (%s) %s", e.Conn, e.How, e.Text)
	case scenarios.HTTPRequest:
		return requestText(e)
	case scenarios.HTTPResponse:
		return fmt.Sprintf("HTTP %d, %s", e.Status, Quote(e.Body)) + headerText(e.Headers)
	case scenarios.WSHandshake:
		return fmt.Sprintf("%s %s (WebSocket)", e.Method, e.Target)
	case scenarios.WSCommand, scenarios.WSEvent:
		text := Quote(e.Text)
		if e.Audio != nil {
			text = strings.TrimSpace(fmt.Sprintf("%s with %d bytes of audio", e.Text, e.Audio.Bytes))
		}
		return text + frameText(e)
	case scenarios.WSControl:
		name := map[int]string{8: "close", 9: "ping", 10: "pong"}[e.Frame.Opcode]
		return strings.TrimSpace(fmt.Sprintf("%s frame, %d bytes %s", name, e.Frame.Size, quoted(e.Text)))
	default:
		return string(e.Kind) + " " + e.Text
	}
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return Quote(s)
}

func requestText(e *scenarios.Entry) string {
	var b strings.Builder
	b.WriteString(e.Method + " " + e.Target)
	for _, p := range e.Parts {
		if p.Value != "" || p.Size == 0 {
			fmt.Fprintf(&b, " %s=%s", p.Name, Quote(p.Value))
		} else {
			fmt.Fprintf(&b, " %s (%d bytes)", p.Name, p.Size)
		}
	}
	if e.Body != "" {
		b.WriteString(" " + Quote(e.Body))
	}
	return b.String() + headerText(e.Headers)
}

func headerText(lines [][2]string) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, " | %s: %s", l[0], l[1])
	}
	return b.String()
}

// frameText says what is not usual about the frames of a message.
func frameText(e *scenarios.Entry) string {
	if e.Frame == nil {
		return ""
	}
	var odd []string
	if e.Frame.Frames > 1 {
		odd = append(odd, fmt.Sprintf("%d frames", e.Frame.Frames))
	}
	if e.Kind == scenarios.WSEvent && e.Frame.Opcode != 1 {
		odd = append(odd, "binary")
	}
	if (e.Dir == scenarios.In) != e.Frame.Masked {
		odd = append(odd, map[bool]string{true: "masked", false: "unmasked"}[e.Frame.Masked])
	}
	if len(odd) == 0 {
		return ""
	}
	return " [" + strings.Join(odd, ", ") + "]"
}

// Condense makes one line of many packets of audio: a person wants to see what stands around them.
func Condense(lines []Line) []Line {
	var out []Line
	for i := 0; i < len(lines); i++ {
		j := i
		for j+1 < len(lines) && isAudio(lines[j+1]) && isAudio(lines[i]) && !lines[i].Mark && !lines[j+1].Mark {
			j++
		}
		l := lines[i]
		if j > i+1 {
			l.Text += fmt.Sprintf(" (and %d more packets)", j-i)
			i = j
		}
		out = append(out, l)
	}
	return out
}

func isAudio(l Line) bool { return l.Arrow == ">" && strings.HasPrefix(l.Text, "p with ") }
