package conformance_test

import (
	"net/http"
	"strings"
	"time"

	"mockamivoice/fake"
)

// mutant is a server with one deliberate fault: an option of the fake, or something that is done to its replies or its frames.
type mutant struct {
	id, about string
	surfaces  string // of the scripts that could notice: issue, sync, stream, async, words
	heavy     bool   // plays the scripts with the most audio too
	options   []fake.Option
	change    func(r *http.Request, a *answer)
	request   func(r *http.Request)
	tamper    tamper
}

func mutants() []mutant {
	var all []mutant
	for _, id := range fake.Deviations() {
		surfaces := "issue"
		if strings.Contains(id, "key") || strings.Contains(id, "expiry") {
			surfaces = "issue sync stream"
		}
		all = append(all, mutant{id: id, about: fake.DeviationAbout(id), surfaces: surfaces, options: []fake.Option{fake.WithDeviation(id)}})
	}
	for _, some := range [][]mutant{optionMutants(), issueMutants(), syncMutants(), resultMutants(), requestMutants(), frameMutants(), answerMutants(), eventMutants(), commandMutants(), sMutants(), audioMutants(), jobMutants(), createMutants(), pollMutants(), wordsMutants(), besideMutants()} {
		all = append(all, some...)
	}
	return all
}

func choice(point, value string) []fake.Option {
	c, err := fake.ParseChoice(point, value)
	if err != nil {
		panic(err)
	}
	return []fake.Option{fake.WithChoice(c)}
}

func optionMutants() []mutant {
	return []mutant{
		{id: "strict-frames", about: "refuses unmasked frames and a missing version", surfaces: "stream", options: []fake.Option{fake.WithStrict()}},
		{id: "line-feed-behind-packets", about: "ends packets with LF", surfaces: "stream", options: choice("stream-line-end", "lf")},
		{id: "open-after-refused-start", about: "keeps the connection after a refused s", surfaces: "stream", options: choice("stream-refused-start", "keep-open")},
		{id: "raw-body-refused", about: "takes multipart bodies alone", surfaces: "sync", options: choice("sync-raw-body", "refuse")},
		{id: "header-less-refused", about: "asks for c where the audio has no header", surfaces: "sync stream", options: choice("headerless-audio", "refuse")},
		{id: "short-no-data", about: "gives up after 30 s without data", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{NoData: 30 * time.Second})}},
		{id: "no-no-data", about: "never gives up for want of data", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{NoData: 1000 * time.Hour})}},
		{id: "short-non-speech", about: "gives up after 50 s without speech, as an old manual says", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{NonSpeech: 50 * time.Second})}},
		{id: "no-non-speech", about: "never gives up for want of speech", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{NonSpeech: 1000 * time.Hour})}},
		{id: "endless-utterances", heavy: true, about: "never cuts an utterance", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{Utterance: time.Hour})}},
		{id: "small-uploads", heavy: true, about: "takes 8 MiB", surfaces: "sync", options: []fake.Option{fake.WithLimits(fake.Limits{Upload: 8 << 20})}},
		{id: "large-uploads", heavy: true, about: "takes 64 MiB", surfaces: "sync", options: []fake.Option{fake.WithLimits(fake.Limits{Upload: 64 << 20})}},
	}
}
