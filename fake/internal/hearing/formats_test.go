package hearing_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/scenarios/sound"
)

func chunk(id string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func fmtChunk(tag, channels uint16, rate uint32, bits uint16) []byte {
	width := channels * bits / 8
	b := binary.LittleEndian.AppendUint16(nil, tag)
	b = binary.LittleEndian.AppendUint16(b, channels)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate*uint32(width))
	b = binary.LittleEndian.AppendUint16(b, width)
	return chunk("fmt ", binary.LittleEndian.AppendUint16(b, bits))
}

// riff is a WAV file of chunks.
func riff(chunks ...[]byte) []byte {
	return append([]byte("RIFF\xFF\xFF\xFF\xFFWAVE"), slices.Concat(chunks...)...)
}

func wav(fmtChunk, data []byte) []byte { return riff(fmtChunk, chunk("data", data)) }

// muLaw and aLaw say what the codes mean, after the tables of G.711: a segment, a step in it, the middle of the step.
func muLaw(code byte) int16 {
	segment, step := int(^code>>4&7), int(^code&15)
	v := (2*step+33)<<(segment+2) - 132
	if code < 0x80 {
		return int16(-v)
	}
	return int16(v)
}

func aLaw(code byte) int16 {
	even := code ^ 0x55
	segment, step := int(even>>4&7), int(even&15)
	v := 16*step + 8
	if segment > 0 {
		v = (16*step + 264) << (segment - 1)
	}
	if even < 0x80 {
		return int16(-v)
	}
	return int16(v)
}

// encode takes the code that is nearest to each sample.
func encode(samples []int16, meaning func(byte) int16) []byte {
	known := map[int16]byte{}
	b := make([]byte, len(samples))
	for i, s := range samples {
		code, ok := known[s]
		if !ok {
			best := 1 << 20
			for c := range 256 {
				if d := int(meaning(byte(c))) - int(s); max(d, -d) < best {
					best, code = max(d, -d), byte(c)
				}
			}
			known[s] = code
		}
		b[i] = code
	}
	return b
}

func decode(codes []byte, meaning func(byte) int16) []int16 {
	samples := make([]int16, len(codes))
	for i, c := range codes {
		samples[i] = meaning(c)
	}
	return samples
}

func TestG711(t *testing.T) {
	for code, want := range map[byte]int16{0xFF: 0, 0x7F: 0, 0x00: -32124, 0x80: 32124, 0xFE: 8, 0x7E: -8, 0xEF: 132, 0x8F: 16764} {
		if got := muLaw(code); got != want {
			t.Fatalf("µ-law %02X is %d, want %d", code, got, want)
		}
	}
	for code, want := range map[byte]int16{0xD5: 8, 0x55: -8, 0x2A: -32256, 0xAA: 32256, 0xC5: 264, 0xD4: 24} {
		if got := aLaw(code); got != want {
			t.Fatalf("A-law %02X is %d, want %d", code, got, want)
		}
	}
	for name, meaning := range map[string]func(byte) int16{"MULAW": muLaw, "ALAW": aLaw} {
		codes := encode(sound.Speech(8000, time.Second), meaning)
		tag := map[string]uint16{"MULAW": 7, "ALAW": 6}[name]
		for c := range 256 {
			codes[8*40] = byte(c)
			_, want, _ := hear(t, spec(t, "LSB8K"), le(decode(codes, meaning)))
			_, raw, _ := hear(t, spec(t, name), codes)
			_, headed, _ := hear(t, spec(t, "8K"), wav(fmtChunk(tag, 1, 8000, 8), codes))
			if len(want) != 1 || !slices.Equal(raw, want) || !slices.Equal(headed, want) {
				t.Fatalf("%s %02X: %v raw, %v WAV, want %v", name, c, raw, headed, want)
			}
		}
	}
}

