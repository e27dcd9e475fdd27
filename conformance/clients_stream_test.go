package conformance_test

import (
	"encoding/base64"
	"strings"
	"time"

	"mockamivoice/fake"
	"mockamivoice/reference-client/wire"
)

func badSpeakers() []badClient {
	begins := func(id, laws, s string) badClient {
		return badClient{id: id, laws: laws, act: func(a *actor) {
			l := a.connect("/v1/")
			l.send(strings.Replace(s, "KEY", a.key, 1))
			if l.answer() == "s" {
				l.send("e")
				l.answer()
			}
			l.close()
		}}
	}
	return []badClient{
		{id: "feeds-without-p", laws: "stream.audio-in-packets", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.write(l.frame(wire.Binary, speech("LSB16K", time.Second)))
			l.drained()
			l.close()
		}},
		{id: "feeds-json", laws: "stream.audio-in-packets", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.send(`{"audio":"` + base64.StdEncoding.EncodeToString([]byte(speech("LSB16K", time.Second))) + `"}`)
			l.drained()
			l.close()
		}},
		{id: "feeds-text-messages", laws: "stream.binary-audio", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.send("p" + speech("LSB16K", time.Second))
			l.finish()
		}},
		{id: "feeds-17-MiB", laws: "stream.packet-size", options: []fake.Option{fake.WithLimits(fake.Limits{Message: 64 << 20})}, act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.feed(speech("LSB16K", time.Second) + strings.Repeat("\x00\x01", 17<<19))
			l.finish()
		}},
		{id: "feeds-more-than-is-read", laws: "stream.packet-size", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.feed(speech("LSB16K", time.Second) + strings.Repeat("\x00\x01", 17<<19))
			l.drained()
			l.close()
		}},
		{id: "forgets-the-slash", laws: "stream.slash", act: func(a *actor) {
			l := a.connect("/v1/nolog")
			l.send(a.s("LSB16K"))
			l.answer()
			l.finish()
		}},
		begins("s-without-key", "stream.key", "s LSB16K -a-general"),
		begins("s-without-engine", "stream.engine", "s LSB16K authorization=KEY keepFillerToken=1"),
		begins("s-with-a-made-up-format", "stream.format-known", "s PCM -a-general authorization=KEY"),
		begins("s-without-quotes", "stream.quotes", "s LSB16K -a-general profileWords=AMI あみ authorization=KEY"),
		begins("s-with-a-parameter-of-jobs", "http.async-parameters", "s LSB16K -a-general speakerDiarization=True authorization=KEY"),
	}
}

func badFramers() []badClient {
	talk := func(id, laws string, act func(l *line)) badClient {
		return badClient{id: id, laws: laws, act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			act(l)
			l.close()
		}}
	}
	end := func(l *line) {
		l.send("e")
		l.answer()
	}
	return []badClient{
		talk("masks-nothing", "stream.masked", func(l *line) {
			l.bare = true
			end(l)
		}),
		talk("sends-fragments", "stream.single-frames", func(l *line) {
			audio := []byte(speech("LSB16K", time.Second))
			l.write(wire.AppendFrame(nil, wire.Frame{Opcode: wire.Binary, Masked: true, Payload: []byte("p")}, [4]byte{1}))
			l.write(wire.AppendFrame(nil, wire.Frame{Fin: true, Masked: true, Payload: audio}, [4]byte{1}))
			end(l)
		}),
		talk("ends-in-binary", "stream.text-commands", func(l *line) {
			l.write(l.frame(wire.Binary, "e"))
			l.answer()
		}),
		talk("pings", "stream.no-pings", func(l *line) {
			l.write(l.frame(wire.Ping, ""))
			end(l)
		}),
		{id: "names-no-version", laws: "stream.version", act: func(a *actor) { a.handshake("/v1/").close() }},
	}
}

