package judge_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"mockamivoice/scenarios"
)

// badClient is a client that does something wrong behind the good ones, and the laws that say so.
type badClient struct {
	about string
	laws  string // without "client.", as often as there are findings
	act   func(c *chat)
}

func badClients() []badClient {
	return slices.Concat(badIssuers(), badUploads(), badKeys(), badTalkers(), badFrames(), badCycles(), badLeavers(), badSounds(), badRetries(), badReactions(), badJobMakers(), badPollers(), badWords())
}

const issuer = "/issue_service_authorization"

func badIssuers() []badClient {
	post := func(about, laws string, fields ...string) badClient {
		return badClient{about, laws, func(c *chat) { c.issue(20, append([]string{"sid=demo", "spw=***"}, fields...)...) }}
	}
	return []badClient{
		{"asks with GET", "issue.post", func(c *chat) { c.ask(20, "GET", issuer, [][2]string{{"Host", "x"}}, nil, nil, 405, "") }},
		{"asks with GET and a query", "issue.post key.no-password-in-url", func(c *chat) {
			c.ask(20, "GET", issuer+"?sid=demo&spw=***", [][2]string{{"Host", "x"}}, nil, nil, 405, "")
		}},
		{"asks with a query behind a POST", "key.no-password-in-url", func(c *chat) {
			c.ask(20, "POST", issuer+"?sid=demo", [][2]string{{"Content-Type", form}}, nil, nil, 200, "")
		}},
		{"asks with JSON", "issue.form", func(c *chat) {
			c.ask(20, "POST", issuer, [][2]string{{"Content-Type", "application/json"}}, nil, nil, 200, "")
		}},
		{"asks with a form that the recorder kept as a text", "", func(c *chat) {
			c.issue(20).Body = "sid=demo&spw=***&epi=5m"
		}},
		{"asks for nobody", "issue.credentials", func(c *chat) { c.issue(20, "epi=5m") }},
		{"asks without a password", "issue.credentials", func(c *chat) { c.issue(20, "sid=demo", "epi=5m") }},
		post("writes half hours", "issue.epi", "epi=1.5h"),
		post("forgets to escape a plus sign", "issue.epi", "epi=2026-07-31T12:00:00 09:00"),
		post("names a host", "issue.ipa", "ipa=office.example"),
		{"asks for a key of yesterday", "issue.alive", func(c *chat) {
			c.issue(20, "sid=demo", "spw=***", "epi=2026/07/29")
			c.note(scenarios.Entry{Kind: scenarios.KeyIssued, Dir: scenarios.Note, Conn: 20, Key: "ffffffffffff", Surface: "issue", Expires: "2026-07-29T15:00:00.000Z"})
		}},
		{"asks from a page", "key.no-password-in-page", func(c *chat) {
			c.issue(20, "sid=demo", "spw=***").Headers = [][2]string{{"Content-Type", form}, {"Origin", "https://app.example"}}
		}},
		{"is somebody else's, and does it all in another way", "", func(c *chat) {
			e := c.ask(20, "GET", issuer, [][2]string{{"Origin", "x"}}, parts([]string{"spw=***", "epi=never"}), nil, 200, "{}")
			e.Target = "/token?sid=session-1"
		}},
	}
}

func badUploads() []badClient {
	wave, key := []byte("RIFF....WAVE of somebody"), "u=<key:aaaaaaaaaaaa>"
	upload := func(about, laws string, audio []byte, fields ...string) badClient {
		return badClient{about, laws, func(c *chat) { c.upload(20, audio, success, fields...) }}
	}
	return []badClient{
		{"uploads with PUT", "sync.post", func(c *chat) { c.ask(20, "PUT", "/v1/recognize", nil, nil, nil, 405, "") }},
		upload("puts the key behind the audio", "sync.audio-last", wave, "d=-a-general", "a=", key),
		upload("calls the audio file", "sync.audio", []byte{}, key, "d=-a-general", "file="),
		upload("sends an empty file", "sync.audio", []byte{}, key, "d=-a-general", "a="),
		upload("names no engine", "sync.engine", wave, key, "a="),
		upload("has no key", "sync.key", wave, "d=-a-general", "a="),
		upload("writes wav into c", "sync.format-known", wave, key, "d=-a-general", "c=wav", "a="),
		upload("forgets c", "sync.format-given", hum(3200), key, "d=-a-general", "a="),
		upload("says 16K of bare samples", "sync.format-given", hum(3200), key, "d=-a-general", "c=16K", "a="),
		upload("joins d with ampersands", "sync.separator", wave, key, "d=grammarFileNames=-a-general&keepFillerToken=1", "a="),
		upload("asks that no log be kept", "http.async-parameters", wave, key, "d=-a-general loggingOptOut=True", "a="),
		{"uploads a long recording", "sync.size", func(c *chat) { c.upload(20, wave, success, key, "d=-a-general", "a=").Audio.Bytes = 16_777_216 }},
		{"breaks off", "", func(c *chat) {
			e := c.upload(20, []byte{}, refused, "d=")
			e.Text = "the body ended early"
		}},
	}
}

