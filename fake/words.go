package fake

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// wordsRequest is a request of the families beside recognition: dictionaries, classes, sentiment definitions, usage.
type wordsRequest struct {
	x     *exchange
	grant grant
	body  string
}

// serveWords is GET and POST /profilewords/<engine>/<profile>, and GET /profilewords/<engine>/. (documented: user-dictionary)
func (s *Server) serveWords(w http.ResponseWriter, r *http.Request) {
	s.wordsRequest(r).serve(w, (*wordsRequest).words)
}

// serveClassNames is GET /classnames/<engine>. (documented: reference-classnames)
func (s *Server) serveClassNames(w http.ResponseWriter, r *http.Request) {
	s.wordsRequest(r).serve(w, (*wordsRequest).classNames)
}

// routeWords adds the routes of dictionaries and of the small families beside them.
func (s *Server) routeWords(r *mux.Router) {
	for path, serve := range map[string]http.HandlerFunc{
		protocol.PathWords: s.serveWords, protocol.PathClassNames: s.serveClassNames, protocol.PathUsage: s.serveUsage,
	} {
		r.PathPrefix(path).Handler(serve)
	}
	r.HandleFunc(strings.TrimSuffix(protocol.PathWords, "/"), s.serveWords)
	r.HandleFunc(strings.TrimSuffix(protocol.PathClassNames, "/"), s.serveClassNames)
	r.HandleFunc(protocol.PathSentiment, s.serveSentiment)
}

func (s *Server) wordsRequest(r *http.Request) *wordsRequest {
	return &wordsRequest{x: s.exchange(r, protocol.SurfaceWords)}
}

// serve checks the key, lets a fault have its way, and answers. What a fault answers in its place is not done.
func (q *wordsRequest) serve(w http.ResponseWriter, answer func(*wordsRequest) reply) {
	defer q.x.settle()
	q.present() // so that the tape shows the request among what belongs to its key
	tooLong := q.read(w)
	dos := q.x.strike(scenarios.AtWordsRequest, "")
	for _, do := range dos {
		if d, is := do.(scenarios.DoExpireKey); is {
			q.x.expireKey(d)
			q.present()
		}
	}
	usual := reply{}
	switch {
	case refuses(dos):
	case tooLong:
		usual = q.failed(protocol.NewError(protocol.WordsTooLarge))
	default:
		usual = answer(q)
	}
	q.x.deliver(w, usual, dos, q)
}

// read takes the body, as far as a dictionary can be long, and puts the request on the tape.
func (q *wordsRequest) read(w http.ResponseWriter) (tooLong bool) {
	x, most := q.x, q.x.s.limits.Fields
	body, err := x.readSmall(w, most)
	tooLong = int64(len(body)) > most
	q.body = string(body)
	x.note(scenarios.HTTPRequest, scenarios.In, scenarios.Entry{
		Method: x.r.Method, Target: x.r.RequestURI, Headers: requestHeaders(x.r), Body: x.s.cut(body), Remote: x.peer.String(),
	})
	switch {
	case tooLong:
		x.tolerate(fmt.Sprintf("the body is longer than %d bytes", most))
	case err != nil:
		x.tolerate("the body ended early")
	}
	return tooLong
}

// present looks at the key, which only a bearer header carries. (documented: user-dictionary)
func (q *wordsRequest) present() {
	key, _ := bearer(q.x.r.Header)
	q.grant = q.x.s.check(key, q.x.s.clock.Now(), q.x.peer)
	q.x.admit(q.grant)
}

// refusal is the answer to a key that is not good; nil for one that is. (documented; inferred: for dictionaries, and for the address)
func (q *wordsRequest) refusal() *protocol.Error {
	g := q.grant
	switch g.refusal {
	case granted:
		return nil
	case expiredKey:
		q.x.refused(g)
		return protocol.ExpiredForWords(g.expires(), q.x.s.clock.Now())
	case wrongAddress:
		q.x.refused(g)
		return protocol.NewError(protocol.WordsUnauthorized).On(protocol.Inferred)
	case missingKey, forgedKey, badCredentials:
	}
	q.x.refused(g)
	return protocol.NewError(protocol.WordsUnauthorized)
}

// failed implements replier. (documented: reference-classnames, reference-list-sentiment-analysis-parameters)
func (q *wordsRequest) failed(e *protocol.Error) reply {
	switch e.ID {
	case protocol.WordsExpired:
		if strings.Contains(e.Message, "<expiry>") { // by a fault
			now := q.x.s.clock.Now()
			e = protocol.ExpiredForWords(now, now)
		}
	case protocol.WordsMethod:
		e = protocol.MethodNotAllowed(protocol.SurfaceWords, q.x.r.Method).On(e.Basis)
	case protocol.WordsBadParameter:
		e = protocol.IllegalWordsParameter("adf")
	default:
	}
	if e.Code == "" {
		return messageReply(e)
	}
	return wordsReply(e.Status, protocol.AppendError(nil, e), e.Basis)
}

// heard implements replier; nothing is heard here.
func (q *wordsRequest) heard(scenarios.Said) reply { return reply{} }

// wordsReply is JSON. (assumed: that no line end follows, and the charset)
func wordsReply(status int, body []byte, basis protocol.Basis) reply {
	return reply{status, "application/json; charset=utf-8", body, basis}
}

// refuse answers with an error that nobody has documented, and tells the tape why.
func (q *wordsRequest) refuse(id protocol.ErrorID, why error) reply {
	q.note(why.Error())
	return q.failed(protocol.NewError(id))
}

