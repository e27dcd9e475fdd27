package fake

import (
	"slices"
	"strconv"
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// end is what comes of the audio of a job: it is known when the upload is over, and told later. (ruled: a job ends as a recording
// on the synchronous interface would) What the recognizer is still to be asked is nil where nothing is open.
func (u *upload) end(id string, p protocol.JobParams) (protocol.Job, *question) {
	j := protocol.Job{
		State: protocol.JobCompleted, ServiceID: u.job.params.service, SessionID: id, ContentID: p.ContentID, MD5: u.audio.md5Text(), Size: u.audio.bytes,
		UtteranceID: string(protocol.AppendUtteranceID(nil, u.id)),
	}
	odd, empty := u.oddity()
	if odd == protocol.SyncRejected && u.job.silent() {
		empty = u.x.stage.choices.Is(scenarios.AsyncSilence, "empty")
	}
	switch {
	case empty:
		return j, nil
	case odd != "":
		e := protocol.NewError(odd)
		return failedJob(j, e.Code, e.Message), nil
	}
	q := &question{u: u, plain: j, params: p}
	params := u.job.params
	params.ask = func(v utterance, index int) Transcript {
		q.open = append(q.open, index)
		return u.x.s.builtIn(u.job.params, v, index)
	}
	for i, v := range u.job.voices() {
		q.said = append(q.said, u.x.s.transcribe(params, v, i, u.x.stage.scenario))
	}
	j = u.ended(j, p, q.said)
	if q.left = len(q.open); q.left == 0 {
		return j, nil
	}
	return j, q
}

// ended is a job with what was said in each of its utterances.
func (u *upload) ended(j protocol.Job, p protocol.JobParams, said []Transcript) protocol.Job {
	segments, refused := u.segments(said)
	if len(segments) == 0 {
		return failedJob(j, refused.Code, refused.Message)
	}
	if p.Diarization {
		nameSpeakers(segments, p)
	}
	for i, s := range segments {
		if i > 0 {
			j.Text += between(u.job.params.language)
		}
		j.Text += s.Text
	}
	if p.Sentiment {
		j.Sentiment = u.sentiment()
	}
	if p.CompatibleWithSync {
		joined := protocol.Result{Results: []protocol.Utterance{joinSegments(segments, j.Text)}}
		j.Compatible = &joined
	} else {
		j.Segments = segments
	}
	return j
}

func failedJob(j protocol.Job, code, message string) protocol.Job {
	j.State, j.ErrorMessage = protocol.JobError, protocol.JobFailure(code, message)
	return j
}

func (j *job) silent() bool { return j.listener != nil && j.listener.Summary().Silent }

// segments are what was understood, one for each utterance; refused is what the last one that was not came to.
func (u *upload) segments(said []Transcript) (segments []protocol.Segment, refused Transcript) {
	for i, v := range u.job.voices() {
		t := said[i]
		t.Tokens = slices.Clone(t.Tokens) // they may get labels, and be looked at again
		if t.Code != "" {
			refused = t
			continue
		}
		r := t.result("", v)
		segments = append(segments, protocol.Segment{Results: r.Results, Text: t.Text})
	}
	return segments, refused
}

// joinSegments is one utterance of all. (inferred: the shape; ours: the mean of the confidences)
func joinSegments(segments []protocol.Segment, text string) protocol.Utterance {
	first, last := segments[0].Results[0], segments[len(segments)-1].Results[0]
	all := protocol.Utterance{StartTime: first.StartTime, EndTime: last.EndTime, Text: text}
	var sum float64
	for _, s := range segments {
		sum += s.Results[0].Confidence.Value
		all.Tokens = append(all.Tokens, s.Results[0].Tokens...)
	}
	all.Confidence = protocol.Some(round3(sum / float64(len(segments))))
	return all
}

// nameSpeakers labels every token. Two speakers take turns by utterance, or as many as are asked for; where there are fewer
// utterances than speakers, the words are shared out. (documented: the labels; the turns are ours)
func nameSpeakers(segments []protocol.Segment, p protocol.JobParams) {
	const usual = 2
	var all [][]protocol.Token
	total, known := 0, false
	for _, s := range segments {
		tokens := s.Results[0].Tokens
		all = append(all, tokens)
		total += len(tokens)
		known = known || labelled(tokens)
	}
	if known { // a transcript has told them
		mergeSpeakers(all, p.MaxSpeakers)
		return
	}
	speakers := min(max(usual, p.MinSpeakers), p.MaxSpeakers)
	n := 0
	for i, tokens := range all {
		for k := range tokens {
			who := i % speakers
			if len(segments) < speakers && total > 0 {
				who = n * speakers / total
			}
			tokens[k].Label = protocol.Some("speaker" + strconv.Itoa(who))
			n++
		}
	}
}

// mergeSpeakers keeps to the most speakers that a client asked for. Where a transcript tells of more, they are numbered as they begin to
// speak, and those who are too many count as the last. Fewer than the least do not become more. (ours)
func mergeSpeakers(all [][]protocol.Token, most int) {
	var names []string
	beyond := false
	for _, tokens := range all {
		for _, k := range tokens {
			if l := k.Label; l.OK && !slices.Contains(names, l.Value) {
				names = append(names, l.Value)
				n, err := strconv.Atoi(strings.TrimPrefix(l.Value, "speaker"))
				beyond = beyond || err != nil || n >= most
			}
		}
	}
	for _, tokens := range all {
		for i := range tokens {
			if l := &tokens[i].Label; beyond && l.OK {
				l.Value = "speaker" + strconv.Itoa(min(slices.Index(names, l.Value), most-1))
			}
		}
	}
}

// sentiment is what a transcript says, or else about one segment for every 2 s of speech, with numbers that follow from the sound. (documented: the ranges)
func (u *upload) sentiment() *protocol.Sentiment {
	const step = 2000
	if told := u.job.params.sentiment(u.job.voices()); told != nil {
		return told
	}
	s := &protocol.Sentiment{Segments: []protocol.SentimentSegment{}}
	for _, v := range u.job.voices() {
		for at := v.start; at < v.end; at += step {
			one := protocol.SentimentSegment{StartTime: at, EndTime: min(at+step, v.end)}
			mix := v.voice.Digest + uint64(at) //nolint:gosec // a time is not negative
			for _, p := range protocol.SentimentParameters() {
				mix = mix*6364136223846793005 + 1442695040888963407
				one.Values = append(one.Values, p.Minimum+int(mix>>33)%(p.Maximum-p.Minimum+1)) //nolint:gosec // 31 bits
			}
			s.Segments = append(s.Segments, one)
		}
	}
	return s
}
