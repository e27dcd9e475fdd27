package fake_test

import (
	"context"
	"encoding/json"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
)

// told is somebody who says what the text of a table is.
type told struct {
	options  []fake.Option
	audio    []byte
	labels   bool // of speakers, on demand
	interims bool
	readings bool // of Japanese words, without being told
}

const catSat = "the cat sat on a mat in the sun all day"

// tellers are all who may know what was said, one by one.
func tellers() map[string]func() told {
	say := fake.Transcript{Text: catSat}
	for w := range strings.FieldsSeq(catSat) {
		say.Tokens = append(say.Tokens, protocol.Token{Written: w})
	}
	return map[string]func() told{
		"the scenario": func() told {
			return told{[]fake.Option{fake.WithScenario(playing("stream.said", `transcripts: ["`+catSat+`"]`))}, sentence(), false, true, false}
		},
		"a transcript": func() told {
			return told{[]fake.Option{fake.WithTranscripts(folder("default.txt", catSat))}, sentence(), true, true, true}
		},
		"a fixture": func() told { return told{nil, fixtureOf("LSB16K", catSat), true, true, true} },
		"a transcriber": func() told {
			return told{[]fake.Option{fake.WithTranscriber(func(fake.Speech) (fake.Transcript, bool) { return say, true })}, sentence(), true, false, false}
		},
		"a recognizer": func() told {
			return told{[]fake.Option{fake.WithRecognizer(func(context.Context, fake.Speech, fake.Sound) (fake.Transcript, error) { return say, nil })}, sentence(), true, false, true}
		},
	}
}

var _ = Describe("Whoever says what was said", func() {
	for name, teller := range tellers() {
		It("is spelled, labelled, guessed and counted alike: "+name, func() {
			who := teller()
			srv := newStreamServer(GinkgoT(), who.options...)
			c := srv.dial(handshake{})
			c.text(`s LSB16K -a-general-en resultUpdatedInterval=200 profileWords="Mau mau" segmenterProperties="useDiarizer=1" authorization=` + srv.key)
			Expect(c.next()).To(Equal("s"))
			c.feed(who.audio, 640)
			c.text("e")
			events, end := c.until("e")
			Expect(end).To(Equal("e"))
			Expect(finals(events)).To(Equal([]string{catSat}))
			var guesses []result
			length, labelled := 0, false
			for _, e := range events {
				switch e[0] {
				case 'S':
					length -= number(e)
				case 'E':
					length += number(e)
				case 'U':
					var r result
					Expect(json.Unmarshal([]byte(e[2:]), &r)).To(Succeed())
					guesses = append(guesses, r)
				case 'A':
					labelled = strings.Contains(e, `"label":"speaker0"`)
				}
			}
			Expect(labelled).To(Equal(who.labels))
			if !who.interims {
				Expect(guesses).To(BeEmpty())
			} else {
				Expect(guesses).NotTo(BeEmpty())
			}
			for _, g := range guesses {
				Expect(g.Text).To(HaveSuffix("..."))
				tokens := g.Results[0].Tokens
				Expect(tokens[len(tokens)-1].Written).To(Equal("..."))
			}

			s := serve(who.options...)
			r := s.recognize("u", mypageKey, "d", "grammarFileNames=-a-general profileWords=Kitty%20cat", "c", "LSB16K", "a", string(who.audio))
			spelled := understand(r)
			Expect(r.Body).NotTo(ContainSubstring("speaker"), "nobody asked for labels here")
			Expect(spelled.Text).To(Equal(strings.ReplaceAll(catSat, "cat", "Kitty")))
			Expect(spelled.Results[0].Tokens[1].Written).To(Equal("Kitty"))
			Expect(strings.Contains(r.Body, `"spoken":"mat"`)).To(Equal(who.readings), r.Body)

			rows, err := protocol.ParseUsage([]byte(s.get("/util/api/downloadusage/Ami.mock-sid/202606").Body))
			Expect(err).NotTo(HaveOccurred())
			Expect(rows).To(HaveLen(1))
			Expect(rows[0].Milliseconds.Value).To(BeEquivalentTo(length), "each utterance counts once")
			Expect(counted(srv)).To(BeEquivalentTo(length))
		})
	}
})

// counted is how many milliseconds the stream counted.
func counted(srv *streamServer) int64 {
	GinkgoHelper()
	c := dialHTTP(srv.addr)
	c.say("GET /util/api/downloadusage/Ami.demo/202607 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + srv.key + "\r\n\r\n")
	text, err := c.rest()
	Expect(err).NotTo(HaveOccurred())
	_, body, _ := strings.Cut(text, "\r\n\r\n")
	rows, err := protocol.ParseUsage([]byte(body))
	Expect(err).NotTo(HaveOccurred())
	Expect(rows).To(HaveLen(1))
	return rows[0].Milliseconds.Value
}
