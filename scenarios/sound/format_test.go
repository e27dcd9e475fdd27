package sound_test

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"mockamivoice/scenarios/sound"
)

// Code words of G.711 (ITU-T), by sample.
func TestEncodings(t *testing.T) {
	for _, c := range []struct {
		format  string
		samples []int16
		want    string
	}{
		{"LSB16K", []int16{1, -2}, "0100feff"},
		{"MSB16K", []int16{1, -2}, "0001fffe"},
		{"16K", []int16{1}, "0100"},
		{"mulaw", []int16{0, -1, 32767, -32768, 1000}, "ff7f8000ce"},
		{"ALAW", []int16{0, -1, 32767, -32768, 1000}, "d555aa2afa"},
		{"WAV8K", []int16{1}, "52494646260000005741564566" + "6d742010000000010001" + "00401f0000803e00000200100064617461020000000100"},
		{"WAVMULAW", []int16{0}, "52494646250000005741564566" + "6d742010000000070001" + "00401f0000401f0000010008006461746101000000ff"},
	} {
		f, err := sound.ParseFormat(c.format)
		if err != nil {
			t.Errorf("%s: %v", c.format, err)
			continue
		}
		if got := hex.EncodeToString(sound.Encode(f, c.samples)); got != c.want {
			t.Errorf("%s of %v:\n got %s\nwant %s", c.format, c.samples, got, c.want)
		}
	}
	for _, name := range []string{"", "WAV", "WAVMSB16K", "OPUS16K", "LSB17K", "LSB"} {
		if f, err := sound.ParseFormat(name); err == nil {
			t.Errorf("%q is %+v", name, f)
		}
	}
}

func TestSoundsAreAlwaysTheSame(t *testing.T) {
	f, _ := sound.ParseFormat("LSB16K")
	for name, make := range map[string]func(int, time.Duration) []int16{"speech": sound.Speech, "silence": sound.Silence, "noise": sound.Noise} {
		one, two := sound.Encode(f, make(16000, time.Second)), sound.Encode(f, make(16000, time.Second))
		if len(one) != 32000 || !bytes.Equal(one, two) {
			t.Errorf("%s: %d bytes, the same again: %v", name, len(one), bytes.Equal(one, two))
		}
	}
}
