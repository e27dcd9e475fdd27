package transcripts

import (
	"maps"
	"path"
	"slices"
	"strings"

	"mockamivoice/scenarios/transcript"
)

// FallbackName is the stem of the file that tells of recordings that no other file knows.
const FallbackName = "default"

// Index is a folder at one moment. It does not change.
type Index struct {
	byStem  map[string]string // names, and digests, to files
	bySound map[uint64][]place
	told    map[string]*transcript.Transcript
	shadows []shadow
}

// place is an utterance of a recording of the folder.
type place struct {
	file  string // the transcript
	sound Sound
	after int // the end of the utterance before
	index int
	of    int
}

// shadow is a file that another one of the same name hides.
type shadow struct{ name, what string }

// Recording is what is known of a recording besides how it sounds. Of a stream nothing is.
type Recording struct {
	Name   string // of the file, as the client says; only ever compared
	SHA256 string // of its bytes, lower-case hexadecimal
	MD5    string // of its bytes, lower-case hexadecimal
}

// Found is a file that tells of an utterance.
type Found struct {
	File       string
	By         string // file name, sha256, md5, sound or default
	Transcript *transcript.Transcript
	Utterance  transcript.Utterance // in the time of the transcript
	Shift      int                  // milliseconds from there to the time of the client's audio
}

func newIndex(files map[string]*file) *Index {
	x := &Index{byStem: make(map[string]string), bySound: make(map[uint64][]place), told: make(map[string]*transcript.Transcript)}
	names := slices.SortedFunc(maps.Keys(files), byRank)
	for _, name := range names {
		if files[name].transcript == nil {
			continue
		}
		stem := strings.TrimSuffix(name, path.Ext(name))
		if first, taken := x.byStem[stem]; taken {
			x.shadows = append(x.shadows, shadow{name, "is not used: " + first + " has the same name and comes first"})
			continue
		}
		x.byStem[stem], x.told[name] = name, files[name].transcript
	}
	for _, name := range names {
		sounds := files[name].sounds
		owner, ok := x.named(name)
		if !ok {
			continue
		}
		after := 0
		for i, s := range sounds {
			x.bySound[s.Digest] = append(x.bySound[s.Digest], place{owner, s, after, i, len(sounds)})
			after = s.End
		}
	}
	return x
}

// named finds the file that tells of a recording by its name: hello.wav is told by hello.wav.json before hello.json.
func (x *Index) named(name string) (string, bool) {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	for _, stem := range []string{name, strings.TrimSuffix(name, path.Ext(name))} {
		if file, ok := x.byStem[stem]; ok && stem != "" {
			return file, true
		}
	}
	return "", false
}

// Needs tells whether the index has files that are named after digests of this length in bytes, so that nobody computes one for
// nothing.
func (x *Index) Needs(length int) bool {
	for stem := range x.byStem {
		if isDigest(stem, length) {
			return true
		}
	}
	return false
}

func isDigest(text string, length int) bool {
	return len(text) == 2*length && strings.Trim(text, "0123456789abcdef") == ""
}

// Find finds the file that tells of an utterance of a recording: by digest, by name, by sound, then the fallback. ok is false when
// there is none. The Transcript is nil when the utterance begins like those of several recordings, and is not over.
func (x *Index) Find(r Recording, s Sound, u transcript.Utterance) (f Found, ok bool) {
	for _, by := range []struct{ how, stem string }{{"sha256", r.SHA256}, {"md5", r.MD5}} {
		if file, known := x.byStem[by.stem]; known && by.stem != "" {
			return x.found(file, by.how, u), true
		}
	}
	if file, known := x.named(r.Name); known && r.Name != "" {
		return x.found(file, "file name", u), true
	}
	if p, known := x.sounding(s, u.Index); known && p.file == "" {
		return Found{}, true
	} else if known {
		f := x.found(p.file, "sound", transcript.Utterance{After: p.after, Start: p.sound.Start, End: p.sound.End, Index: p.index, Of: p.of})
		f.Shift = u.Start - p.sound.Start
		return f, true
	}
	if file, known := x.byStem[FallbackName]; known {
		return x.found(file, FallbackName, u), true
	}
	return Found{}, false
}

// sounding finds the utterance that sounds like s; of several the one that comes as late in its recording, or else the first. While s
// is not over and it may be one of several recordings, the place has no file.
func (x *Index) sounding(s Sound, index int) (place, bool) {
	var places []place
	for _, p := range x.bySound[s.Digest] {
		if s.Longer == 0 || s.Longer == p.sound.Longer {
			places = append(places, p)
		}
	}
	if len(places) == 0 {
		return place{}, false
	}
	if s.Longer == 0 && slices.ContainsFunc(places, func(p place) bool { return p.file != places[0].file }) {
		return place{}, true
	}
	return places[max(slices.IndexFunc(places, func(p place) bool { return p.index == index }), 0)], true
}

func (x *Index) found(file, by string, u transcript.Utterance) Found {
	return Found{File: file, By: by, Transcript: x.told[file], Utterance: u}
}
