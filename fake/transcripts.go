package fake

import (
	"context"
	"crypto/md5" //nolint:gosec // files are named after it
	"errors"
	"io"
	"io/fs"
	"slices"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/fake/internal/transcripts"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
	"mockamivoice/scenarios/transcript"
)

// WithTranscripts lets a folder of files tell what is said in recordings, by the name of an upload, by a digest of its bytes, or by
// how it sounds; docs/TRANSCRIPTS.md has the formats. The folder is looked at when a recording or a cycle begins, and files that
// changed are read again. A bad file is told in the log and on the tape, and tells of nothing. For a folder of the disk use
// os.Root.FS, so that no link leads out of it.
func WithTranscripts(files fs.FS) Option {
	return func(f *config) { f.transcripts = files }
}

// openTranscripts reads the folder for the first time.
func (s *Server) openTranscripts() {
	if s.transcripts == nil {
		return
	}
	s.folder = transcripts.New(transcripts.Options{Files: s.transcripts, Hear: hearRecording, Tell: s.tellOfTranscript})
	s.folder.Index()
}

// tellOfTranscript puts what is wrong with a file into the log and on the tape.
func (s *Server) tellOfTranscript(file, what string, err error) {
	text := "transcripts: " + file + " " + what
	if err != nil {
		text = "transcripts: a file " + what + ": " + err.Error()
	}
	text = s.redact.Text(text)
	s.log.Warn(text)
	s.journal.Append(scenarios.Entry{Kind: scenarios.Tolerance, Dir: scenarios.Note, Text: text})
}

// hearRecording finds the utterances of a recording of the folder, as those of a client are found.
func hearRecording(r io.Reader) ([]transcripts.Sound, error) {
	l := hearing.NewListener(hearing.Spec{Format: protocol.AudioFormat{Name: "16K", Encoding: protocol.Headed, Rate: 16000}, Sniff: true, Guess: true})
	var all []transcripts.Sound
	start := 0
	take := func(events []hearing.Event) {
		for _, e := range events {
			switch e := e.(type) {
			case hearing.SpeechStart:
				start = e.At
			case hearing.SpeechEnd:
				all = append(all, transcripts.Sound{Digest: e.Voice.Digest, Longer: e.Voice.Longer, Start: start, End: e.At})
			case hearing.Interim:
			}
		}
	}
	var buf [chunk]byte
	for {
		n, err := r.Read(buf[:])
		events, heard := l.Write(buf[:n])
		take(events)
		switch {
		case heard != nil:
			return nil, heard
		case errors.Is(err, io.EOF):
			events, err := l.Close()
			take(events)
			return all, err
		case err != nil:
			return nil, err
		}
	}
}

// books are the transcripts that tell of a recording or a cycle, as they were when it began.
type books struct {
	index     *transcripts.Index // nil without a folder
	recording transcripts.Recording
	noted     map[string]bool // files that the tape was told about
	note      func(text string)
}

func (s *Server) books(x *exchange) books {
	if s.folder == nil {
		return books{}
	}
	return books{index: s.folder.Index(), noted: make(map[string]bool), note: func(text string) {
		x.note(scenarios.Heard, scenarios.Note, scenarios.Entry{Text: text})
	}}
}

// prepareBooks decides what an upload may be known by, before its audio comes.
func (u *upload) prepareBooks() {
	u.books = u.x.s.books(u.x)
	if u.books.index != nil && u.books.index.Needs(md5.Size) {
		u.audio.md5 = md5.New() //nolint:gosec // files are named after it
	}
}

// bind tells the job of an upload, which has been read, who knows what is said in it.
func (u *upload) bind(ctx context.Context) {
	p, x := &u.job.params, u.x
	if p.books = u.books; p.books.index != nil {
		p.books.recording = transcripts.Recording{Name: u.filename, SHA256: u.audio.sha256Text()}
		if u.audio.md5 != nil {
			p.books.recording.MD5 = u.audio.md5Text()
		}
	}
	p.ask = func(v utterance, index int) Transcript {
		t, problem := x.s.think(ctx, u.job.params, v, index)
		if problem != "" {
			x.tolerate(problem)
		}
		return t
	}
}

// find finds the file that tells of an utterance, and puts on the tape which one it is.
func (b *books) find(u utterance, index int) (transcripts.Found, bool) {
	if b.index == nil {
		return transcripts.Found{}, false
	}
	at := transcript.Utterance{After: u.after, Start: u.start, End: u.end, Index: index, Of: u.of}
	found, ok := b.index.Find(b.recording, transcripts.Sound{Digest: u.voice.Digest, Longer: u.voice.Longer}, at)
	if ok && found.Transcript != nil && !b.noted[found.File+found.By] {
		b.noted[found.File+found.By] = true
		b.note("transcript " + found.File + ", found by " + found.By)
	}
	return found, ok
}

