package protocol_test

import (
	"slices"
	"testing"

	"mockamivoice/protocol"
)

func TestParseForm(t *testing.T) {
	t.Parallel()
	type params = []protocol.Param
	for _, c := range []struct {
		source, form string
		want         params
	}{
		{"documented: sample call", "sid=mock-sid&spw=mock%20spw%21", params{{"sid", "mock-sid"}, {"spw", "mock spw!"}}},
		{"documented: plus is a blank", "spw=mock+spw%21", params{{"spw", "mock spw!"}}},
		{"inferred: unescaped plus of a zone", "epi=2021-05-15T12:05:30+09:00", params{{"epi", "2021-05-15T12:05:30 09:00"}}},
		{"documented: escaped plus of a zone", "epi=2026-06-15T12%3A00%3A45.500%2B09%3A00", params{{"epi", "2026-06-15T12:00:45.500+09:00"}}},
		{"documented: double encoding of d", "d=grammarFileNames%3D-a-general+x%3D%2520", params{{"d", "grammarFileNames=-a-general x=%20"}}},
		{"documented: separators of ipa", "ipa=203.0.113.0/24,198.51.100.0/24", params{{"ipa", "203.0.113.0/24,198.51.100.0/24"}}},
		{"assumed: semicolon separates nothing", "spw=a;b=c&x=1", params{{"spw", "a;b=c"}, {"x", "1"}}},
		{"assumed: escapes that are none", "spw=100%&a=%zz&b=%4&c=%%41", params{{"spw", "100%"}, {"a", "%zz"}, {"b", "%4"}, {"c", "%A"}}},
		{"assumed: empty pieces and missing values", "&&a&=b&c=&", params{{"a", ""}, {"", "b"}, {"c", ""}}},
		{"assumed: order and repetition are kept", "a=2&b=1&a=3", params{{"a", "2"}, {"b", "1"}, {"a", "3"}}},
		{"assumed: keys are escaped too", "%73id=x%3Dy=z", params{{"sid", "x=y=z"}}},
		{"assumed: nothing", "", nil},
	} {
		if got := protocol.ParseForm(c.form); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q is %q, want %q", c.source, c.form, got, c.want)
		}
	}
}

func TestAppendForm(t *testing.T) {
	t.Parallel()
	got := string(protocol.AppendForm(nil, []protocol.Param{{Key: "spw", Value: "mock spw!"}, {Key: "epi", Value: "+09%"}, {Key: "あ"}}))
	if want := "spw=mock+spw%21&epi=%2B09%25&%E3%81%82="; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

func FuzzParseForm(f *testing.F) {
	for _, s := range []string{"", "&", "=", "a=b&a=c", "x;y=%zz%4", "k=%2B+%00%ff", "あ=い"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		params := protocol.ParseForm(s)
		text := protocol.AppendForm(nil, params)
		if again := protocol.ParseForm(string(text)); !slices.Equal(again, params) {
			t.Errorf("form %q written as %q reads %q, want %q", s, text, again, params)
		}
	})
}
