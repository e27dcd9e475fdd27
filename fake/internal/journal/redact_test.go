package journal_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"mockamivoice/fake/internal/appkey"
	"mockamivoice/scenarios/redact"
)

const (
	password  = "demo-password"
	staticKey = "demo-key"
	oddSecret = `p&ss w"rd/é+%41`
)

func codec() *appkey.Codec { return appkey.New([]byte("a secret of the tests")) }

func sealed() (key, name string) {
	key = codec().Seal(appkey.Claims{Service: "demo", Credentials: true})
	return key, "<key:" + codec().ID(key) + ">"
}

func staticName() string { return "<key:" + codec().ID(staticKey) + ">" }

func redactor() *redact.Redactor {
	c := codec()
	return redact.New([]redact.Secret{
		{Value: password, Name: "***"},
		{Value: oddSecret, Name: "***"},
		{Value: "abc", Name: "***"},
		{Value: staticKey, Name: staticName()},
		{Value: "demo-issuer-key", Name: "<key:" + c.ID("demo-issuer-key") + ">"},
	}, func(s string) (key, id string, ok bool) {
		key, _, ok = c.OpenPrefix(s)
		return key, c.ID(key), ok
	})
}

// spellings are the ways in which a secret may travel.
func spellings(secret string) map[string]string {
	std, url64 := base64.StdEncoding, base64.URLEncoding
	asJSON, _ := json.Marshal(secret)
	var every, unicode strings.Builder
	for _, b := range []byte(secret) {
		fmt.Fprintf(&every, "%%%02x", b)
	}
	for _, r := range secret {
		fmt.Fprintf(&unicode, `\u%04x`, r)
	}
	all := map[string]string{
		"raw": secret, "form": url.QueryEscape(secret), "path": url.PathEscape(secret), "twice": url.QueryEscape(url.QueryEscape(secret)),
		"every byte": every.String(), "every byte twice": url.QueryEscape(every.String()),
		"json": strings.Trim(string(asJSON), `"`), "unicode": unicode.String(), "json in json": strings.ReplaceAll(unicode.String(), `\`, `\\`),
	}
	for before := range 4 {
		text := strings.Repeat("u", before) + secret
		all[fmt.Sprint("std", before)] = std.EncodeToString([]byte(text + ":tail"))
		all[fmt.Sprint("url", before)] = url64.EncodeToString([]byte(text))
		all[fmt.Sprint("raw", before)] = base64.RawStdEncoding.EncodeToString([]byte(text))
		all[fmt.Sprint("escaped base64", before)] = url.QueryEscape(std.EncodeToString([]byte(text)))
	}
	return all
}

func TestSecretsAreFoundByValueInEverySpelling(t *testing.T) {
	r := redactor()
	key, name := sealed()
	for secret, want := range map[string]string{password: "***", oddSecret: "***", staticKey: staticName(), key: name} {
		for how, text := range spellings(secret) {
			for _, around := range []string{"%s", "before %s behind", `{"text":"%s"}`, "!%s!"} {
				s := fmt.Sprintf(around, text)
				got := r.Text(s)
				if strings.Contains(got, text) || !strings.Contains(got, want) {
					t.Errorf("%s: Text(%q) = %q", how, s, got)
				}
				if again := r.Text(got); again != got {
					t.Errorf("%s: Text is not idempotent: %q, then %q", how, got, again)
				}
			}
		}
	}
}

func TestText(t *testing.T) {
	r := redactor()
	key, name := sealed()
	for in, want := range map[string]string{
		"":                     "",
		"nothing":              "nothing",
		"MAV1 is the prefix":   "MAV1 is the prefix",
		"xxdemo-passwordyy":    "xx***yy",
		"demo-keydemo-key":     staticName() + staticName(),
		"demo-demo-key":        "demo-" + staticName(),
		"abc":                  "abc",
		"100% %zz \\ \\x":      "100% %zz \\ \\x",
		key + "profileWords":   name + "profileWords",
		"x" + key + key:        "x" + name + name,
		key[:len(key)-1]:       "***",
		key[:40] + "!" + key:   "***!" + name,
		"MAV1" + key:           "***",
		"user:" + key + " end": "user:" + name + " end",
		name + " and ***":      name + " and ***",
	} {
		if got := r.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestASecretThatReadsLikeAMarkerDoesNotSpoilMarkers(t *testing.T) {
	r := redact.New([]redact.Secret{{Value: "key:", Name: "***"}, {Value: "0123", Name: "***"}, {Value: "****", Name: "***"}}, nil)
	for in, want := range map[string]string{"<key:0123456789ab>": "<key:0123456789ab>", "a key:0123": "a ******"} {
		got := r.Text(in)
		if got != want && got != "a ***" {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
		if again := r.Text(got); again != got {
			t.Errorf("Text is not idempotent: %q, then %q", got, again)
		}
	}
}

func TestCommand(t *testing.T) {
	r := redactor()
	key, name := sealed()
	for in, want := range map[string]string{
		"e":                                     "e",
		"s 16K -a-general":                      "s 16K -a-general",
		"s 16K -a-general authorization=" + key: "s 16K -a-general authorization=" + name,
		"s 16K -a-general authorization=demo-key":                          "s 16K -a-general authorization=" + staticName(),
		"s 16K -a-general authorization=unknown":                           "s 16K -a-general authorization=***",
		"s 16K -a-general authorization=":                                  "s 16K -a-general authorization=",
		"s 16K -a-general authorization=abc":                               "s 16K -a-general authorization=***",
		`s 16K -a-general authorization="un known"`:                        `s 16K -a-general authorization="***"`,
		`s 16K x authorization="un known`:                                  `s 16K x authorization="***`,
		`s 16K x authorization="` + key + `"x y`:                           `s 16K x authorization=*** y`,
		`s 16K x Authorization=unknown a=b`:                                `s 16K x Authorization=*** a=b`,
		`s 16K x a=bauthorization=unknown a=b`:                             `s 16K x a=bauthorization=*** a=b`,
		`s 16K x authorization=` + key + `profileWords="w s"`:              `s 16K x authorization=` + name + `profileWords="w s"`,
		`s 16K x authorization=demo-keyprofileWords="w s"`:                 `s 16K x authorization=` + staticName() + `profileWords="w s"`,
		`s 16K x authorization=demo-key-of-another-server`:                 `s 16K x authorization=***`,
		`s 16K x authorization=unknown1 authorization=unknown2 a=` + key:   `s 16K x authorization=*** authorization=*** a=` + name,
		`s 16K x authorization=demo%2Dkey profileId=:demo-password`:        `s 16K x authorization=` + staticName() + ` profileId=:***`,
		`s 16K x authorization=` + key + `&keepFillerToken=1 resultType=x`: `s 16K x authorization=` + name + `&keepFillerToken=1 resultType=x`,
	} {
		got := r.Command(in)
		if got != want {
			t.Errorf("Command(%q) = %q, want %q", in, got, want)
		}
		if again := r.Command(got); again != got {
			t.Errorf("Command is not idempotent: %q, then %q", got, again)
		}
	}
}

func TestHeader(t *testing.T) {
	r := redactor()
	key, name := sealed()
	for _, c := range [][3]string{
		{"Authorization", "Bearer " + key, "Bearer " + name},
		{"authorization", "bearer  unknown", "bearer  ***"},
		{"Authorization", "Basic dTp1bmtub3du", "Basic ***"},
		{"Authorization", "unknown", "***"},
		{"Authorization", "demo-key", staticName()},
		{"Authorization", "unknown scheme", "***"},
		{"Authorization", "Bearer", "Bearer"},
		{"Authorization", "", ""},
		{"Proxy-Authorization", "Bearer demo-key", "Bearer " + staticName()},
		{"Cookie", "a=b; c=unknown", "***"},
		{"Referer", "http://127.0.0.1/?spw=unknown&x=1", "http://127.0.0.1/?spw=***&x=1"},
		{"X-Note", "a demo-password", "a ***"},
		{"Host", "127.0.0.1", "127.0.0.1"},
	} {
		got := r.Header(c[0], c[1])
		if got != c[2] || r.Header(c[0], got) != got {
			t.Errorf("Header(%q, %q) = %q, then %q; want %q", c[0], c[1], got, r.Header(c[0], got), c[2])
		}
	}
}

func TestFieldsAndTarget(t *testing.T) {
	r := redactor()
	key, name := sealed()
	for _, c := range [][2]string{
		{"/v1/recognize", "/v1/recognize"},
		{"/v1/recognize?c=16K&x=%41+b", "/v1/recognize?c=16K&x=%41+b"},
		{"/issue_service_authorization?sid=demo&spw=un%20known&epi=1", "/issue_service_authorization?sid=demo&spw=***&epi=1"},
		{"/v1/recognize?u=" + key, "/v1/recognize?u=" + name},
		{"/v1/recognize?u=unknown&u=&authorization=unknown", "/v1/recognize?u=***&u=&authorization=***"},
		{"/v1/recognize?d=-a-general%20authorization%3Dunknown+a%3Db", "/v1/recognize?d=-a-general+authorization=***+a=b"},
		{"/v1/recognize?%64=authorization%3D" + key + "&x=%zz", "/v1/recognize?%64=authorization=" + name + "&x=%zz"},
		{"/" + key + "?x", "/" + name + "?x"},
		{"/?x=a%26demo%2Dpassword%0a", "/?x=a%26***%0A"},
	} {
		got := r.Target(c[0])
		if got != c[1] || r.Target(got) != got {
			t.Errorf("Target(%q) = %q, then %q; want %q", c[0], got, r.Target(got), c[1])
		}
	}
	if got := r.Form("sid=demo&spw=unknown"); got != "sid=demo&spw=***" {
		t.Errorf("Form hides nothing: %q", got)
	}
}

func TestBytes(t *testing.T) {
	r := redactor()
	key, _ := sealed()
	for _, head := range []string{"demo-password123", "\x00\x01o-passwo", key[:16], "\x00" + key[:15]} {
		if !r.Bytes([]byte(head)) {
			t.Errorf("%q is taken for audio", head)
		}
	}
	for _, head := range []string{"", "RIFF\x24\x08\x00\x00WAVEfmt ", "\x00\x01\x02\x03dem"} {
		if r.Bytes([]byte(head)) {
			t.Errorf("%q is taken for a secret", head)
		}
	}
}

func FuzzRedact(f *testing.F) {
	r := redactor()
	key, _ := sealed()
	f.Add("authorization=", `"w s"`)
	f.Add("/v1/?d=%20authorization%3D", "&x=1")
	f.Add("<key:0123456789ab>", "%41\\u0041")
	f.Add("TUFWM", "MAV1")
	f.Fuzz(func(t *testing.T, before, behind string) {
		for _, secret := range []string{password, staticKey, key} {
			s := before + secret + behind
			for how, got := range map[string]string{
				"Text": r.Text(s), "Command": r.Command(s), "Target": r.Target(s), "Form": r.Form(s),
				"Header": r.Header("Authorization", s), "X": r.Header("X", s), "d": r.Field("d", s), "u": r.Field("u", s),
			} {
				if strings.Contains(got, secret) {
					t.Errorf("%s(%q) = %q", how, s, got)
				}
			}
			if got := r.Text(s); r.Text(got) != got {
				t.Errorf("Text is not idempotent: %q, %q, %q", s, got, r.Text(got))
			}
		}
	})
}

// event is an A event of about 2 KB.
func event() string {
	token := `{"written":"\u30a2\u30c9\u30d0\u30f3\u30b9\u30c8\u30fb","confidence":1.00,"starttime":522,"endtime":1578,"spoken":"あどばんすとめでぃあ"},`
	return `A {"results":[{"tokens":[` + strings.Repeat(token, 13) + `],"confidence":0.998,"rulename":"","text":"アドバンスト"}],"utteranceid":"20260615/ja_ja-amivoicecloud-16k-user01-016e1caf","text":"アドバンスト","code":"","message":""}`
}

func TestATextWithoutSecretsCostsNothing(t *testing.T) {
	r := redact.New([]redact.Secret{{Value: password, Name: "***"}, {Value: staticKey, Name: staticName()}}, nil)
	s := event()
	if n := testing.AllocsPerRun(100, func() { r.Text(s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTextEvent(b *testing.B) {
	r := redact.New([]redact.Secret{{Value: password, Name: "***"}, {Value: staticKey, Name: staticName()}, {Value: "demo-issuer-key", Name: "***"}, {Value: "another-password", Name: "***"}}, nil)
	s := event()
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		r.Text(s)
	}
}

func BenchmarkCommand(b *testing.B) {
	r := redactor()
	key, _ := sealed()
	b.ReportAllocs()
	for b.Loop() {
		r.Command("s 16K -a-general profileId=:user resultUpdatedInterval=1000 authorization=" + key)
	}
}
