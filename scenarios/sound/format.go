package sound

import (
	"encoding/binary"
	"fmt"
	"strings"

	"mockamivoice/protocol"
)

// Format is how samples are written: with or without the header of a WAV file.
type Format struct {
	protocol.AudioFormat

	WAV bool
}

// ParseFormat reads the name of a format: one without header as on the wire (LSB16K, MSB8K, MULAW, …), or WAV and its rate or
// encoding (WAV16K, WAV44K, WAVMULAW, WAVALAW). The headed formats of the wire stand for samples without header: 16K for LSB16K.
func ParseFormat(name string) (Format, error) {
	rest, isWAV := strings.CutPrefix(strings.ToUpper(name), "WAV")
	for _, candidate := range []string{rest, "LSB" + rest} {
		f, err := protocol.ParseAudioFormat(candidate)
		if err == nil && f.Encoding != protocol.Headed && (!isWAV || f.Encoding != protocol.PCM16BE) {
			return Format{f, isWAV}, nil
		}
	}
	return Format{}, fmt.Errorf("%q is not a format for generated sound: LSB16K, MSB8K, MULAW, ALAW, WAV16K, WAVMULAW, …", name)
}

// Encode writes samples, which are of the rate of the format.
func Encode(f Format, samples []int16) []byte {
	data := encode(f.Encoding, samples)
	if !f.WAV {
		return data
	}
	return append(header(f, len(data)), data...)
}

func encode(e protocol.Encoding, samples []int16) []byte {
	out := make([]byte, 0, 2*len(samples))
	for _, v := range samples {
		switch e {
		case protocol.PCM16BE:
			out = binary.BigEndian.AppendUint16(out, uint16(v))
		case protocol.MuLaw:
			out = append(out, muLaw(v))
		case protocol.ALaw:
			out = append(out, aLaw(v))
		case protocol.PCM16LE, protocol.Headed:
			out = binary.LittleEndian.AppendUint16(out, uint16(v))
		}
	}
	return out
}

// header is that of a WAV file with one channel.
func header(f Format, size int) []byte {
	tag, bytesPerSample := uint16(1), 2
	switch f.Encoding {
	case protocol.ALaw:
		tag, bytesPerSample = 6, 1
	case protocol.MuLaw:
		tag, bytesPerSample = 7, 1
	case protocol.Headed, protocol.PCM16LE, protocol.PCM16BE:
	}
	const format = 16 // bytes of the fmt chunk
	le := binary.LittleEndian
	h := append([]byte("RIFF"), le.AppendUint32(nil, uint32(4+8+format+8+size))...)
	h = append(h, "WAVEfmt "...)
	h = le.AppendUint32(h, format)
	h = le.AppendUint16(h, tag)
	h = le.AppendUint16(h, 1)
	h = le.AppendUint32(h, uint32(f.Rate))
	h = le.AppendUint32(h, uint32(f.Rate*bytesPerSample))
	h = le.AppendUint16(h, uint16(bytesPerSample))
	h = le.AppendUint16(h, uint16(8*bytesPerSample))
	h = append(h, "data"...)
	return le.AppendUint32(h, uint32(size))
}

// muLaw is G.711 µ-law.
func muLaw(v int16) byte {
	const bias, clip = 0x84, 32635
	sign, m := byte(0), int(v)
	if m < 0 {
		sign, m = 0x80, -m
	}
	m = min(m, clip) + bias
	segment := 7
	for mask := 0x4000; segment > 0 && m&mask == 0; mask >>= 1 {
		segment--
	}
	return ^(sign | byte(segment)<<4 | byte(m>>(segment+3))&0x0f)
}

// aLaw is G.711 A-law.
func aLaw(v int16) byte {
	sign, m := byte(0x80), int(v)
	if m < 0 {
		sign, m = 0, -m-1
	}
	code := byte(m>>4) & 0x0f
	if m >= 256 {
		segment := 7
		for mask := 0x4000; segment > 1 && m&mask == 0; mask >>= 1 {
			segment--
		}
		code = byte(segment)<<4 | byte(m>>(segment+3))&0x0f
	}
	return (sign | code) ^ 0x55
}
