package main

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"mockamivoice/protocol"
)

func TestParseWords(t *testing.T) {
	for _, c := range []struct {
		engine, text string
		want         []protocol.Word
	}{
		{"-a-general", "AMI\tあみ\r\n\nAmiVoice\tあみぼいす\t会社名\n", []protocol.Word{{Written: "AMI", Spoken: "あみ"}, {Written: "AmiVoice", Spoken: "あみぼいす", ClassName: "会社名"}}},
		{"-a2-ja-general", "\xEF\xBB\xBFAmiVoice\t\t0.7\nAMI\tアミ", []protocol.Word{{Written: "AmiVoice", Biasing: protocol.Some(0.7)}, {Written: "AMI", AlternativeWritten: "アミ"}}},
		{"-a-general", ` {"profilewords":[{"written":"AMI","spoken":"あみ"}]}`, []protocol.Word{{Written: "AMI", Spoken: "あみ"}}},
		{"-x-unknown", "AMI\tami", []protocol.Word{{Written: "AMI", Spoken: "ami"}}},
		{"-a-general", "\n", nil},
	} {
		got, err := parseWords(c.engine, []byte(c.text))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v, %v; want %+v", c.text, got, err, c.want)
		}
		var out bytes.Buffer
		if err := writeWords(&out, got); err != nil {
			t.Fatal(err)
		}
		if again, err := parseWords(c.engine, out.Bytes()); err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%q: written as %q and read as %+v, %v", c.text, out.String(), again, err)
		}
		out.Reset()
		if err := writeWordsJSON(&out, got); err != nil {
			t.Fatal(err)
		}
		if again, err := parseWords(c.engine, out.Bytes()); err != nil || len(again) != len(got) || len(got) > 0 && !reflect.DeepEqual(again, got) {
			t.Errorf("%q: written as %q and read as %+v, %v", c.text, out.String(), again, err)
		}
	}
}

func TestWordsThatCannotBeRead(t *testing.T) {
	for _, c := range [][3]string{
		{"-a-general", "AMI\tあみ\nAmiVoice\n", "line 2: spoken is missing"},
		{"-a-general", "AMI\tあみ\n\nAmiVoice\tamivoice\n", "line 3: spoken"},
		{"-a-general", "AMI\tあみ\t会社名\tx\n", "line 1: has 4 columns"},
		{"-a2-ja-general", "AMI\t\thigh\n", `line 1: biasing "high" is not a number from 0 to 1`},
		{"-a2-ja-general", "AMI\t\t1.5\n", "line 1: biasing 1.5 is not between 0 and 1"},
		{"-a-general", `{"profilewords":[{"written":"A","spoken":"あ"},{"written":"A B","spoken":"あ"}]}`, "profilewords[1]: written has a blank"},
		{"-a-general", `[{"written":"A"}]`, `words are not JSON like {"profilewords":[…]}`},
		{"-a-general", "\x83A\tあ", "is not UTF-8"},
	} {
		if _, err := parseWords(c[0], []byte(c[1])); err == nil || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%q: %v; want %s", c[1], err, c[2])
		}
	}
}

// What words get prints, words set reads.
func TestWordsRoundTrip(t *testing.T) {
	noCredentials(t)
	url := startFake(t).URL
	const columns = "AMI\tあみ\n網走\tあばしり\t駅名\n"
	set := call(t, columns, "words", "set", "--target", url, "shop", "-")
	if set.status != 0 || set.out != "" || set.errs != "words in profile shop of -a-general now: 2\n" {
		t.Errorf("set: %+v", set)
	}
	if got := call(t, "", "words", "get", "--target", url, "shop"); got.out != columns || got.status != 0 {
		t.Errorf("get: %+v", got)
	}
	asJSON := call(t, "", "words", "get", "--target", url, "--json", "shop")
	if got := call(t, asJSON.out, "words", "set", "--target", url, "--adf", "8k", "narrow", "-"); got.status != 0 || !strings.Contains(asJSON.out, `"written": "網走"`) {
		t.Errorf("set from %s: %+v", asJSON.out, got)
	}
	for adf, want := range map[string]string{"16k": "shop\n", "8k": "narrow\n"} {
		if got := call(t, "", "words", "list", "--target", url, "--adf", adf); got.out != want || got.status != 0 {
			t.Errorf("list --adf %s: %+v", adf, got)
		}
	}
	if got := call(t, "", "words", "classes", "--target", url); got.status != 0 || !strings.Contains(got.out, "\n駅名\n") {
		t.Errorf("classes: %+v", got)
	}
	if got := call(t, "", "words", "set", "--target", url, "--empty", "shop", "-"); got.status != 0 {
		t.Errorf("set --empty: %+v", got)
	}
	if got := call(t, "", "words", "get", "--target", url, "shop"); got.status != 0 || got.out != "" {
		t.Errorf("get of none: %+v", got)
	}
}

func TestWhatGoesWrongWithWordsIsTold(t *testing.T) {
	noCredentials(t)
	url := startFake(t).URL
	for _, c := range []struct {
		key    string
		status int
		want   string
		args   []string
	}{
		{"", 1, "unknown profile", []string{"get", "nobody"}},
		{"no-such-key", 1, "can't verify service authorization", []string{"list"}},
		{"", 2, "holds no words, which would empty the profile shop; say --empty", []string{"set", "shop", "-"}},
		{"", 2, "no such file", []string{"set", "shop", "nowhere.tsv"}},
		{"", 2, "must be one of", []string{"list", "--adf", "44k"}},
		{"", 2, `did you mean "shop"?`, []string{"get", ":shop"}},
		{"", 2, `did you mean "shop"?`, []string{"set", ":shop", "-"}},
	} {
		t.Setenv("AMIVOICE_KEY", c.key)
		got := call(t, "", append([]string{"words", c.args[0], "--target", url}, c.args[1:]...)...)
		if got.status != c.status || !strings.Contains(got.errs, c.want) || got.out != "" || c.key != "" && strings.Contains(got.errs, c.key) {
			t.Errorf("%v: %+v; want status %d and %s", c.args, got, c.status, c.want)
		}
	}
}