// badListeners do not wait for what the service says, or do not heed it.
func badListeners() []badClient {
	sound := speech("LSB16K", time.Second)
	early := choice("stream-early-packet", "refuse")
	return []badClient{
		{id: "feeds-before-s", laws: "stream.start-first", act: func(a *actor) {
			l := a.connect("/v1/")
			l.feed(sound)
			l.answer()
			l.close()
		}},
		{id: "feeds-before-the-answer", own: "stream.wait-before-feeding", act: func(a *actor) {
			l := a.connect("/v1/")
			l.write(append(l.frame(wire.Text, a.s("LSB16K")), l.frame(wire.Binary, "p"+sound)...))
			l.answer()
			l.finish()
		}},
		{id: "feeds-before-the-answer-to-a-service-that-minds", laws: "stream.wait-before-feeding", options: early, act: func(a *actor) {
			l := a.connect("/v1/")
			l.write(append(l.frame(wire.Text, a.s("LSB16K")), l.frame(wire.Binary, "p"+sound)...))
			l.answer()
			l.close()
		}},
		{id: "ends-before-the-answer", own: "stream.wait-before-ending", act: func(a *actor) {
			l := a.connect("/v1/")
			l.write(append(l.frame(wire.Text, a.s("LSB16K")), l.frame(wire.Text, "e")...))
			l.answer()
			l.answer()
			l.close()
		}},
		{id: "feeds-although-refused", laws: "stream.heed-refusal", options: choice("stream-refused-start", "keep-open"), act: func(a *actor) {
			l := a.connect("/v1/")
			l.send("s LSB16K -a-general authorization=nonsense")
			l.answer()
			l.feed(sound)
			l.answer()
			l.close()
		}},
		{id: "begins-twice", laws: "stream.one-start", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.send(a.s("LSB16K"))
			l.answer()
			l.close()
		}},
		{id: "begins-before-the-answer-to-e", own: "stream.wait-between-cycles", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.write(append(l.frame(wire.Text, "e"), l.frame(wire.Text, a.s("LSB16K"))...))
			l.answer()
			l.answer()
			l.close()
		}},
		{id: "feeds-behind-e", laws: "stream.no-audio-after-end", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.feed(sound)
			l.send("e")
			l.answer()
			l.feed(sound)
			l.answer()
			l.close()
		}},
		{id: "ends-twice", laws: "stream.one-end", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.send("e")
			l.answer()
			l.finish()
		}},
		{id: "feeds-on-behind-a-p-error", own: "stream.stop-after-error", act: func(a *actor) {
			a.key = a.made(fake.KeyRequest{EPI: "2s"})
			l := a.begin(a.s("LSB16K"))
			a.pass(3 * time.Second)
			l.feed(sound)
			l.answer()
			a.pass(2 * time.Second) // of the client's own time; the fake's tape shows that it took none
			l.feed(sound)
			l.finish()
		}},
		{id: "ends-a-cycle-that-timed-out", own: "stream.heed-timeout", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.feed(sound)
			a.pass(61 * time.Second)
			l.answer()
			a.pass(2 * time.Second)
			l.send("e")
			l.drained()
			l.close()
		}},
	}
}

func badLeavers() []badClient {
	return []badClient{
		{id: "leaves-in-mid-sentence", laws: "stream.end-before-leaving", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.feed(strings.Repeat("\x01\x00\xff\xff", 800)) // nothing comes of it that would be left unread
			l.close()
		}},
		{id: "says-goodbye-in-mid-sentence", laws: "stream.end-before-leaving", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.feed(speech("LSB16K", time.Second))
			l.write(l.frame(wire.Close, "\x03\xe8"))
			l.drained()
			l.close()
		}},
		{id: "leaves-behind-e", own: "stream.wait-for-results", act: func(a *actor) {
			l := a.begin(a.s("LSB16K"))
			l.feed(speech("LSB16K", time.Second))
			l.send("e")
			l.close()
		}},
	}
}

func badSounds() []badClient {
	fed := func(id, laws, format string, packets ...string) badClient {
		return badClient{id: id, laws: laws, act: func(a *actor) {
			l := a.begin(a.s(format))
			for _, p := range packets {
				l.feed(p)
			}
			l.finish()
		}}
	}
	sound := speech("LSB16K", 2*time.Second)
	text := base64.StdEncoding.EncodeToString([]byte(sound))
	return []badClient{
		fed("feeds-base64", "audio.bytes", "LSB16K", pieces(text[:9600], 960)...),
		fed("feeds-a-file-as-samples", "audio.header-in-raw", "LSB16K", speech("WAV16K", time.Second)),
		fed("loses-a-byte", "audio.whole-samples", "LSB16K", sound[1:]),
		fed("names-the-wrong-order", "audio.byte-order", "MSB16K", pieces(sound, 640)...),
		fed("feeds-silence", "audio.silence", "LSB16K", pieces(strings.Repeat("\x00", 64000), 3200)...),
		fed("feeds-a-minute-at-once", "audio.pace", "LSB16K", pieces(strings.Repeat(sound, 30), 32000)...),
	}
}

// pieces is s in pieces of a size.
func pieces(s string, size int) []string {
	var all []string
	for at := 0; at < len(s); at += size {
		all = append(all, s[at:min(at+size, len(s))])
	}
	return all
}
