package conformance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"mockamivoice/reference-client/wire"
)

const (
	wordsPath   = "/profilewords/"
	classesPath = "/classnames/"
)

// isBeside tells whether a request is about words, or about what is beside them.
func isBeside(r *http.Request) bool {
	for _, path := range []string{wordsPath, classesPath, "/v1/sentiment-analysis/", "/util/"} {
		if strings.HasPrefix(r.URL.Path, path) {
			return r.Method != http.MethodOptions
		}
	}
	return false
}

// onBeside changes replies about words and what is beside them, of paths that begin so.
func onBeside(path string, change func(r *http.Request, a *answer)) func(*http.Request, *answer) {
	return func(r *http.Request, a *answer) {
		if isBeside(r) && strings.HasPrefix(r.URL.Path, path) {
			change(r, a)
			a.header["Content-Length"] = []string{fmt.Sprint(len(a.body))}
		}
	}
}

func inBeside(path, pattern, replacement string) func(*http.Request, *answer) {
	re := regexp.MustCompile(pattern)
	return onBeside(path, func(_ *http.Request, a *answer) { a.body = re.ReplaceAll(a.body, []byte(replacement)) })
}

func statusBeside(path string, from, to int) func(*http.Request, *answer) {
	return onBeside(path, func(_ *http.Request, a *answer) {
		if a.status == from {
			a.status = to
		}
	})
}

// asked changes requests about words and what is beside them.
func asked(path string, change func(r *http.Request)) func(*http.Request) {
	return func(r *http.Request) {
		if isBeside(r) && strings.HasPrefix(r.URL.Path, path) {
			change(r)
		}
	}
}

// registered changes the body of a registration.
func registered(pattern, replacement string) func(*http.Request) {
	re := regexp.MustCompile(pattern)
	return asked(wordsPath, func(r *http.Request) {
		if r.Method == http.MethodPost {
			var b bytes.Buffer
			_, _ = b.ReadFrom(r.Body)
			setBody(r, re.ReplaceAll(b.Bytes(), []byte(replacement)))
		}
	})
}

// wordsMutants keep words in another way.
func wordsMutants() []mutant {
	reply := func(id, about string, change func(*http.Request, *answer)) mutant {
		return mutant{id: id, about: about, surfaces: "words", change: change}
	}
	request := func(id, about string, change func(r *http.Request)) mutant {
		return mutant{id: id, about: about, surfaces: "words", request: change}
	}
	replace := func(id, about, old, replacement string) mutant {
		return request(id, about, asked(wordsPath, func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, old, replacement, 1) }))
	}
	return []mutant{
		reply("words-kept", "keeps words that were replaced", inBeside(wordsPath, `("profilewords":\[\{.*\})\]`, `$1,{"written":"OLD","spoken":"おーるど"}]`)),
		reply("words-turned-round", "turns the list of words round", onBeside(wordsPath, turnRound)),
		reply("words-without-written", "calls what is written word", inBeside(wordsPath, `"written"`, `"word"`)),
		reply("words-with-empty-fields", "writes fields that are empty", inBeside(wordsPath, `("spoken":"[^"]*")\}`, `$1,"classname":""}`)),
		reply("words-list-renamed", "calls the list of profiles profiles", inBeside(wordsPath, `"profileids"`, `"profiles"`)),
		reply("words-unknown-is-empty", "has every profile, empty", onBeside(wordsPath, func(r *http.Request, a *answer) {
			if a.status == http.StatusNotFound && !strings.HasSuffix(r.URL.Path, "/") {
				a.status, a.body = http.StatusOK, []byte(`{"profilewords":[]}`)
			}
		})),
		reply("words-no-404", "answers 400 to a path without an engine", statusBeside(wordsPath, http.StatusNotFound, http.StatusBadRequest)),
		reply("words-error-page", "refuses with a page", inBeside(wordsPath, `^\{"code":.*`, "<html>")),
		request("words-never-empty", "takes no empty list", registered(`"profilewords":\[\]`, `"profilewords":0`)),
		request("words-without-class", "forgets classes", registered(`"classname":"[^"]*",?`, "")),
		request("words-without-biasing", "forgets biasing", registered(`"biasing":[0-9.]+,?`, "")),
		request("words-unescaped-alone", "takes no escapes", registered(`\\u`, `\\x`)),
		request("words-forms-taken", "takes a form for words", registered(`^[^{].*`, `{"profilewords":[]}`)),
		request("words-adf-ignored", "has one dictionary for both rates", asked(wordsPath, func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "adf=8k", "", 1) })),
		request("words-8k-by-default", "takes 8k for the default", asked(wordsPath, func(r *http.Request) {
			if r.URL.RawQuery == "" {
				r.URL.RawQuery = "adf=8k"
			}
		})),
		request("words-e2e-by-rate", "has two dictionaries for an end-to-end engine", asked(wordsPath, func(r *http.Request) {
			if strings.Contains(r.URL.Path, "/-a2-") && r.URL.RawQuery == "adf=8k" {
				r.URL.Path += "-8k"
			}
		})),
		replace("words-engines-together", "has one profile for all engines", "/-a-medical/", "/-a-general/"),
		replace("words-english", "takes words for the English engine", "/-a-general-en/", "/-a-general/"),
		request("words-of-keys", "keeps words for each key", asked(wordsPath, func(r *http.Request) {
			if h := r.Header.Get("Authorization"); h != "" && h != "Bearer demo-key" && !strings.HasSuffix(r.URL.Path, "/") {
				r.URL.Path += "-other"
			}
		})),
		{id: "words-saved-with-colon", about: "saves words behind a colon", surfaces: "sync", request: onBody(func(_ *http.Request, b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("profileId=:"), []byte("profileId="))
		})},
		{id: "words-never-saved", about: "saves no words of a recognition", surfaces: "sync async stream", request: func(r *http.Request) {
			onBody(func(_ *http.Request, b []byte) []byte {
				return bytes.ReplaceAll(b, []byte("profileId=m"), []byte("profileId=:m"))
			})(r)
			onUpload("profileId=m", "profileId=:m")(r)
		}, tamper: tamper{in: func(_ *tampered, f wire.Frame) []wire.Frame {
			f.Payload = bytes.ReplaceAll(f.Payload, []byte("profileId=m"), []byte("profileId=:m"))
			return []wire.Frame{f}
		}}},
	}
}