func TestWAV(t *testing.T) {
	const rate = 16000
	data := le(sample(rate))
	_, want, _ := hear(t, spec(t, "LSB16K"), data)
	pcm := fmtChunk(1, 1, rate, 16)
	guid := "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71"
	extended := append(bytes.Clone(fmtChunk(0xFFFE, 1, rate, 16)[8:]), "\x16\x00\x10\x00\x04\x00\x00\x00\x01\x00"+guid...)
	sized := func(size string) []byte { return append([]byte("data"+size), data...) }
	for name, audio := range map[string][]byte{
		"plain":                    wav(pcm, data),
		"18 bytes of fmt":          wav(chunk("fmt ", append(bytes.Clone(pcm[8:]), 0, 0)), data),
		"extensible":               wav(chunk("fmt ", extended), data),
		"chunks of odd size":       riff(chunk("LIST", []byte("odd")), pcm, chunk("fact", []byte("x")), chunk("data", data)),
		"size 0":                   riff(pcm, sized("\x00\x00\x00\x00")),
		"size FFFFFFFF":            riff(pcm, sized("\xFF\xFF\xFF\xFF")),
		"chunks at the end":        riff(pcm, chunk("data", data), chunk("LIST", le(sound.Speech(rate, 3*time.Second)))),
		"header of 60 KiB":         riff(chunk("JUNK", make([]byte, 60<<10)), pcm, chunk("data", data)),
		"half a sample at the end": append(riff(pcm, sized("\xFF\xFF\xFF\xFF")), 1),
	} {
		for _, size := range []int{0, 7} {
			got, sum, err := listen(spec(t, "16K"), audio, size)
			if err != nil || len(got) == 0 || got[len(got)-1] != hearing.Event(want[0]) || sum.Duration != 5000 || sum.Container != "wav" {
				t.Errorf("%s by %d: %v %+v %v", name, size, got, sum, err)
			}
		}
	}
}

func TestWAVHeaderBeatsRawFormat(t *testing.T) {
	audio := wav(fmtChunk(1, 1, 8000, 16), le(sample(8000)))
	s := spec(t, "LSB16K")
	if _, _, sum := hear(t, s, audio); sum.Container != "wav" || sum.Rate != 8000 {
		t.Errorf("%+v", sum)
	}
	s.Sniff = false
	if _, _, sum := hear(t, s, audio); sum.Container != "raw" || sum.Rate != 16000 {
		t.Errorf("without Sniff: %+v", sum)
	}
}

func TestRefused(t *testing.T) {
	data := chunk("data", make([]byte, 3200))
	for want, audio := range map[string][]byte{
		"WAV: format tag 0x0011 is not PCM, A-law or µ-law":                                          riff(fmtChunk(0x11, 1, 16000, 4), data),
		"WAV: format tag 0xFFFE is not PCM, A-law or µ-law":                                          riff(fmtChunk(0xFFFE, 1, 16000, 16), data),
		"WAV: 24 bits a sample; format tag 1 goes with 16":                                           riff(fmtChunk(1, 1, 16000, 24), data),
		"WAV: 16 bits a sample; format tag 7 goes with 8":                                            riff(fmtChunk(7, 1, 16000, 16), data),
		"WAV: 3 channels; one or two can be heard":                                                   riff(fmtChunk(1, 3, 16000, 16), data),
		"WAV: 0 channels; one or two can be heard":                                                   riff(fmtChunk(1, 0, 16000, 16), data),
		"WAV: 24000 samples a second is none of 8000, 11025, 16000, 22050, 32000, 44100, 48000":      riff(fmtChunk(1, 1, 24000, 16), data),
		"WAV: 4294967295 samples a second is none of 8000, 11025, 16000, 22050, 32000, 44100, 48000": riff(fmtChunk(1, 1, 4294967295, 16), data),
		"WAV: the data comes before the fmt chunk":                                                   riff(data, fmtChunk(1, 1, 16000, 16)),
		"WAV: the fmt chunk is shorter than 16 bytes":                                                riff(chunk("fmt ", make([]byte, 14)), data),
		"WAV: no data chunk in the first 65536 bytes":                                                riff(chunk("JUNK", make([]byte, 70000)), fmtChunk(1, 1, 16000, 16), data),
		"WAV: the header ends before the data chunk":                                                 riff(fmtChunk(1, 1, 16000, 16))[:30],
		"ADPCM: the header is shorter than 16 bytes":                                                 []byte("#!ADP\n\x80\x3E\x00\x00\x00\x00\x00"),
		"ADPCM: 24000 samples a second is not a documented rate":                                     adpcm(24000, nil),
		"MP4 (AAC) is not among the documented containers":                                           []byte("\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00"),
		"the audio has no known header, and the declared format 16K needs one":                       le(sample(16000)),
	} {
		for _, size := range []int{0, 1} {
			events, _, err := listen(spec(t, "16K"), audio, size)
			var unsupported *hearing.UnsupportedError
			if !errors.As(err, &unsupported) || unsupported.Reason != want || err.Error() != want || len(events) != 0 {
				t.Errorf("by %d: %v %v, want %q", size, events, err, want)
			}
		}
	}
}

func TestRefusalStays(t *testing.T) {
	l := hearing.NewListener(spec(t, "16K"))
	_, first := l.Write(make([]byte, 64))
	_, second := l.Write(wav(fmtChunk(1, 1, 16000, 16), le(sample(16000))))
	_, third := l.Close()
	if first == nil || !errors.Is(second, first) || !errors.Is(third, first) || l.Summary().Container != "unknown" {
		t.Errorf("%v, %v, %v", first, second, third)
	}
}

