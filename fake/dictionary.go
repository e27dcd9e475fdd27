package fake

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"mockamivoice/protocol"
)

// wordsKeys begins the names of dictionaries in the store: words/<sid>/<engine>/<adf>/<profile>.
const wordsKeys = "words/"

// storePatience is how much real time a recognition gives the store for its words.
const storePatience = 2 * time.Second

// shelf is where profiles stand: those of a service for an engine and, of hybrid ones, a rate. (documented: reference-profilewords)
type shelf struct {
	service, engine string
	dictionary      protocol.Dictionary
}

func (f shelf) prefix() string {
	d := f.dictionary
	if protocol.WordFamilyOf(f.engine) == protocol.WordsE2E {
		d = protocol.Dictionary16k // documented: one dictionary for both
	}
	return wordsKeys + url.PathEscape(f.service) + "/" + f.engine + "/" + string(d) + "/"
}

// profiles are the ids on a shelf, sorted.
func (s *Server) profiles(ctx context.Context, f shelf) ([]string, error) {
	keys, err := s.store.Keys(ctx, f.prefix())
	if err != nil {
		return nil, fmt.Errorf("list profiles: %w", err)
	}
	ids := make([]string, 0, len(keys))
	for _, key := range keys {
		ids = append(ids, strings.TrimPrefix(key, f.prefix()))
	}
	return ids, nil
}

// wordsOf are the words of a profile; known is false when it was never made.
func (s *Server) wordsOf(ctx context.Context, f shelf, profile string) (words []protocol.Word, known bool, err error) {
	data, known, err := s.store.Get(ctx, f.prefix()+profile)
	if err == nil && known {
		words, err = protocol.ParseWords(data)
	}
	if err != nil {
		return nil, false, fmt.Errorf("read profile %s: %w", quoted(profile), err)
	}
	return words, known, nil
}

// keepWords replaces the words of a profile.
func (s *Server) keepWords(ctx context.Context, f shelf, profile string, words []protocol.Word) error {
	data := protocol.AppendWords(nil, words)
	err := s.store.Put(ctx, f.prefix()+profile, data, 0)
	if errors.Is(err, ErrStoreFull) && s.forgetJobs(ctx) > 0 { // what people typed is worth more than old results
		err = s.store.Put(ctx, f.prefix()+profile, data, 0)
	}
	if err != nil {
		return fmt.Errorf("write profile %s: %w", quoted(profile), err)
	}
	return nil
}

// forget empties parts of the store.
func (s *Server) forget(prefixes ...string) {
	ctx, cancel := context.WithTimeout(context.Background(), storePatience)
	defer cancel()
	for _, prefix := range prefixes {
		keys, err := s.store.Keys(ctx, prefix)
		for _, key := range keys {
			err = s.store.Put(ctx, key, nil, 0)
		}
		if err != nil {
			s.log.Warn("the store could not be emptied", "of", prefix, "error", err)
		}
	}
}

// unknownClasses tells of classes that the engine does not have. Such words are taken all the same. (observed: a sample of the vendor
// registers them without their class)
func unknownClasses(engine string, words []protocol.Word) []string {
	known := protocol.ClassNames(engine)
	var odd []string
	for _, w := range words {
		if w.ClassName != "" && !slices.Contains(known, w.ClassName) {
			odd = append(odd, "class "+quoted(w.ClassName)+" is none of the engine's; GET /classnames/"+engine+" lists them")
		}
	}
	return odd
}

// vocabulary is which words a recognition goes by.
type vocabulary struct {
	profile string          // id without its colon; empty for none
	inline  bool            // profileWords was given: what is stored does not count
	saves   bool            // the words stay in the profile when the session ends
	odd     []string        // for the tape
	asked   string          // what it is odd about
	words   []protocol.Word // those that count
}

// askVocabulary reads profileId and profileWords. pick finds the value of a key among params, which are in the order given.
// (documented: user-dictionary; assumed: that words before their profile are not saved)
func askVocabulary(engine string, params []protocol.Param, pick func([]protocol.Param, string) (string, bool)) vocabulary {
	id, named := pick(params, "profileId")
	text, given := pick(params, "profileWords")
	v := vocabulary{asked: id + " " + text}
	name, colon := strings.CutPrefix(id, ":")
	if named {
		if err := protocol.CheckProfileID(name); err != nil {
			v.odd = append(v.odd, "profileId means nothing: "+err.Error())
		} else {
			v.profile = name
		}
	}
	if !given || text == "" {
		return v
	}
	v.inline = true
	words, err := protocol.ParseProfileWords(protocol.WordFamilyOf(engine), text)
	v.words = words
	if err != nil {
		v.odd = append(v.odd, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	for _, w := range words {
		if err := protocol.CheckWord(engine, w); err != nil {
			v.odd = append(v.odd, "profileWords: "+err.Error())
		}
	}
	v.odd = append(v.odd, unknownClasses(engine, words)...)
	position := func(key string) int {
		return slices.IndexFunc(params, func(p protocol.Param) bool { return p.Key == key })
	}
	v.saves = v.profile != "" && !colon && (len(words) > 0 || strings.Trim(text, " |") == "")
	if v.saves && position("profileWords") < position("profileId") {
		v.saves = false
		v.odd = append(v.odd, "profileWords comes before profileId: the words are not saved")
	}
	return v
}

// learn finds the words of a recognition of audio of a rate in hertz, 0 where it has none, and saves them where that is wanted.
// It says on the tape what is odd about them.
func (x *exchange) learn(ctx context.Context, r *recognition, rate int) {
	v := &r.vocabulary
	for _, odd := range v.odd {
		x.tolerateAbout(v.asked, odd)
	}
	v.odd, v.asked = nil, ""
	if v.profile == "" || v.inline || protocol.WordFamilyOf(r.engine) == protocol.WordsNone {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	words, _, err := x.s.wordsOf(ctx, r.shelf(rate), v.profile)
	if err != nil {
		x.tolerate(err.Error())
	}
	v.words = words
}

// save keeps the words of a recognition in its profile, once, at the end of its session. (documented: user-dictionary)
func (x *exchange) save(ctx context.Context, r *recognition, rate int) {
	v := &r.vocabulary
	if !v.saves {
		return
	}
	v.saves = false
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	if err := x.s.keepWords(ctx, r.shelf(rate), v.profile, v.words); err != nil {
		x.tolerate(err.Error())
		return
	}
	x.tolerate(fmt.Sprintf("%d words of profileWords are saved in profile %s, for its id has no colon", len(v.words), v.profile))
}

// vocabulary finds and saves the words of an upload whose key is good, when its audio was read.
func (u *upload) vocabulary() {
	r, rate := &u.job.params, 0
	if !u.x.s.keys.engine(r.engine, r.service) {
		return
	}
	if u.job.listener != nil {
		rate = u.job.listener.Summary().Rate
	}
	ctx := context.WithoutCancel(u.x.r.Context()) // a client that left has had its session all the same
	u.x.learn(ctx, r, rate)
	u.x.noteSegmenter(r.segmenter, r.surface)
	u.x.save(ctx, r, rate)
}

func (r *recognition) shelf(rate int) shelf {
	const full = 16000
	f := shelf{r.service, r.engine, protocol.Dictionary16k}
	if rate > 0 && rate < full {
		f.dictionary = protocol.Dictionary8k
	}
	return f
}