// turnRound turns a list of words round.
func turnRound(_ *http.Request, a *answer) {
	var list struct {
		Words []json.RawMessage `json:"profilewords"`
	}
	if err := json.Unmarshal(a.body, &list); err != nil || len(list.Words) == 0 {
		return
	}
	slices.Reverse(list.Words)
	a.body, _ = json.Marshal(list)
}

// besideMutants look at keys in another way, or say something else beside words.
func besideMutants() []mutant {
	reply := func(id, about string, change func(*http.Request, *answer)) mutant {
		return mutant{id: id, about: about, surfaces: "words", change: change}
	}
	request := func(id, about string, change func(r *http.Request)) mutant {
		return mutant{id: id, about: about, surfaces: "words", request: change}
	}
	const definitions = "/v1/sentiment-analysis/"
	return []mutant{
		request("words-key-forgiven", "tells everybody the words", asked("/", func(r *http.Request) {
			if r.Header.Get("Authorization") == "" && r.URL.RawQuery == "" {
				r.Header.Set("Authorization", "Bearer demo-key")
			}
		})),
		request("words-key-in-query", "takes a key from the query", asked("/", func(r *http.Request) {
			if u := r.URL.Query().Get("u"); u != "" {
				r.Header.Set("Authorization", "Bearer "+u)
				r.URL.RawQuery = ""
			}
		})),
		reply("words-401-is-403", "answers 403 to a wrong key", statusBeside("/", http.StatusUnauthorized, http.StatusForbidden)),
		reply("words-405-is-404", "answers 404 to another method", statusBeside("/", http.StatusMethodNotAllowed, http.StatusNotFound)),
		reply("words-other-refusal", "refuses keys with the text of recognition", inBeside("/", "can't verify service authorization", "received illegal service authorization")),
		reply("words-expiry-untold", "does not tell when a key expired", inBeside("/", `service authorization has expired: [^"]*`, "can't verify service authorization")),
		reply("classes-renamed", "calls the classes classes", inBeside(classesPath, `"classnames"`, `"classes"`)),
		reply("classes-without-places", "knows no places", inBeside(classesPath, `(?:"地名"|"\\u5730\\u540d"),?`, "")),
		request("classes-general", "has the same classes for every engine", asked(classesPath, func(r *http.Request) {
			r.URL.Path = strings.Replace(r.URL.Path, "/-a-medical", "/-a-general", 1)
		})),
		reply("classes-no-404", "answers 400 to a path without an engine", statusBeside(classesPath, http.StatusNotFound, http.StatusBadRequest)),
		reply("definitions-renamed", "calls the definitions parameters", inBeside(definitions, `"definitions"`, `"parameters"`)),
		reply("definitions-401", "answers 401 to a header that it does not understand", statusBeside(definitions, http.StatusBadRequest, http.StatusUnauthorized)),
		reply("definitions-one-message", "has one message for all that is wrong", inBeside(definitions, `"message":"[^"]*"`, `"message":"Unauthorized"`)),
		reply("usage-as-json", "tells the usage in JSON", onBeside("/util/", func(_ *http.Request, a *answer) { a.header["Content-Type"] = []string{"application/json"} })),
		request("usage-of-anybody", "tells the usage of others", asked("/util/", func(r *http.Request) {
			r.URL.Path = strings.Replace(r.URL.Path, "somebody-else", "demo", 1)
		})),
	}
}
