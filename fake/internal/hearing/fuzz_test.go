package hearing_test

import (
	"slices"
	"testing"
	"time"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/protocol"
	"mockamivoice/scenarios/sound"
)

// FuzzListener wants no panic, well-formed events, and the same events for any chunking.
func FuzzListener(f *testing.F) {
	short := sound.Speech(8000, 900*time.Millisecond)
	f.Add(le(short), uint8(0), uint16(7), uint8(7))
	f.Add(encode(short, muLaw), uint8(14), uint16(3), uint8(2))
	f.Add(wav(fmtChunk(1, 2, 8000, 16), le(short)), uint8(16), uint16(1), uint8(15))
	f.Add(riff(chunk("odd ", []byte("x")), fmtChunk(6, 1, 8000, 8), chunk("data", encode(short, aLaw))), uint8(17), uint16(5), uint8(1))
	f.Add(adpcm(8000, []byte("\x77\xF1\x08")), uint8(17), uint16(1), uint8(3))
	f.Add([]byte("OggS\x00\x02"), uint8(16), uint16(1), uint8(4))
	f.Add([]byte("\x00\x00\x00\x20ftypM4A "), uint8(16), uint16(1), uint8(5))
	f.Add([]byte("\xFF\xFB\x90\x44"), uint8(18), uint16(2), uint8(6))
	f.Fuzz(func(t *testing.T, audio []byte, name uint8, size uint16, flags uint8) {
		formats := protocol.AudioFormats()
		s := hearing.Spec{
			Format: formats[int(name)%len(formats)], Sniff: flags&1 != 0, Guess: flags&2 != 0, AllowMP4: flags&4 != 0,
			Interval: time.Duration(flags>>4) * 50 * time.Millisecond,
		}
		if flags&8 != 0 {
			s.Utterance = 555 * time.Millisecond
		}
		want, sum, err := listen(s, audio, 0)
		got, sum2, err2 := listen(s, audio, max(int(size), 1))
		if (err == nil) != (err2 == nil) {
			t.Fatalf("at once: %v; by %d: %v", err, size, err2)
		}
		if err != nil {
			return
		}
		check(t, s, want)
		if !slices.Equal(want, got) || sum != sum2 || sum.Bytes != int64(len(audio)) || sum.Speech > sum.Duration+300 {
			t.Fatalf("at once: %v %+v; by %d: %v %+v", want, sum, size, got, sum2)
		}
		for _, e := range want {
			if e, ok := e.(hearing.SpeechEnd); ok && sum.Duration > 300 && e.At > sum.Duration {
				t.Fatalf("%+v is after the end, %d ms", e, sum.Duration)
			}
		}
	})
}