func TestGuess(t *testing.T) {
	s := spec(t, "16K")
	s.Guess = true
	_, got, sum := hear(t, s, le(sample(16000)))
	_, want, _ := hear(t, spec(t, "LSB16K"), le(sample(16000)))
	if !slices.Equal(got, want) || sum.Container != "raw" || sum.Rate != 16000 {
		t.Errorf("%v %+v, want %v", got, sum, want)
	}
	if _, _, err := listen(s, []byte("RIF"), 0); err != nil {
		t.Errorf("three bytes: %v", err)
	}
}

func TestMP4IsOneUtteranceWhereItIsAllowed(t *testing.T) {
	s := spec(t, "16K")
	s.AllowMP4 = true
	const magic = "\x00\x00\x00\x20ftypM4A "
	audio := append([]byte(magic), make([]byte, 8000-len(magic))...)
	events, sum, err := listen(s, audio, 0)
	want := hearing.Summary{
		Bytes: 8000, Duration: 2000, Container: "mp4", Channels: 1, Speech: 2000,
		Note: "the container is not decoded: heard as one utterance, its times estimated at 32 kbit/s",
	}
	if err != nil || sum != want || len(events) != 2 || events[0] != hearing.Event(hearing.SpeechStart{}) {
		t.Fatalf("%v %+v %v", events, sum, err)
	}
	end, _ := events[1].(hearing.SpeechEnd)
	if end.At != 2000 || end.Voice.End != 2000 || !end.Voice.Understood || end.Voice.Digest == 0 {
		t.Errorf("it ends %+v", end)
	}
	if bytewise, _, _ := listen(s, audio, 1); !slices.Equal(bytewise, events) {
		t.Errorf("byte by byte: %v, want %v", bytewise, events)
	}
}

// What could be the header of one MP3 frame is samples, when raw samples are declared or no second frame follows.
func TestSamplesLikeMP3(t *testing.T) {
	if _, sum, err := listen(spec(t, "LSB16K"), []byte(strings.Repeat("\xFF\xFB\x90\x44", 100)), 0); err != nil || sum.Container != "raw" {
		t.Errorf("declared: %+v %v", sum, err)
	}
	s := spec(t, "16K")
	s.Guess = true
	for _, size := range []int{0, 3} {
		if _, sum, err := listen(s, append([]byte("\xFF\xFB\x90\x44"), make([]byte, 2000)...), size); err != nil || sum.Container != "raw" {
			t.Errorf("guessed, by %d: %+v %v", size, sum, err)
		}
	}
}

// adpcm is the header of the vendor's recorder in front of nibbles. (observed: the vendor's recorder)
func adpcm(rate uint16, nibbles []byte) []byte {
	b := binary.LittleEndian.AppendUint16([]byte("#!ADP\n"), rate)
	return append(append(b, make([]byte, 8)...), nibbles...)
}

// steps is the table of IMA ADPCM up to the loudness of the test.
func steps() []int {
	return []int{
		7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143,
		157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552,
		1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487,
		12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
	}
}

// compress encodes samples as IMA ADPCM and says what a decoder must make of it.
func compress(samples []int16) (nibbles []byte, decoded []int16) {
	predictor, index := 0, 0
	for i, s := range samples {
		step, diff, n := steps()[index], int(s)-predictor, byte(0)
		if diff < 0 {
			n, diff = 8, -diff
		}
		change := step >> 3
		for bit := byte(4); bit > 0; bit >>= 1 {
			part := step >> (2 - (bits.Len8(bit) - 1))
			if diff >= part {
				n |= bit
				diff -= part
				change += part
			}
		}
		if n&8 != 0 {
			change = -change
		}
		predictor = max(min(predictor+change, 32767), -32768)
		decoded = append(decoded, int16(predictor))
		index = max(min(index+[]int{-1, -1, -1, -1, 2, 4, 6, 8}[n&7], 88), 0)
		if i%2 == 0 {
			nibbles = append(nibbles, n)
		} else {
			nibbles[len(nibbles)-1] |= n << 4
		}
	}
	return nibbles, decoded
}

func TestADPCM(t *testing.T) {
	nibbles, decoded := compress(sample(16000))
	_, want, _ := hear(t, spec(t, "LSB16K"), le(decoded))
	for _, size := range []int{0, 1, 15} {
		got, sum, err := listen(spec(t, "16K"), adpcm(16000, nibbles), size)
		if err != nil || len(want) != 1 || len(got) == 0 || got[len(got)-1] != hearing.Event(want[0]) ||
			sum.Container != "adpcm" || sum.Rate != 16000 || sum.Duration != 5000 {
			t.Errorf("by %d: %v %+v %v, want %v", size, got, sum, err, want)
		}
	}
}
