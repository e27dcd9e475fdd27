package conformance_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"

	"mockamivoice/reference-client/wire"
)

// onText changes text messages of the server that begin with a prefix.
func onText(prefix string, change func(s *tampered, text string) []string) func(*tampered, wire.Frame) []wire.Frame {
	return func(s *tampered, f wire.Frame) []wire.Frame {
		if f.Opcode != wire.Text || !strings.HasPrefix(string(f.Payload), prefix) {
			return []wire.Frame{f}
		}
		var frames []wire.Frame
		for _, text := range change(s, string(f.Payload)) {
			if text == cutText {
				frames = append(frames, wire.Frame{Opcode: cut})
				continue
			}
			frames = append(frames, textFrame(text))
		}
		return frames
	}
}

func frameMutants() []mutant {
	const surfaces = "stream"
	all := func(change func(f wire.Frame) []wire.Frame) tamper {
		return tamper{out: func(_ *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode != wire.Text {
				return []wire.Frame{f}
			}
			return change(f)
		}}
	}
	return []mutant{
		{id: "binary-packets", about: "sends packets as binary messages", surfaces: surfaces, tamper: all(func(f wire.Frame) []wire.Frame {
			f.Opcode = wire.Binary
			return []wire.Frame{f}
		})},
		{id: "fragments", about: "fragments its packets", surfaces: surfaces, tamper: all(func(f wire.Frame) []wire.Frame {
			return []wire.Frame{{Opcode: wire.Text, Payload: f.Payload[:1]}, {Fin: true, Opcode: wire.Continuation, Payload: f.Payload[1:]}}
		})},
		{id: "masked-packets", about: "masks its frames", surfaces: surfaces, tamper: all(func(f wire.Frame) []wire.Frame {
			f.Masked = true
			return []wire.Frame{f}
		})},
		{id: "pings", about: "sends a ping before each packet", surfaces: surfaces, tamper: all(func(f wire.Frame) []wire.Frame {
			return []wire.Frame{{Fin: true, Opcode: wire.Ping, Payload: []byte("x")}, f}
		})},
	}
}

func answerMutants() []mutant {
	const surfaces = "stream"
	text := func(id, about, prefix string, change func(s *tampered, text string) []string) mutant {
		return mutant{id: id, about: about, surfaces: surfaces, tamper: tamper{out: onText(prefix, change)}}
	}
	swap := func(id, about, prefix, old, replacement string) mutant {
		return text(id, about, prefix, func(_ *tampered, s string) []string { return []string{strings.ReplaceAll(s, old, replacement)} })
	}
	return []mutant{
		text("closes-instead-of-s", "closes without answering a refused s", "s ", func(*tampered, string) []string { return []string{cutText} }),
		text("closes-instead-of-e", "closes without answering e", "e", func(*tampered, string) []string { return []string{cutText} }),
		text("s-twice", "answers s twice", "s", func(_ *tampered, s string) []string { return []string{s, s} }),
		text("e-twice", "answers e twice", "e", func(_ *tampered, s string) []string { return []string{s, s} }),
		text("blank-behind-s", "answers s with a blank behind it", "s", func(_ *tampered, s string) []string { return []string{s + " "} }),
		text("ok-behind-s", "answers s with text", "s", func(_ *tampered, s string) []string {
			if s == "s" {
				return []string{"s ok"}
			}
			return []string{s}
		}),
		swap("no-blank-in-errors", "leaves out the blank in errors", "s ", "s ", "s"),
		swap("expiry-in-jst", "tells the expiry in Japanese time", "s service", "+0000", "+0900"),
		swap("expiry-without-instant", "does not tell the expiry", "s service", "expired: ", "expired "),
		text("lateness-rounded-up", "rounds the lateness up", "s service", func(_ *tampered, s string) []string {
			return []string{strings.Replace(s, "(-21s)", "(-22s)", 1)}
		}),
		swap("lateness-positive", "tells the lateness without its sign", "s service", "(-", "("),
		swap("expired-is-invalid", "does not tell expiry from a wrong key", "s service", "s service authorization has expired", "s can't validate service authorization"),
		swap("typographic-apostrophe", "writes a typographic apostrophe", "", "can't", "can’t"),
		swap("wrong-key-text", "has another text for a wrong key", "s can't", "validate", "verify"),
		swap("timeout-text", "has one text for both time-outs", "e timeout", " while recognizing audio data from client", ""),
		swap("timeout-text-long", "has the long text for both time-outs", "e timeout occurred", "e timeout occurred", "e timeout occurred while recognizing audio data from client"),
		swap("p-error-text", "has another text for refused audio", "p ", "can't feed audio data to recognizer server", "audio refused"),
		swap("p-format-text", "has another text for unsupported audio", "p ", "received unsupported audio format", "bad format"),
		text("p-error-twice", "says each p error twice", "p ", func(_ *tampered, s string) []string { return []string{s, s} }),
		text("p-error-silent", "says no p error", "p ", func(*tampered, string) []string { return nil }),
		text("p-error-closes", "closes after a p error", "p ", func(_ *tampered, t string) []string { return []string{t, cutText} }),
		text("key-in-error", "quotes the key when it refuses s", "s can't validate", func(_ *tampered, s string) []string { return []string{s + " demo-key"} }),
		text("closes-after-e", "closes after e", "e", func(_ *tampered, t string) []string { return []string{t, cutText} }),
		{id: "p-acknowledged", about: "acknowledges p", surfaces: surfaces, tamper: tamper{in: func(s *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Binary && bytes.HasPrefix(f.Payload, []byte("p")) {
				s.inject(textFrame("p"))
			}
			return []wire.Frame{f}
		}}},
		{id: "refused-e-silent", about: "does not answer e without a cycle", surfaces: surfaces, tamper: tamper{out: onText("e can't", func(*tampered, string) []string { return nil })}},
		{id: "refused-s-silent", about: "does not answer s inside of a cycle", surfaces: surfaces, tamper: tamper{out: onText("s can't start", func(*tampered, string) []string { return nil })}},
	}
}

