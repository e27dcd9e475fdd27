package record

import (
	"bytes"
	"crypto/sha256"
	"io"

	"mockamivoice/protocol"
	"mockamivoice/reference-client/wire"
	"mockamivoice/scenarios"
)

// messages reads frames and calls found for each message and each control frame.
func messages(r io.Reader, found func(payload []byte, frame scenarios.Frame)) {
	var open []byte
	var frame scenarios.Frame
	for {
		f, err := wire.ReadFrame(r, longestMessage)
		if err != nil {
			return
		}
		if f.Control() {
			found(f.Payload, scenarios.Frame{Opcode: f.Opcode, Masked: f.Masked, Frames: 1, Size: int64(len(f.Payload))})
			continue
		}
		if frame.Frames == 0 {
			frame.Opcode, frame.Masked = f.Opcode, f.Masked
		}
		frame.Frames++
		frame.Size += int64(len(f.Payload))
		if frame.Size > longestMessage {
			return
		}
		open = append(open, f.Payload...)
		if f.Fin {
			found(open, frame)
			open, frame = nil, scenarios.Frame{}
		}
	}
}

// readCommands reads what the client says on a stream.
func (c *conn) readCommands(r io.Reader) {
	messages(r, func(payload []byte, frame scenarios.Frame) {
		e := scenarios.Entry{Kind: scenarios.WSCommand, Dir: scenarios.In, Frame: &frame}
		if frame.Opcode >= wire.Close {
			e.Kind = scenarios.WSControl
			e.Code = closeCode(frame.Opcode, payload)
			c.add(e)
			return
		}
		command, err := protocol.ParseCommand(payload)
		switch p := command.(type) {
		case protocol.Start:
			c.uses(p.Value("authorization"))
			c.mu.Lock()
			c.format = p.Format
			c.mu.Unlock()
			e.Text = string(bytes.ToValidUTF8(payload, []byte("\uFFFD")))
		case protocol.End:
			e.Text = "e"
		case protocol.Feed:
			e.Text, e.Audio = "p", c.audio(p.Audio)
		}
		if err != nil {
			e.Audio = c.audio(payload)
		}
		c.add(e)
	})
}

func closeCode(opcode int, payload []byte) int {
	if opcode != wire.Close || len(payload) < 2 {
		return 0
	}
	return int(payload[0])<<8 | int(payload[1])
}

// audio measures audio in the format of the last s.
func (c *conn) audio(data []byte) *scenarios.Audio {
	m := &measured{sum: sha256.New()}
	_, _ = m.Write(data) // never fails
	a := m.audio()
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, err := protocol.ParseAudioFormat(c.format); err == nil {
		a.Ms = f.Milliseconds(a.Bytes)
	}
	return a
}

// readEvents reads what the server says on a stream.
func (c *conn) readEvents(r io.Reader) {
	messages(r, func(payload []byte, frame scenarios.Frame) {
		e := scenarios.Entry{Kind: scenarios.WSEvent, Dir: scenarios.Out, Frame: &frame, Text: string(bytes.ToValidUTF8(payload, []byte("\uFFFD")))}
		if frame.Opcode >= wire.Close {
			e.Kind, e.Text, e.Code = scenarios.WSControl, "", closeCode(frame.Opcode, payload)
		}
		c.add(e)
	})
}