func badKeys() []badClient {
	wave := []byte("RIFF....WAVE of somebody")
	return []badClient{
		{"puts the key into a query", "key.not-in-url", func(c *chat) {
			c.upload(20, wave, success, "a=").Target = "/v1/recognize?d=-a-general&u=<key:aaaaaaaaaaaa>"
		}},
		{"puts an unknown key into d of a query", "key.not-in-url", func(c *chat) {
			c.upload(20, wave, success, "a=").Target = "/v1/recognize?d=-a-general+authorization=***"
		}},
		{"connects with a key in the address", "key.not-in-url", func(c *chat) {
			c.shake(20, "/v1/?authorization=<key:aaaaaaaaaaaa>")
			c.leave(20)
		}},
		{"connects with a header for the key", "key.only-in-s", func(c *chat) {
			c.shake(20, "/v1/", [2]string{"Authorization", "Bearer <key:aaaaaaaaaaaa>"}, [2]string{"Sec-WebSocket-Version", "13"})
			c.leave(20)
		}},
		{"uses an expired key again", "key.expired", func(c *chat) {
			c.refuse(20, start, expired)
			c.refuse(21, start, expired)
		}},
		{"uses an expired key for a recording", "key.expired", func(c *chat) {
			c.refuse(20, start, expired)
			c.open(21)
			c.upload(21, wave, refused, "u=<key:aaaaaaaaaaaa>", "d=-a-general", "a=")
		}},
		{"uses an expired key a second later", "key.expired", func(c *chat) {
			c.shake(21, "/v1/")
			c.refuse(20, start, expired)
			c.wait(time.Second)
			c.send(21, start)
		}},
		{"uses an expired key on two streams at once", "", func(c *chat) {
			c.shake(20, "/v1/")
			c.shake(21, "/v1/")
			c.send(20, start)
			c.say(20, expired)
			c.send(21, start)
			c.say(21, expired)
		}},
	}
}

func badTalkers() []badClient {
	words := func(about, laws, s string) badClient {
		return badClient{about, laws, func(c *chat) { c.begin(20, s) }}
	}
	return []badClient{
		{"feeds without the p", "stream.audio-in-packets", func(c *chat) {
			c.begin(20, start)
			c.feed(20, hum(320)).Text = ""
		}},
		{"feeds text messages", "stream.binary-audio", func(c *chat) {
			c.begin(20, start)
			c.feed(20, hum(320)).Frame.Opcode = 1
		}},
		{"feeds 17 MiB at once", "stream.packet-size", func(c *chat) {
			c.begin(20, start)
			c.feed(20, hum(320)).Frame.Size = 17 << 20
		}},
		{"feeds more than the server reads", "stream.packet-size", func(c *chat) {
			c.begin(20, start)
			c.end(20, "a message is longer than the limit")
		}},
		{"forgets the last slash", "stream.slash", func(c *chat) {
			c.shake(20, "/v1/nolog")
			c.leave(20)
		}},
		words("forgets the key", "stream.key", "s LSB16K -a-general"),
		words("names no engine", "stream.engine", "s LSB16K authorization=<key:aaaaaaaaaaaa> authorization=<key:aaaaaaaaaaaa>"),
		words("has the vendor's byte for no engine", "stream.engine", "s LSB16K \x01 authorization=<key:aaaaaaaaaaaa>"),
		words("makes a format up", "stream.format-known", strings.Replace(start, "LSB16K", "PCM", 1)),
		words("forgets quotes", "stream.quotes", start+" profileWords=a b"),
		words("wants speakers as in a job", "http.async-parameters", start+" speakerDiarization=True"),
	}
}

