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
