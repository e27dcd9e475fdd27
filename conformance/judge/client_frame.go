package judge

import (
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// clientFrameLaws hold of how a client frames its messages. The vendor's own clients break most of them, and the service puts up
// with it: they are information, for who meets a stricter server or proxy.
func clientFrameLaws() []Law {
	all := []Law{
		{
			ID: "client.stream.masked", Title: "Frames of the client are masked", Level: Info, Basis: protocol.Observed, Source: "RFC 6455; the vendor's native clients mask nothing, and are served",
			Why: "Proxies and servers that hold to RFC 6455 drop the connection.", Fix: "Use a WebSocket library, or set the mask bit and mask with four random bytes.", check: ofTalks(masked),
		},
		{
			ID: "client.stream.version", Title: "The handshake names version 13", Level: Info, Basis: protocol.Observed, Source: "RFC 6455; the vendor's native clients name none, and are served",
			Why: "Servers and proxies that hold to RFC 6455 refuse the handshake.", Fix: "Send Sec-WebSocket-Version: 13.", check: ofTalks(version),
		},
		{
			ID: "client.stream.single-frames", Title: "Each message of the client is one frame", Level: Info, Basis: protocol.Observed, Source: "one client sent p and audio in frames of their own, and was served",
			Why: "Fragments are legal and were taken once; no page of the vendor mentions them.", Fix: "Send a message as one frame.",
			check: ofTalks(func(t *trial, s *talk) {
				firstOf(t, s.steps, func(e *scenarios.Entry) bool { return e.Frame.Frames > 1 }, func(e *scenarios.Entry) {
					t.find(e, "a message of %d bytes came in %d frames", e.Frame.Size, e.Frame.Frames)
				})
			}),
		},
		{
			ID: "client.stream.text-commands", Title: "s and e are text messages", Level: Info, Basis: protocol.Documented, Source: manualStart + "; two transports of the vendor's Java library send binary ones, and are served",
			Why: "The manual knows s and e as text alone.", Fix: "Send them with opcode 1.",
			check: ofTalks(func(t *trial, s *talk) {
				firstOf(t, s.steps, func(e *scenarios.Entry) bool {
					return (isStart(e) || isEnd(e)) && e.Frame.Opcode == opBinary
				}, func(e *scenarios.Entry) { t.find(e, "%.1s is a binary message", e.Text) })
			}),
		},
		{
			ID: "client.stream.no-pings", Title: "The client sends no ping and no pong of its own accord", Level: Info, Basis: protocol.Observed, Source: "one developer saw the service drop connections that sent them; others send pings without harm",
			Why: "If your connections end for no reason after some seconds, this may be it.", Fix: "Turn the keep-alive of your library off; the service needs none.",
			check: ofTalks(func(t *trial, s *talk) {
				t.apply()
				firstOf(t, s.controls, func(e *scenarios.Entry) bool { return e.Frame.Opcode == opPing || e.Frame.Opcode == opPong }, func(e *scenarios.Entry) {
					t.find(e, "a %s with %d bytes", map[int]string{opPing: "ping", opPong: "pong"}[e.Frame.Opcode], e.Frame.Size)
				})
			}),
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceStream
	}
	return all
}

// firstOf tells of the first step whose frame is like that: a client has one habit for a whole connection.
func firstOf(t *trial, steps []step, is func(e *scenarios.Entry) bool, tell func(e *scenarios.Entry)) {
	told := false
	for _, s := range steps {
		if s.entry.Frame == nil {
			continue
		}
		t.apply()
		if !told && is(s.entry) {
			told = true
			tell(s.entry)
		}
	}
}

func masked(t *trial, s *talk) {
	firstOf(t, s.steps, func(e *scenarios.Entry) bool { return !e.Frame.Masked }, func(e *scenarios.Entry) { t.find(e, "the frame of %.1s is not masked", e.Text) })
}

func version(t *trial, s *talk) {
	if len(s.handshake.Headers) == 0 {
		return
	}
	t.apply()
	if v, ok := header(s.handshake, "Sec-WebSocket-Version"); !ok {
		t.find(s.handshake, "there is no Sec-WebSocket-Version")
	} else if v != "13" {
		t.find(s.handshake, "the version is %q", v)
	}
}
