package judge

import (
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// clientWordsLaws hold of clients that ask dictionaries.
func clientWordsLaws() []Law {
	all := []Law{
		{
			ID: "client.words.key", Title: "A request about words carries its key in the Authorization header", Level: Must, Basis: protocol.Documented, Source: "manual: user-dictionary",
			Why: "Nothing else is read; the answer is 401.", Fix: "Send Authorization: Bearer and the key.",
			check: ofWords(func(t *trial, x *exchange) {
				t.apply()
				if value, _ := header(x.request, "Authorization"); len(value) < len("Bearer x") || !strings.EqualFold(value[:len("Bearer ")], "Bearer ") {
					t.find(x.request, "there is no Authorization header with Bearer and a key")
				}
			}),
		},
		{
			ID: "client.words.profile-without-colon", Title: "A profile has no colon in the path", Level: Must, Basis: protocol.Documented, Source: "manual: user-dictionary",
			Why: "The colon belongs to profileId of a recognition. In the path it makes the name of another profile, or none.", Fix: "Leave the colon out: /profilewords/-a-general/name.",
			check: ofWords(func(t *trial, x *exchange) {
				path := profilePath(x.request)
				if path == "" {
					return
				}
				_, profile, _ := strings.Cut(path, "/")
				if t.apply(); strings.HasPrefix(profile, ":") || strings.HasPrefix(strings.ToLower(profile), "%3a") {
					t.find(x.request, "the profile in the path begins with a colon")
				}
			}),
		},
		{
			ID: "client.words.list", Title: `Words are registered as JSON: {"profilewords":[…]}`, Level: Must, Basis: protocol.Documented, Source: "manual: user-dictionary",
			Why: "Anything else registers nothing, or empties the profile.", Fix: "Send Content-Type: application/json, and a list in profilewords.", check: ofWords(wordsBody),
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceWords
	}
	return all
}

// ofWords makes a check of one that looks at each request about words or classes.
func ofWords(check func(t *trial, x *exchange)) func(*trial, *dialogue) {
	return ofExchanges(protocol.SurfaceWords, func(t *trial, x *exchange) {
		path, _, _ := strings.Cut(x.request.Target, "?")
		if strings.Contains(path, pathWords) || strings.Contains(path, pathClasses) {
			check(t, x)
		}
	})
}

func wordsBody(t *trial, x *exchange) {
	const longest = 60 << 10 // of a body that the tape shows whole
	if x.request.Method != "POST" || profilePath(x.request) == "" || x.request.Body == "" && hidesBody(x.request) || len(x.request.Body) > longest || x.odd {
		return
	}
	t.apply()
	media, _ := header(x.request, "Content-Type")
	if _, ok := wordsIn(x.request.Body); !ok || !strings.HasPrefix(strings.ToLower(media), "application/json") {
		t.find(x.request, "the body, of type %q, is no JSON with a list in profilewords", media)
	}
}

// hidesBody tells whether a request had a body that the tape does not show.
func hidesBody(e *scenarios.Entry) bool {
	length, _ := header(e, "Content-Length")
	return length != "0"
}
