package fake

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"mockamivoice/protocol"
)

// diarizer tells who says what where nobody else does. The zero value labels nobody.
//
// Documented is that there are labels, and in which direction diarizerAlpha and diarizerTransitionBias move them (speaker-diarization);
// that alpha is 1e-10 unless given is observed. How much they move is ours (assumed), so that it can be foreseen: two speakers take
// turns with the utterance. Ten times the alpha is one speaker more, up to 20, and less than 1e-10 is one alone. Ten times the bias is
// one change more inside of each utterance; a tenth of it halves the changes between utterances, and with a ten thousand millionth
// nobody changes.
type diarizer struct {
	on       bool
	speakers int // who take turns
	halvings int // every 2^halvings-th utterance begins a turn
	splits   int // changes inside of an utterance that has so many words
}

const (
	usualTuning   = 1e-10 // diarizerAlpha (observed) and diarizerTransitionBias (assumed: a client sends it) unless given
	usualSpeakers = 2
	mostHalvings  = 10 // from here on nobody changes
)

func newDiarizer(s protocol.Segmenter) diarizer {
	bias := tenfolds(s.TransitionBias)
	return diarizer{
		on: s.Diarizer, speakers: min(max(usualSpeakers+tenfolds(s.Alpha), 1), protocol.MostSpeakers),
		halvings: max(-bias, 0), splits: max(bias, 0),
	}
}

// tenfolds is how many times a number is ten times the usual one; negative when it is smaller.
func tenfolds(n protocol.Maybe[float64]) int {
	const most, rounding = 30, 1e-9
	switch {
	case !n.OK:
		return 0
	case n.Value <= 0:
		return -most
	}
	return int(math.Floor(min(max(math.Log10(n.Value/usualTuning), -most), most) + rounding))
}

// label names the speaker on every token of the utterance with this index and digest. The same words always have the same speakers.
func (d diarizer) label(tokens []protocol.Token, index int, digest uint64) {
	if !d.on {
		return
	}
	turn := 0
	if d.halvings < mostHalvings {
		turn = index >> d.halvings
	}
	changes := d.changes(tokens, digest)
	for i := range tokens {
		if slices.Contains(changes, i) {
			turn++
		}
		tokens[i].Label = protocol.Some("speaker" + strconv.Itoa(turn%d.speakers))
	}
}

// changes are the words with which somebody else begins: those behind a mark before others, then those behind the longest pauses. The
// ones of a smaller bias are among those of a larger one.
func (d diarizer) changes(tokens []protocol.Token, digest uint64) []int {
	if d.splits == 0 {
		return nil
	}
	type place struct {
		word, pause int
		mark        bool
		chance      uint64
	}
	var all []place
	for i := 1; i < len(tokens); i++ {
		if isMark(tokens[i]) {
			continue // it belongs to the word before it
		}
		before := tokens[i-1]
		digest = digest*6364136223846793005 + 1442695040888963407
		all = append(all, place{i, tokens[i].StartTime.Value - before.EndTime.Value, isMark(before), digest})
	}
	slices.SortFunc(all, func(a, b place) int {
		if a.mark != b.mark {
			if a.mark {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.pause, a.pause), cmp.Compare(a.chance, b.chance), cmp.Compare(a.word, b.word))
	})
	var words []int
	for _, p := range all[:min(d.splits, len(all))] {
		words = append(words, p.word)
	}
	return words
}

func isMark(k protocol.Token) bool {
	return k.Written != "" && strings.TrimFunc(k.Written, unicode.IsPunct) == ""
}

// nameSpeakers labels the tokens of an utterance as the client asked for it. Where its source knows the speakers, their labels stay as
// they are, whatever diarizerAlpha and diarizerTransitionBias say; where nobody asked, no label stays.
func (r *recognition) nameSpeakers(tokens []protocol.Token, known bool, u utterance, index int) {
	switch {
	case r.speakers: // a job labels when all of it is known
	case !r.diarizer.on:
		for i := range tokens {
			tokens[i].Label = protocol.Maybe[string]{}
		}
	case !known:
		r.diarizer.label(tokens, index, u.voice.Digest)
	}
}

// labelled tells whether a speaker is known of any token.
func labelled(tokens []protocol.Token) bool {
	return slices.ContainsFunc(tokens, func(k protocol.Token) bool { return k.Label.OK })
}

// noteSegmenter tells the tape, once for each request or cycle, which settings of segmenterProperties do nothing.
func (x *exchange) noteSegmenter(asked protocol.Segmenter, surface protocol.Surface) {
	tell := func(names []string, what string) {
		if len(names) > 0 {
			list := strings.Join(names, ", ")
			x.tolerateAbout(list, "segmenterProperties "+quoted(list)+what)
		}
	}
	tell(asked.Tuning, ": accepted, without effect here")
	tell(asked.Unreadable, ": a value that cannot be read counts as not given")
	tell(asked.Unknown, ": not known, ignored")
	switch tuned := asked.Alpha.OK || asked.TransitionBias.OK; {
	case surface == protocol.SurfaceAsync && (asked.Diarizer || tuned): // ruled
		x.tolerate("segmenterProperties has no effect on the speakers of a job; speakerDiarization=True has")
	case tuned && !asked.Diarizer:
		x.tolerate("segmenterProperties: diarizerAlpha and diarizerTransitionBias have no effect without useDiarizer=1")
	}
}