func badFrames() []badClient {
	one := func(about, laws string, change func(f *scenarios.Frame)) badClient {
		return badClient{about, laws, func(c *chat) {
			c.begin(20, start)
			for range 2 {
				change(c.feed(20, hum(320)).Frame)
			}
			change(c.send(20, "e").Frame)
		}}
	}
	return []badClient{
		one("masks nothing", "stream.masked", func(f *scenarios.Frame) { f.Masked = false }),
		one("sends fragments", "stream.single-frames", func(f *scenarios.Frame) { f.Frames = 2 }),
		one("sends e as binary", "stream.text-commands", func(f *scenarios.Frame) { f.Opcode = 2 }),
		{"names no version", "stream.version", func(c *chat) { c.shake(20, "/v1/", [2]string{"Upgrade", "websocket"}) }},
		{"names an old version", "stream.version", func(c *chat) { c.shake(20, "/v1/", [2]string{"Sec-WebSocket-Version", "8"}) }},
		{"pings", "stream.no-pings", func(c *chat) {
			c.begin(20, start)
			c.control(20, scenarios.In, 9)
			c.control(20, scenarios.In, 9)
		}},
		{"answers a ping", "", func(c *chat) {
			c.begin(20, start)
			c.control(20, scenarios.Out, 9)
			c.control(20, scenarios.In, 10)
		}},
	}
}

func badCycles() []badClient {
	return []badClient{
		{"feeds before s", "stream.start-first", func(c *chat) {
			c.shake(20, "/v1/")
			c.feed(20, hum(320))
		}},
		{"ends before s", "stream.start-first", func(c *chat) {
			c.shake(20, "/v1/")
			c.send(20, "e")
		}},
		{"feeds before the answer to s", "stream.wait-before-feeding", func(c *chat) {
			c.shake(20, "/v1/")
			c.send(20, start)
			c.feed(20, hum(320))
			c.feed(20, hum(320))
			c.say(20, "s")
			c.finish(20)
		}},
		{"ends before the answer to s", "stream.wait-before-ending", func(c *chat) {
			c.shake(20, "/v1/")
			c.send(20, start)
			c.send(20, "e")
			c.say(20, "s")
			c.say(20, "e")
			c.leave(20)
		}},
		{"feeds although s was refused", "stream.heed-refusal", func(c *chat) {
			c.shake(20, "/v1/")
			c.send(20, start)
			c.say(20, unavailable)
			c.feed(20, hum(320))
			c.feed(20, hum(320))
			c.send(20, "e")
		}},
		{"begins twice", "stream.one-start", func(c *chat) {
			c.begin(20, start)
			c.send(20, start)
			c.feed(20, hum(320))
			c.finish(20)
		}},
		{"begins again without waiting", "stream.one-start", func(c *chat) {
			c.shake(20, "/v1/")
			c.send(20, start)
			c.send(20, start)
			c.say(20, "s")
			c.say(20, "s can't start feeding audio data to recognizer server")
		}},
		{"begins before the answer to e", "stream.wait-between-cycles", func(c *chat) {
			c.begin(20, start)
			c.send(20, "e")
			c.send(20, start)
			c.say(20, "e")
			c.say(20, "s")
		}},
		{"feeds behind e", "stream.no-audio-after-end", func(c *chat) {
			c.begin(20, start)
			c.send(20, "e")
			c.feed(20, hum(320))
			c.say(20, failed)
			c.feed(20, hum(320))
			c.say(20, "e")
			c.leave(20)
		}},
		{"feeds behind the answer to e", "stream.no-audio-after-end", func(c *chat) {
			c.begin(20, start)
			c.send(20, "e")
			c.say(20, "e")
			c.feed(20, hum(320))
			c.leave(20)
		}},
		{"ends twice", "stream.one-end", func(c *chat) {
			c.begin(20, start)
			c.send(20, "e")
			c.send(20, "e")
			c.say(20, "e")
			c.leave(20)
		}},
		{"ends again behind the answer", "stream.one-end", func(c *chat) {
			c.begin(20, start)
			c.finish(20)
			c.send(20, "e")
		}},
		{"ends twice behind a p error", "stream.one-end", func(c *chat) {
			c.begin(20, start)
			c.feed(20, hum(320))
			c.say(20, failed)
			c.send(20, "e")
			c.send(20, "e")
		}},
		{"feeds on behind a p error", "stream.stop-after-error", func(c *chat) {
			c.begin(20, start)
			c.feed(20, hum(320))
			c.say(20, failed)
			for range 4 {
				c.wait(time.Second)
				c.feed(20, hum(320))
			}
		}},
		{"feeds on behind a time-out", "stream.heed-timeout", func(c *chat) {
			c.begin(20, start)
			c.say(20, "e timeout occurred")
			c.wait(time.Second)
			c.feed(20, hum(320))
			c.send(20, "e")
		}},
	}
}

