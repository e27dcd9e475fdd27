package protocol_test

import (
	"reflect"
	"testing"

	"mockamivoice/protocol"
)

func TestParseD(t *testing.T) {
	t.Parallel()
	type params = []protocol.Param
	for _, c := range []struct {
		source, value string
		want          protocol.D
	}{
		{"documented: bare engine", "-a-general", protocol.D{Engine: "-a-general"}},
		{
			"documented: pairs", "grammarFileNames=-a-general keepFillerToken=1 authorization=KEY",
			protocol.D{Engine: "-a-general", Params: params{{"keepFillerToken", "1"}, {"authorization", "KEY"}}},
		},
		{
			"observed: bare engine, then pairs", `-a-general extension=%7B%22a%22%3A1%7D`,
			protocol.D{Engine: "-a-general", Params: params{{"extension", `{"a":1}`}}},
		},
		{"observed: unknown second word", "-a-general -l-LSB16K", protocol.D{Engine: "-a-general", Extra: []string{"-l-LSB16K"}}},
		{
			"documented: words of the user", "grammarFileNames=-a-general profileWords=AmiVoice%20%E3%81%82%E3%81%BF%7CAOI%20%E3%81%82",
			protocol.D{Engine: "-a-general", Params: params{{"profileWords", "AmiVoice あみ|AOI あ"}}},
		},
		{
			"documented: plus is a plus", "grammarFileNames=-a-general profileWords=C++%20x",
			protocol.D{Engine: "-a-general", Params: params{{"profileWords", "C++ x"}}},
		},
		{
			"observed: raw compact JSON", `grammarFileNames=-a-general profileWords=[{"a":"b=c"}]`,
			protocol.D{Engine: "-a-general", Params: params{{"profileWords", `[{"a":"b=c"}]`}}},
		},
		{
			"observed: ampersand", "grammarFileNames=-a-general&profileWords=x",
			protocol.D{Engine: "-a-general&profileWords=x"},
		},
		{"inferred: ampersand after a bare engine", "-a-general&keepFillerToken=1", protocol.D{Engine: "-a-general&keepFillerToken=1"}},
		{
			"assumed: the first engine wins", "-a-general -a-medical grammarFileNames=-a-meeting",
			protocol.D{Engine: "-a-general", Params: params{{"grammarFileNames", "-a-meeting"}}, Extra: []string{"-a-medical"}},
		},
		{"assumed: engine after a setting", "x=1 grammarFileNames=-a-general", protocol.D{Engine: "-a-general", Params: params{{"x", "1"}}}},
		{"assumed: empty engine", "grammarFileNames=", protocol.D{}},
		{"assumed: word without hyphen", "hello", protocol.D{Extra: []string{"hello"}}},
		{
			"assumed: blanks repeat, escapes that are none", "  -a-general   x=100%  ",
			protocol.D{Engine: "-a-general", Params: params{{"x", "100%"}}},
		},
		{"assumed: other white space separates nothing", "-a-general\tx=1", protocol.D{Params: params{{"-a-general\tx", "1"}}}},
		{"assumed: nothing", "", protocol.D{}},
	} {
		if got := protocol.ParseD(c.value); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q is %+q, want %+q", c.source, c.value, got, c.want)
		}
	}
}

func TestAppendD(t *testing.T) {
	t.Parallel()
	d := protocol.D{
		Engine: "-a-general",
		Params: []protocol.Param{{Key: "profileWords", Value: "AOI あ|C+"}, {Key: "keepFillerToken", Value: "1"}},
		Extra:  []string{"-l-LSB16K"},
	}
	const want = "grammarFileNames=-a-general profileWords=AOI%20%E3%81%82%7CC%2B keepFillerToken=1 -l-LSB16K"
	if got := string(protocol.AppendD([]byte("d="), d)); got != "d="+want {
		t.Errorf("wrote %q, want %q", got, "d="+want)
	}
}

func TestDAmpersand(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"grammarFileNames=-a-general&profileWords=x": true, // observed: recorded replies of the live service
		"-a-general&keepFillerToken=1":               true,
		"grammarFileNames=-a-general x=a&b":          false,
		"-a-general":                                 false,
	} {
		if got := protocol.ParseD(value).Ampersand(); got != want {
			t.Errorf("%q joined by ampersand: %t, want %t", value, got, want)
		}
	}
}

func FuzzParseD(f *testing.F) {
	for _, s := range []string{
		"-a-general", "grammarFileNames=-a-general x=%20+ -y z", "grammarFileNames= -a&b=c -d&e=f", "=x grammarFileNames=%", "-l=5 -a",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := protocol.ParseD(s)
		text := protocol.AppendD(nil, d)
		if again := protocol.ParseD(string(text)); !reflect.DeepEqual(again, d) {
			t.Errorf("d %q written as %q reads %+q, want %+q", s, text, again, d)
		}
	})
}
