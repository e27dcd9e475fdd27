package judge

import (
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// ClientLaws are the laws of a client. They hold on the tape of any client, whoever recorded it.
func ClientLaws() []Law {
	all := clientStreamLaws()
	for i := range all {
		all[i].Side = Client
	}
	return all
}

// clientStreamLaws hold of what a client says on a stream.
func clientStreamLaws() []Law {
	return []Law{
		{
			ID: "client.stream.audio-in-packets", Title: "Audio is sent in p packets", Level: Must, Basis: protocol.Documented, Surface: protocol.SurfaceStream,
			Source: "manual: reference-websocket-p-command-packet", Why: "Bare audio makes the service drop the connection.",
			Fix:   "Put the letter p in front of the audio of every message.",
			check: audioInPackets,
		},
	}
}

// audioInPackets looks at messages that are no packet at all: the tape keeps their measure and no text.
func audioInPackets(t *trial, d *dialogue) {
	for _, s := range d.streams {
		for _, e := range s.commands {
			t.apply()
			if e.Text == "" {
				t.find(e, "a message of %d bytes is no packet: it begins with none of s, p and e", frameSize(e))
			}
		}
	}
}

// frameSize is the payload of e in bytes, 0 where the tape does not say.
func frameSize(e *scenarios.Entry) int64 {
	if e.Frame == nil {
		return 0
	}
	return e.Frame.Size
}