func eventMutants() []mutant {
	const surfaces = "stream"
	text := func(id, about, prefix string, change func(s *tampered, text string) []string) mutant {
		return mutant{id: id, about: about, surfaces: surfaces, tamper: tamper{out: onText(prefix, change)}}
	}
	swap := func(id, about, prefix, pattern, replacement string) mutant {
		re := regexp.MustCompile(pattern)
		return text(id, about, prefix, func(_ *tampered, s string) []string { return []string{re.ReplaceAllString(s, replacement)} })
	}
	// hold keeps messages back until another comes, and puts them before or behind it.
	hold := func(id, about, prefix, until string, behind bool) mutant {
		return mutant{id: id, about: about, surfaces: surfaces, tamper: tamper{out: func(s *tampered, f wire.Frame) []wire.Frame {
			switch t := string(f.Payload); {
			case f.Opcode == wire.Text && strings.HasPrefix(t, prefix):
				s.held = append(s.held, f)
				return nil
			case f.Opcode == wire.Text && strings.HasPrefix(t, until):
				frames := append([]wire.Frame{f}, s.held...)
				if !behind {
					frames = append(s.held, f) //nolint:gocritic // the other way round
				}
				s.held = nil
				return frames
			}
			return []wire.Frame{f}
		}}}
	}
	return []mutant{
		swap("fractional-start", "tells fractions of milliseconds", "S ", `$`, ".5"),
		swap("fractional-end", "tells fractions of milliseconds at the end", "E ", `$`, ".5"),
		swap("start-in-seconds", "tells S in seconds", "S ", `^S ([0-9]*?)[0-9]{1,3}$`, "S 0$1"),
		swap("end-in-seconds", "tells E in seconds", "E ", `^E ([0-9]*?)[0-9]{1,3}$`, "E 0$1"),
		swap("start-doubled", "counts bytes for milliseconds", "S ", `^S ([1-9][0-9]*)$`, "S ${1}0"),
		text("no-start", "sends no S", "S ", func(*tampered, string) []string { return nil }),
		text("no-end", "sends no E", "E ", func(*tampered, string) []string { return nil }),
		text("no-c", "sends no C", "C", func(*tampered, string) []string { return nil }),
		text("c-twice", "sends C twice", "C", func(_ *tampered, s string) []string { return []string{s, s} }),
		text("no-result", "sends no A", "A ", func(*tampered, string) []string { return nil }),
		text("result-twice", "sends every A twice", "A ", func(_ *tampered, s string) []string { return []string{s, s} }),
		swap("result-as-r", "sends R in place of A", "A ", `^A `, "R "),
		hold("results-saved-up", "sends results with the answer to e", "A ", "e", false),
		hold("results-after-end", "sends results behind the answer to e", "A ", "e", true),
		hold("end-after-result", "sends E behind A", "E ", "A ", true),
		hold("start-after-c", "sends S behind C", "S ", "C", true),
		hold("c-after-result", "sends C behind A", "C", "A ", true),
		text("no-interim", "sends no U", "U ", func(*tampered, string) []string { return nil }),
		swap("interim-without-dots", "leaves out the dots of U", "U ", `\.\.\.`, ""),
		swap("interim-texts-differ", "writes two different texts into U", "U ", `"\}\],"text"`, `x"}],"text"`),
		swap("interim-like-final", "gives U an id, a code and times", "U ", `\}$`, `,"utteranceid":"x","code":"","message":""}`),
		text("words-before-answer", "sends an event before the answer to s", "s", func(_ *tampered, s string) []string { return []string{"C", s} }),
		text("unknown-letter", "sends packets that nobody knows", "C", func(_ *tampered, s string) []string { return []string{s, "X 1"} }),
		{id: "times-go-on", about: "goes on counting in the next cycle", surfaces: surfaces, tamper: tamper{out: onText("S ", func(s *tampered, t string) []string {
			if s.cycles > 1 {
				return []string{"S 3000" + t[2:]}
			}
			return []string{t}
		})}},
		{id: "silence-is-speech", about: "hears speech in silence", surfaces: surfaces, tamper: tamper{in: func(s *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Text && string(f.Payload) == "e" && s.fed > 20 && s.events < 3 {
				s.inject(textFrame("S 0"), textFrame("C"), textFrame("E 100"))
			}
			return []wire.Frame{f}
		}}},
		{id: "pause-ignored", about: "hears one utterance where there are two", surfaces: surfaces, tamper: tamper{out: func(s *tampered, f wire.Frame) []wire.Frame {
			if t := string(f.Payload); f.Opcode == wire.Text && (strings.HasPrefix(t, "E ") || strings.HasPrefix(t, "A ")) && s.last != "e" {
				s.held = append(s.held, f)
				return nil
			}
			return []wire.Frame{f}
		}, in: func(_ *tampered, f wire.Frame) []wire.Frame { return []wire.Frame{f} }}},
	}
}

