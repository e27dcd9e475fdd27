package judge

import (
	"strings"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

const (
	manualStart = "manual: reference-websocket-s-command-packet"
	manualFeed  = "manual: reference-websocket-p-command-packet"
	manualEnd   = "manual: reference-websocket-e-command-packet"
	manualTalk  = "manual: websocket-interface-command-and-response"
	manualTable = "manual: reference-websocket-packet-and-event-state-transitions"
)

// clientStreamLaws hold of the messages of a client, each on its own.
func clientStreamLaws() []Law {
	all := []Law{
		{
			ID: "client.stream.audio-in-packets", Title: "Audio is sent in p packets", Level: Must, Basis: protocol.Documented, Source: manualFeed,
			Why: "Bare audio, or any other message that does not begin with s, p or e, makes the service drop the connection.",
			Fix: "Put the letter p in front of the audio of every message.", check: ofSteps(audioInPackets),
		},
		{
			ID: "client.stream.binary-audio", Title: "A p packet is a binary message", Level: Must, Basis: protocol.Documented, Source: manualFeed,
			Why: "A text message has to be UTF-8, and audio is not: what stands between is free to drop the connection.",
			Fix: "Send the bytes p and audio as one binary message (opcode 2): a Uint8Array, not a string.", check: ofSteps(binaryAudio),
		},
		{
			ID: "client.stream.packet-size", Title: "A p packet has at most 16 MB", Level: Must, Basis: protocol.Observed, Source: "notes of a developer that quote the manual",
			Why: "What becomes of a larger one is not known; servers may drop the connection.", Fix: "Send the audio in pieces, as it comes: a tenth of a second to a second each.", check: ofTalks(packetSize),
		},
		{
			ID: "client.stream.slash", Title: "The path of the endpoint without logs ends in a slash", Level: Must, Basis: protocol.Documented, Source: "manual: websocket-interface",
			Why: "/v1/nolog is not /v1/nolog/: the service takes it for the endpoint that keeps audio and results, as the vendor warns, and says nothing.",
			Fix: "Connect to /v1/nolog/.", check: ofTalks(lastSlash),
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceStream
	}
	return all
}

// audioInPackets looks at messages that are no packet at all: the tape keeps their measure and no text.
func audioInPackets(t *trial, s step) {
	t.apply()
	if s.entry.Text == "" {
		t.find(s.entry, "a message of %d bytes is no packet: it begins with none of s, p and e", frameSize(s.entry))
	}
}

func binaryAudio(t *trial, s step) {
	if !isFeed(s.entry) || s.entry.Frame == nil {
		return
	}
	t.apply()
	if s.entry.Frame.Opcode == opText {
		t.find(s.entry, "a p packet with %d bytes of audio is a text message", s.entry.Audio.Bytes)
	}
}

// packetSize looks at the end of the connection too: a server that gives up reading has no entry for the message.
func packetSize(t *trial, s *talk) {
	const most = 16 << 20
	for _, step := range s.steps {
		if isFeed(step.entry) {
			t.apply()
			if size := frameSize(step.entry); size > most {
				t.find(step.entry, "the packet has %d bytes", size)
			}
		}
	}
	if c := s.conn.closed; c != nil && c.Text == scenarios.ClosedTooLong {
		t.find(c, "the server gave the connection up: %s", c.Text)
	}
}

func lastSlash(t *trial, s *talk) {
	path, _, _ := strings.Cut(s.handshake.Target, "?")
	t.apply()
	if strings.HasSuffix(path, strings.TrimSuffix(protocol.PathStreamNoLog, "/")) {
		t.find(s.handshake, "the path is %s", path)
	}
}

// clientStartLaws hold of s commands.
func clientStartLaws() []Law {
	all := []Law{
		{
			ID: "client.stream.key", Title: "s carries a key", Level: Must, Basis: protocol.Documented, Source: manualStart,
			Why: "authorization is required; without it s is refused.", Fix: "End s with authorization= and the key.", check: ofRounds(startKey),
		},
		{
			ID: "client.stream.engine", Title: "s names a connection engine", Level: Should, Basis: protocol.Documented, Source: manualStart,
			Why: "The third word of s is the engine, whatever stands there: without one, the first parameter is taken for it.",
			Fix: "Write s LSB16K -a-general authorization=….", check: ofRounds(startEngine),
		},
		{
			ID: "client.stream.format-known", Title: "s names a format that the service knows", Level: Must, Basis: protocol.Documented, Source: manualAudio,
			Why: "On a stream the format is never left out, and no other name is taken.", Fix: "Use a name of the list: LSB16K, MSB16K, MULAW, 16K and so on.", check: ofRounds(startFormat),
		},
		{
			ID: "client.stream.quotes", Title: "Values with blanks are in quotes", Level: Must, Basis: protocol.Documented, Source: manualStart,
			Why: "A blank ends a value. What follows is lost, or taken for something else, the key included.",
			Fix: `Write profileWords="AMI あみ", and a quote inside of quotes twice.`, check: ofRounds(startQuotes),
		},
	}
	for i := range all {
		all[i].Surface = protocol.SurfaceStream
	}
	return all
}

// startKey leaves alone who put the key into the place of something else.
func startKey(t *trial, r *round) {
	t.apply()
	misplaced := strings.Contains(r.command.Format+r.command.Engine, "authorization=")
	if r.command.Value("authorization") == "" && !misplaced {
		t.find(r.start, "s has no authorization")
	}
}

// startEngine takes what has an equals sign for a parameter in the engine's place.
func startEngine(t *trial, r *round) {
	t.apply()
	if engine := r.command.Engine; len(r.command.Engines()) == 0 || strings.Contains(engine, "=") {
		t.find(r.start, "in the place of the engine stands %q", engine)
	}
}

func startFormat(t *trial, r *round) {
	t.apply()
	if _, ok := r.format(); !ok {
		t.find(r.start, "in the place of the format stands %q", r.command.Format)
	}
}

func startQuotes(t *trial, r *round) {
	t.apply()
	if len(r.command.Stray) > 0 {
		t.find(r.start, "%q is a word that belongs to no parameter", r.command.Stray[0])
	}
}
