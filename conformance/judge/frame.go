package judge

import (
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// frameLaws hold of how the server frames its messages.
func frameLaws() []Law {
	messages := func(check func(t *trial, m message)) func(*trial, *dialogue) {
		return func(t *trial, d *dialogue) {
			for _, s := range d.streams {
				for _, m := range s.messages {
					t.apply()
					check(t, m)
				}
			}
		}
	}
	all := []Law{
		{
			ID: "server.stream.packets", Title: "Every message is a packet of the protocol", Level: Must, Basis: protocol.Documented,
			Source: "manual: websocket-interface-command-and-response", Why: "Strict clients give up on a message that they do not know.", Fix: "Begin with s, p, e, S, E, C, U, A or G, and follow the form of that packet.",
			check: messages(func(t *trial, m message) {
				if m.event == nil {
					t.find(m.entry, "%q is no packet of the server", m.entry.Text)
				}
			}),
		},
		{
			ID: "server.stream.text-messages", Title: "The server sends text messages", Level: Must, Basis: protocol.Documented,
			Source: "manual: reference-websocket, every packet", Why: "In a browser a binary message arrives as a Blob.", Fix: "Use opcode 1.",
			check: messages(func(t *trial, m message) {
				if m.entry.Frame != nil && m.entry.Frame.Opcode != opText {
					t.find(m.entry, "opcode %d", m.entry.Frame.Opcode)
				}
			}),
		},
		{
			ID: "server.stream.single-frames", Title: "Each message of the server is one frame", Level: Must, Basis: protocol.Observed,
			Source: "vendor's client library", Why: "The native clients take every frame for a message.", Fix: "Do not fragment.",
			check: messages(func(t *trial, m message) {
				if m.entry.Frame != nil && m.entry.Frame.Frames > 1 {
					t.find(m.entry, "%d frames", m.entry.Frame.Frames)
				}
			}),
		},
		{
			ID: "server.stream.unmasked", Title: "Frames of the server are not masked", Level: Must, Basis: protocol.Documented,
			Source: "RFC 6455", Why: "Browsers end the connection.", Fix: "Mask nothing that the server sends.",
			check: messages(func(t *trial, m message) {
				if m.entry.Frame != nil && m.entry.Frame.Masked {
					t.find(m.entry, "the frame is masked")
				}
			}),
		},
		{
			ID: "server.stream.no-pings", Title: "The server sends no ping", Level: Should, Basis: protocol.Observed,
			Source: "vendor's client library takes every frame for a packet", Why: "A ping with a payload is read as a packet; none is answered.", Fix: "Leave pings out.", check: noPings,
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceStream
	}
	return all
}

func noPings(t *trial, d *dialogue) {
	for _, s := range d.streams {
		t.apply()
		for _, e := range s.controls {
			if e.Dir == scenarios.Out && e.Frame != nil && e.Frame.Opcode == opPing {
				t.find(e, "a ping with %d bytes", e.Frame.Size)
			}
		}
	}
}
