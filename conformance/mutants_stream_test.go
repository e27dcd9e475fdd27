package conformance_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"time"

	"mockamivoice/fake"
	"mockamivoice/reference-client/wire"
)

// sMutants read an s in another way than the service does.
func sMutants() []mutant {
	command := func(id, about, pattern, replacement string) mutant {
		re := regexp.MustCompile(pattern)
		return mutant{id: id, about: about, surfaces: "stream", tamper: tamper{in: func(_ *tampered, f wire.Frame) []wire.Frame {
			if bytes.HasPrefix(f.Payload, []byte("s ")) {
				f.Payload = re.ReplaceAll(f.Payload, []byte(replacement))
			}
			return []wire.Frame{f}
		}}}
	}
	return []mutant{
		command("format-optional", "supplies a format that is missing", `^s -a-general `, "s LSB16K -a-general "),
		command("engine-optional", "supplies an engine that is missing", `^s LSB16K authorization=`, "s LSB16K -a-general authorization="),
		command("bars-refused", "refuses bars in profileWords", `profileWords="[^"]*\|.* authorization=`, "x="),
		command("classes-refused", "refuses a third word in profileWords", `profileWords="[^ "|]+ [^ "|]+ [^"]*" authorization=`, "x="),
		command("two-blanks-refused", "refuses two blanks side by side", `  .* authorization=`, " x="),
		command("basic-plane-only", "refuses characters of four bytes", "[\U00010000-\U0010ffff].* authorization=", "x="),
		command("backslash-escapes", "takes a backslash for an escape", `\\" authorization=`, `\ authorization=`),
		command("first-parameter-counts", "believes the first of two equal parameters", `( authorization=\S+) authorization=\S+$`, "$1"),
		command("parameters-in-any-case", "takes parameters in any case of letters", `Authorization=`, "authorization="),
		command("engine-before-expiry", "checks the engine before the expiry", `-a-nosuchengine authorization=\S+`, "-a-nosuchengine authorization=x"),
		command("class-8k-unknown", "does not know the name 8K", `^s 8K `, "s nothing "),
		command("low-rate-unknown", "takes 8 kHz for 16 kHz", `^s LSB8K `, "s LSB16K "),
		command("high-rate-unknown", "takes 48 kHz for 16 kHz", `^s LSB48K `, "s LSB16K "),
		{id: "format-before-key", about: "checks the format before the key", surfaces: "stream", tamper: tamper{in: func(s *tampered, f wire.Frame) []wire.Frame {
			if bytes.HasPrefix(f.Payload, []byte("s LSB96K")) {
				s.inject(textFrame("s received unsupported audio format"))
			}
			return []wire.Frame{f}
		}}},
		{id: "parameters-kept", about: "keeps the diarizer on in the next cycle", surfaces: "stream", tamper: tamper{in: func(s *tampered, f wire.Frame) []wire.Frame {
			if bytes.HasPrefix(f.Payload, []byte("s ")) && s.cycles > 0 {
				f.Payload = bytes.Replace(f.Payload, []byte(" authorization="), []byte(" segmenterProperties=useDiarizer=1 authorization="), 1)
			}
			return []wire.Frame{f}
		}}},
		{id: "first-key-kept", about: "goes on with the key of the first cycle", surfaces: "stream", tamper: tamper{in: func(s *tampered, f wire.Frame) []wire.Frame {
			if !bytes.HasPrefix(f.Payload, []byte("s ")) {
				return []wire.Frame{f}
			}
			if s.cycles > 0 && len(s.held) > 0 {
				return s.held
			}
			s.held = []wire.Frame{f}
			return s.held
		}}},
	}
}

// audioMutants take messages in another way than the service does.
func audioMutants() []mutant {
	in := func(id, about string, change func(s *tampered, f wire.Frame) []wire.Frame) mutant {
		return mutant{id: id, about: about, surfaces: "stream", tamper: tamper{in: change}}
	}
	isP := func(f wire.Frame) bool {
		return f.Opcode == wire.Binary && f.Fin && bytes.HasPrefix(f.Payload, []byte("p"))
	}
	isData := func(f wire.Frame) bool { return f.Opcode == wire.Text || f.Opcode == wire.Binary }
	// dropIf loses messages that the service does not ignore.
	dropIf := func(id, about string, unwanted func(f wire.Frame) bool) mutant {
		return in(id, about, func(_ *tampered, f wire.Frame) []wire.Frame {
			if unwanted(f) {
				return nil
			}
			return []wire.Frame{f}
		})
	}
	return []mutant{
		in("odd-bytes-lost", "loses half a sample at the end of a packet", func(_ *tampered, f wire.Frame) []wire.Frame {
			if isP(f) && len(f.Payload)%2 == 0 && len(f.Payload) > 2 {
				f.Payload = f.Payload[:len(f.Payload)-1]
			}
			return []wire.Frame{f}
		}),
		dropIf("large-packets-lost", "loses packets of more than 16 KiB", func(f wire.Frame) bool { return isP(f) && len(f.Payload) > 16<<10 }),
		dropIf("unknown-commands-ignored", "ignores messages that it does not know", func(f wire.Frame) bool { return isData(f) && bytes.HasPrefix(f.Payload, []byte("hello")) }),
		dropIf("empty-messages-ignored", "ignores empty messages", func(f wire.Frame) bool { return isData(f) && len(f.Payload) == 0 && f.Fin }),
		dropIf("goodbye-ignored", "stays when the client leaves", func(f wire.Frame) bool { return f.Opcode == wire.Close }),
		in("p-as-text-drops", "drops the connection on a p in a text message", func(_ *tampered, f wire.Frame) []wire.Frame {
			if f.Opcode == wire.Text && bytes.HasPrefix(f.Payload, []byte("p")) {
				return []wire.Frame{{Opcode: cut}}
			}
			return []wire.Frame{f}
		}),
		in("pauses-stretched", "ends an utterance at a pause of a quarter second", func(_ *tampered, f wire.Frame) []wire.Frame {
			if isP(f) && len(f.Payload) > 1 && len(bytes.Trim(f.Payload[1:], "\x00")) == 0 {
				return []wire.Frame{f, f, f, f}
			}
			return []wire.Frame{f}
		}),
		in("unknown-audio-refused", "refuses audio whose header it does not know", func(s *tampered, f wire.Frame) []wire.Frame {
			if bytes.HasPrefix(f.Payload, []byte("p\x3f\x8a\x11\xc0")) {
				s.inject(textFrame("p received unsupported audio format"))
			}
			return []wire.Frame{f}
		}),
		{id: "non-speech-from-s", about: "counts the 600 s from s, whatever is said", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{Session: 601 * time.Second})}},
		{id: "idle-for-ever", about: "keeps connections on which nothing is sent", surfaces: "stream", options: []fake.Option{fake.WithLimits(fake.Limits{Idle: 1000 * time.Hour})}},
		{id: "plain-get-served", about: "serves a page where the stream is", surfaces: "sync", change: func(r *http.Request, a *answer) {
			if strings.HasPrefix(r.URL.Path, "/v1/") && r.Method == http.MethodGet && r.Header.Get("Upgrade") == "" {
				a.status = http.StatusOK
			}
		}},
	}
}
