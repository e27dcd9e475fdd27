package dialogue

import (
	"fmt"
	"strings"
)

// Write writes lines below each other, a marked one with a ! in front.
func Write(b *strings.Builder, lines []Line) {
	for _, l := range lines {
		mark := " "
		if l.Mark {
			mark = "!"
		}
		fmt.Fprintf(b, "   %s%s %s\n", mark, l.Arrow, l.Text)
	}
}

// Printable escapes control characters, so that nothing that a target says reaches the terminal as a command.
func Printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			b.WriteRune(r)
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0:
			fmt.Fprintf(&b, "\\x%02x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Quote is s as a person can read it: shortened to 600 characters, and quoted where its beginning, its end or a control character
// would not be seen.
func Quote(s string) string {
	const most = 600
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }) || s == "" || strings.TrimSpace(s) != s {
		return fmt.Sprintf("%q", s)
	}
	return s
}