func badLeavers() []badClient {
	return []badClient{
		{"leaves in mid-sentence", "stream.end-before-leaving", func(c *chat) {
			c.begin(20, start)
			c.feed(20, hum(320))
			c.leave(20)
		}},
		{"says goodbye in mid-sentence", "stream.end-before-leaving", func(c *chat) {
			c.begin(20, start)
			c.feed(20, hum(320))
			c.control(20, scenarios.In, 8)
			c.end(20, "after the client's goodbye")
		}},
		{"leaves behind e", "stream.wait-for-results", func(c *chat) {
			c.begin(20, start)
			c.send(20, "e")
			c.leave(20)
		}},
		{"leaves behind e and a p error", "", func(c *chat) {
			c.begin(20, start)
			c.feed(20, hum(320))
			c.send(20, "e")
			c.say(20, failed)
			c.leave(20)
		}},
		{"leaves by a reset, which may have overtaken an e", "", func(c *chat) {
			c.begin(20, start)
			c.feed(20, hum(320))
			c.note(scenarios.Entry{Kind: scenarios.ConnClose, Dir: scenarios.Note, Conn: 20, Surface: "stream", How: "rst"})
		}},
		{"is cut off in mid-sentence", "", func(c *chat) {
			c.begin(20, start)
			c.feed(20, hum(320))
			c.end(20, "")
			c.begin(21, start)
			c.feed(21, hum(320))
			c.control(21, scenarios.Out, 8)
			c.leave(21)
			c.begin(22, start)
			c.feed(22, hum(320))
			c.fault(22, "stream.feed", "nowhere.known")
			c.leave(22)
		}},
	}
}

func badSounds() []badClient {
	fed := func(about, laws, format string, packets ...[]byte) badClient {
		return badClient{about, laws, func(c *chat) {
			c.begin(20, strings.Replace(start, "LSB16K", format, 1))
			for _, p := range packets {
				c.feed(20, p)
			}
			c.finish(20)
		}}
	}
	base64Audio := []byte(base64.StdEncoding.EncodeToString(hum(320)))
	key := "u=<key:aaaaaaaaaaaa>"
	return []badClient{
		fed("feeds base64", "audio.bytes", "LSB16K", base64Audio, base64Audio),
		{"uploads base64", "audio.bytes", func(c *chat) {
			c.upload(20, base64Audio, success, key, "d=-a-general", "c=LSB16K", "a=")
		}},
		fed("feeds a file as bare samples", "audio.header-in-raw", "LSB16K", []byte("RIFF....WAVEfmt and so on")),
		{"uploads a file as bare samples", "audio.header-in-raw", func(c *chat) {
			c.upload(20, []byte("fLaC and so on."), success, key, "d=-a-general", "c=MULAW", "a=")
		}},
		fed("loses a byte", "audio.whole-samples", "LSB16K", hum(321), hum(320)),
		{"uploads half a sample", "audio.whole-samples", func(c *chat) {
			c.upload(20, hum(321), success, key, "d=-a-general", "c=LSB16K", "a=")
		}},
		fed("feeds swapped samples", "audio.byte-order", "LSB16K", slices.Repeat([][]byte{swap(hum(320))}, 20)...),
		fed("says big-endian of little-endian samples", "audio.byte-order", "MSB16K", slices.Repeat([][]byte{hum(320)}, 20)...),
		fed("feeds the right big-endian samples", "", "MSB16K", slices.Repeat([][]byte{swap(hum(320))}, 20)...),
		fed("feeds eight bits as sixteen", "", "LSB16K", slices.Repeat([][]byte{[]byte("\x00\x01\x00\x05\x00\x09\x00\x0d\x00\x11\x00\x0b\x00\x06\x00\x02")}, 20)...),
		fed("feeds swapped samples, a packet of an odd length first", "audio.byte-order", "LSB16K", append([][]byte{swap(hum(322))[:321], swap(hum(322))[321:]}, slices.Repeat([][]byte{swap(hum(320))}, 20)...)...),
		fed("feeds nothing but silence", "audio.silence", "LSB16K", make([]byte, 32000), make([]byte, 200)),
		fed("feeds nothing but silence as µ-law", "audio.silence", "MULAW", slices.Repeat([]byte{0xff}, 9000)),
		fed("feeds a muted line as A-law", "audio.silence", "ALAW", slices.Repeat([][]byte{slices.Repeat([]byte{0x55}, 160)}, 60)...),
		fed("is silent at first", "", "LSB16K", make([]byte, 32000), hum(320)),
		fed("begins with silence in a packet", "", "LSB16K", append(make([]byte, 32000), hum(320)...)),
		fed("is silent for a moment", "", "LSB16K", make([]byte, 3200)),
		fed("feeds a minute at once", "audio.pace", "LSB16K", slices.Repeat([][]byte{hum(32000)}, 60)...),
		{"uploads the whole sound, swapped", "audio.byte-order", func(c *chat) {
			c.upload(20, swap(hum(3200)), success, key, "d=-a-general", "c=LSB16K", "a=").Audio.Data = swap(hum(3200))
		}},
	}
}
