package protocol_test

import (
	"encoding/json"
	"testing"

	"mockamivoice/protocol"
)

func TestAppendJSONString(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, text, want string }{
		{"documented: interim sample, lower-case hexadecimal", "こん...", `"\u3053\u3093..."`},
		{"inferred: surrogate pairs", "😀", `"\ud83d\ude00"`},
		{"inferred: last character of the basic plane and first beyond", "\uffff\U00010000\U0010ffff", `"\uffff\ud800\udc00\udbff\udfff"`},
		{"observed: slash stays", "20220816/a", `"20220816/a"`},
		{"inferred: markup stays", `<a href='x'>&</a>`, `"<a href='x'>&</a>"`},
		{"inferred: quote and backslash", `"\`, `"\"\\"`},
		{"inferred: control characters", "\x00\b\t\n\v\f\r\x1f", `"\u0000\u0008\t\n\u000b\u000c\r\u001f"`},
		{"inferred: DEL is escaped", "a\x7fb", `"a\u007fb"`},
		{"inferred: beyond ASCII", "\u0080\u00e9\u2028", `"\u0080\u00e9\u2028"`},
		{"assumed: bytes that are not UTF-8", "a\xff\xe3\x81b", `"a\ufffd\ufffd\ufffdb"`},
		{"inferred: nothing", "", `""`},
	} {
		if got := string(protocol.AppendJSONString(nil, c.text)); got != c.want {
			t.Errorf("%s: %q is written %s, want %s", c.source, c.text, got, c.want)
		}
	}
}

func FuzzAppendJSONString(f *testing.F) {
	for _, s := range []string{"", "こんにちは。", "😀\x7f\x00", `"\</>&`, "\xed\xa0\x80\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := protocol.AppendJSONString(nil, s)
		for _, c := range text {
			if c < ' ' || c > '~' {
				t.Fatalf("%q is written with byte %#x: %q", s, c, text)
			}
		}
		var got string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%q is written %q: %v", s, text, err)
		}
		if want := string([]rune(s)); got != want {
			t.Errorf("%q is written %q and reads %q", s, text, got)
		}
	})
}