// note tells the tape about the request.
func (q *wordsRequest) note(what string) { q.x.tolerateAbout(q.x.r.RequestURI+" "+q.body, what) }

// engineOf is what comes after head in the path, and the rest behind the next slash. The order of the checks is: method, engine in
// the path, key, engine. (documented: the answers; inferred: the order)
func (q *wordsRequest) engineOf(head string, methods ...string) (engine, rest string, refusal *protocol.Error) {
	for _, m := range methods {
		if m != q.x.r.Method {
			continue
		}
		engine, rest, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(q.x.r.URL.Path, strings.TrimSuffix(head, "/")), "/"), "/")
		if engine == "" {
			return "", "", protocol.NewError(protocol.WordsNoEngine)
		}
		if refusal = q.refusal(); refusal == nil && !q.x.s.keys.engine(engine, q.grant.claims.Service) {
			q.note("engine " + quoted(engine) + " is unknown, or not in the contract of the key's service; in the path it has its leading -")
			refusal = protocol.NewError(protocol.WordsBadEngine)
		}
		return engine, rest, refusal
	}
	return "", "", protocol.MethodNotAllowed(protocol.SurfaceWords, q.x.r.Method)
}

func (q *wordsRequest) classNames() reply {
	engine, _, refusal := q.engineOf(protocol.PathClassNames, http.MethodGet)
	if refusal != nil {
		return q.failed(refusal)
	}
	if _, err := q.adf(); err != nil {
		return q.refuse(protocol.WordsBadParameter, err)
	}
	return wordsReply(http.StatusOK, protocol.AppendClassNames(nil, protocol.ClassNames(engine)), 0)
}

func (q *wordsRequest) adf() (protocol.Dictionary, error) {
	value, _ := protocol.First(protocol.ParseForm(q.x.r.URL.RawQuery), "adf")
	return protocol.ParseDictionary(value)
}

func (q *wordsRequest) words() reply {
	engine, profile, refusal := q.engineOf(protocol.PathWords, http.MethodGet, http.MethodPost)
	if refusal != nil {
		return q.failed(refusal)
	}
	if protocol.WordFamilyOf(engine) == protocol.WordsNone {
		return q.refuse(protocol.WordsBadEngine, fmt.Errorf("engine %s takes no words", quoted(engine))) // documented: that it takes none
	}
	adf, err := q.adf()
	if err != nil {
		return q.refuse(protocol.WordsBadParameter, err)
	}
	shelf := shelf{q.grant.claims.Service, engine, adf}
	if name, colon := strings.CutPrefix(profile, ":"); colon { // observed: a client writes it so, the manual does not
		q.x.tolerate("the profile in the path begins with a colon, which belongs to profileId alone")
		profile = name
	}
	if q.x.r.Method == http.MethodGet && profile == "" {
		return q.list(shelf)
	}
	if err := protocol.CheckProfileID(profile); err != nil {
		return q.refuse(protocol.WordsBadProfile, err)
	}
	if q.x.r.Method == http.MethodGet {
		return q.show(shelf, profile)
	}
	return q.replace(shelf, profile)
}

// list names the profiles. (observed: the field)
func (q *wordsRequest) list(f shelf) reply {
	ids, err := q.x.s.profiles(q.x.r.Context(), f)
	if err != nil {
		return q.refuse(protocol.WordsFault, err)
	}
	return wordsReply(http.StatusOK, protocol.AppendProfileIDs(nil, ids), 0)
}

// show tells the words of a profile. One that was never made is not there. (assumed; a client takes 404 for empty)
func (q *wordsRequest) show(f shelf, profile string) reply {
	words, known, err := q.x.s.wordsOf(q.x.r.Context(), f, profile)
	switch {
	case err != nil:
		return q.refuse(protocol.WordsFault, err)
	case !known:
		return q.failed(protocol.NewError(protocol.WordsNoProfile))
	}
	return wordsReply(http.StatusOK, protocol.AppendWords(nil, words), 0)
}

// replace puts other words in the place of all. (documented; assumed: what is said to it)
func (q *wordsRequest) replace(f shelf, profile string) reply {
	if media, _, _ := mime.ParseMediaType(q.x.r.Header.Get("Content-Type")); media != "application/json" {
		q.x.tolerate("the Content-Type is not application/json") // documented: user-dictionary
	}
	if !utf8.ValidString(q.body) {
		return q.refuse(protocol.WordsBadBody, errors.New("the body is not UTF-8"))
	}
	words, err := protocol.ParseWords([]byte(q.body))
	if err != nil {
		return q.refuse(protocol.WordsBadBody, err)
	}
	if len(words) > protocol.MostWords {
		return q.refuse(protocol.WordsTooMany, fmt.Errorf("%d words are more than %d", len(words), protocol.MostWords))
	}
	for i, word := range words {
		if err := protocol.CheckWord(f.engine, word); err != nil {
			return q.refuse(protocol.WordsBadWord, fmt.Errorf("profilewords[%d]: %w", i, err))
		}
	}
	for _, odd := range unknownClasses(f.engine, words) {
		q.note(odd)
	}
	if err := q.x.s.keepWords(q.x.r.Context(), f, profile, words); err != nil {
		return q.refuse(protocol.WordsFault, err)
	}
	return wordsReply(http.StatusOK, []byte("{}"), protocol.Assumed)
}