// commandMutants understand less of what a client sends than the service does.
func commandMutants() []mutant {
	const surfaces = "stream"
	in := func(id, about string, change func(s *tampered, f wire.Frame) []wire.Frame) mutant {
		return mutant{id: id, about: about, surfaces: surfaces, tamper: tamper{in: change}}
	}
	command := func(id, about, pattern, replacement string) mutant {
		re := regexp.MustCompile(pattern)
		return in(id, about, func(_ *tampered, f wire.Frame) []wire.Frame {
			if bytes.HasPrefix(f.Payload, []byte("s ")) {
				f.Payload = re.ReplaceAll(f.Payload, []byte(replacement))
			}
			return []wire.Frame{f}
		})
	}
	const refused = " refused authorization=x"
	drop := []wire.Frame{{Opcode: cut}}
	return []mutant{
		command("trailing-blank-refused", "refuses a blank at the end of s", ` $`, refused),
		command("unknown-parameter-refused", "refuses parameters that it does not know", ` output=json.*`, refused),
		command("key-last", "reads the key at the end of s alone", `authorization=\S+ .*`, "x"),
		command("lower-case-refused", "asks for capitals in formats", `^s (lsb16k|mulaw) `, "s nothing "),
		command("quotes-unknown", "does not know quotes", `"([^"]* [^"]*)" authorization=`, `$1 x=`),
		command("quotes-are-text", "takes quotes for a part of the value", `="useDiarizer=1" authorization=`, `=useDiarizer=1 x=`),
		command("doubled-quotes-unknown", "does not know doubled quotes", `"".* authorization=`, `" x=`),
		command("colon-refused", "refuses a colon before profileId", `profileId=:.* authorization=`, "x="),
		command("engine-required", "refuses an s without an engine", "\x01", "-a-nothing"),
		command("glued-forgiven", "finds the end of a key by itself", `(authorization=\S+?)(profileWords=)`, "$1 $2"),
		command("engines-unchecked", "takes any engine", `-a-nosuchengine`, "-a-general"),
		command("formats-unchecked", "takes any format", `LSB96K`, "LSB16K"),
		command("key-not-needed", "serves without a key", `^(s LSB16K -a-general)$`, "$1 authorization=demo-key"),
		command("interval-ignored", "ignores resultUpdatedInterval", ` resultUpdatedInterval=[0-9]+`, ""),
		command("diarizer-ignored", "ignores useDiarizer", `useDiarizer=1`, "x=1"),
		command("diarizer-alpha-ignored", "ignores diarizerAlpha", `diarizerAlpha=`, "x="),
		command("diarizer-bias-ignored", "ignores diarizerTransitionBias", `diarizerTransitionBias=`, "x="),
		command("segmenter-unknown-refused", "refuses settings of the segmenter that it does not know", ` segmenterProperties=.*colour=.*`, refused),
		command("msb-is-lsb", "takes MSB for LSB", `^s MSB16K`, "s LSB16K"),
		command("law-is-pcm", "takes G.711 for PCM", `^s (MULAW|ALAW)`, "s LSB8K"),
		command("timing-refused", "refuses parameters of 2025", ` maxDecodingTime=.*`, refused),
		command("extension-refused", "refuses extension", ` extension=.*`, refused),
		command("e2e-refused", "does not know end-to-end engines", `-a2-ja-general`, "-a2-nothing"),
		command("fillers-refused", "refuses keepFillerToken", ` keepFillerToken=.*`, refused),
		command("async-labels", "takes speakerDiarization for the diarizer", `speakerDiarization=True`, "segmenterProperties=useDiarizer=1"),
		in("binary-commands-refused", "drops commands in binary messages", func(_ *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Binary && !bytes.HasPrefix(f.Payload, []byte("p")) && len(f.Payload) > 0 && (f.Payload[0] == 's' || f.Payload[0] == 'e') {
				return drop
			}
			return []wire.Frame{f}
		}),
		in("fragments-refused", "drops fragmented messages", func(_ *tampered, f wire.Frame) []wire.Frame {
			if !f.Fin {
				return drop
			}
			return []wire.Frame{f}
		}),
		in("empty-p-refused", "drops a p without audio", func(_ *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Binary && string(f.Payload) == "p" {
				return drop
			}
			return []wire.Frame{f}
		}),
		in("bare-audio-taken", "takes audio without its p", func(_ *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Binary && f.Fin && len(f.Payload) > 0 && f.Payload[0] == 0 {
				f.Payload = append([]byte("p"), f.Payload...)
			}
			return []wire.Frame{f}
		}),
		in("audio-required", "fails a cycle without audio", func(s *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Text && string(f.Payload) == "e" && s.fed == 0 {
				s.inject(textFrame("e no audio"))
				return drop
			}
			return []wire.Frame{f}
		}),
		in("one-cycle", "takes one cycle on a connection", func(s *tampered, f wire.Frame) []wire.Frame {
			if bytes.HasPrefix(f.Payload, []byte("s ")) && s.cycles > 0 {
				return drop
			}
			return []wire.Frame{f}
		}),
		in("p-after-e-drops", "drops the connection on a p behind e", func(s *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Binary && s.last == "e" {
				return drop
			}
			return []wire.Frame{f}
		}),
		in("headers-unread", "does not read headers under 16K", func(_ *tampered, f wire.Frame) []wire.Frame {
			f.Payload = bytes.Replace(f.Payload, []byte("RIFF"), []byte("\x00\x00\x00\x00"), 1)
			return []wire.Frame{f}
		}),
		{id: "no-log-stream-missing", about: "does not know /v1/nolog/", surfaces: surfaces, request: func(r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/v1/nolog") {
				r.URL.Path = "/nowhere"
			}
		}},
		{id: "slash-required", about: "does not know paths without their slash", surfaces: surfaces, request: func(r *http.Request) {
			if r.URL.Path == "/v1" || r.URL.Path == "/v1/nolog" {
				r.URL.Path = "/nowhere"
			}
		}},
		{id: "origin-refused", about: "refuses pages of other origins", surfaces: surfaces, request: func(r *http.Request) {
			if r.Header.Get("Origin") != "" {
				r.URL.Path = "/nowhere"
			}
		}},
		{id: "extension-breaks-handshake", about: "refuses a handshake that offers extensions", surfaces: surfaces, request: func(r *http.Request) {
			if r.Header.Get("Sec-Websocket-Extensions") != "" {
				r.URL.Path = "/nowhere"
			}
		}},
	}
}