// told is what a transcript says of an utterance. Where it tells of the recording, but nothing of this utterance, nothing was said.
func (r *recognition) told(u utterance, index int) (t Transcript, ok bool) {
	found, ok := r.books.find(u, index)
	if !ok {
		return Transcript{}, false
	}
	cue, says := found.Transcript.Part(found.Utterance)
	if !says || cue.Code != "" {
		if cue.Code == "" {
			cue.Code = protocol.NewError(protocol.SyncRejected).Code
		}
		return Transcript{Code: cue.Code, Message: scenarios.Said{Code: cue.Code}.Message()}, true
	}
	t = r.fit(r.heardAs(cue), u, found.Shift)
	r.nameSpeakers(t.Tokens, found.Transcript.Speakers(), u, index)
	return t, true
}

// heardAs is a cue as somebody hears it who asked as r does. Japanese tokens have a reading, if need be what is written; others have
// none (observed: English ones).
func (r *recognition) heardAs(cue transcript.Cue) transcript.Cue {
	if !r.fillers {
		cue = cue.WithoutFillers()
	}
	cue.Tokens = slices.Clone(cue.Tokens)
	for i := range cue.Tokens {
		switch k := &cue.Tokens[i]; {
		case r.language != "ja":
			k.Spoken = protocol.Maybe[string]{}
		case !k.Spoken.OK:
			k.Spoken = protocol.Some(k.Written)
		}
	}
	return cue
}

// fit makes a transcript of a cue: its words get times inside of the utterance, in their order.
func (r *recognition) fit(cue transcript.Cue, u utterance, shift int) Transcript {
	t := Transcript{Tokens: slices.Clone(cue.Tokens), Text: cue.Text, Confidence: usualConfidence}
	if cue.Confidence.OK {
		t.Confidence = cue.Confidence.Value
	}
	if slices.ContainsFunc(t.Tokens, func(k protocol.Token) bool { return k.StartTime.OK }) {
		last := u.start
		for i := range t.Tokens {
			for _, at := range []*protocol.Maybe[int]{&t.Tokens[i].StartTime, &t.Tokens[i].EndTime} {
				if at.OK {
					last = min(max(at.Value+shift, last), u.end)
				}
				*at = protocol.Some(last)
			}
		}
	}
	spread(t.Tokens, u)
	return t
}

// foretell is the nth interim result of an utterance that a transcript tells about, at the moment at which it ends for now. said is
// false when no transcript does; i has no tokens when it says nothing so far.
func (r *recognition) foretell(u utterance, index, nth int) (i protocol.Interim, said bool) {
	found, ok := r.books.find(u, index)
	if !ok || found.Transcript == nil {
		return protocol.Interim{}, ok
	}
	at := found.Utterance
	if at.End = u.end - found.Shift; !found.Transcript.Timed() {
		at.End = found.Utterance.End
	}
	cue, says := found.Transcript.Part(at)
	if !says || cue.Code != "" {
		return protocol.Interim{}, true
	}
	if cue = r.heardAs(cue); len(cue.Interim) > 0 {
		return asInterim(cue.Interim[min(nth, len(cue.Interim))-1]), true
	}
	heard := hearing.HeardBy(u.end - u.start)
	if found.Transcript.Timed() {
		heard = 0
		for _, k := range cue.Tokens {
			if !k.StartTime.OK || k.StartTime.Value+found.Shift <= u.end {
				heard++
			}
		}
	}
	return grow(cue.Tokens, cue.Text, heard, nth, r.language, u.voice.Digest), true
}

// sentiment is what the transcript of a recording says of it; nil when it says nothing. Numbers that it leaves out are the lowest.
func (r *recognition) sentiment(voices []utterance) *protocol.Sentiment {
	if len(voices) == 0 {
		return nil
	}
	found, ok := r.books.find(voices[0], 0)
	if !ok || len(found.Transcript.Sentiment) == 0 {
		return nil
	}
	all := &protocol.Sentiment{}
	for _, s := range found.Transcript.Sentiment {
		one := protocol.SentimentSegment{StartTime: max(s.Start+found.Shift, 0), EndTime: max(s.End+found.Shift, 0)}
		for _, p := range protocol.SentimentParameters() {
			value, given := s.Values[p.Name]
			if !given {
				value = p.Minimum
			}
			one.Values = append(one.Values, value)
		}
		all.Segments = append(all.Segments, one)
	}
	return all
}
