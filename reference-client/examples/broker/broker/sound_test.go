package broker_test

import (
	"encoding/binary"
	"math"
)

// samples are little-endian, as s said.
func samples(pcm []byte) []float64 {
	s := make([]float64, len(pcm)/2)
	for i := range s {
		s[i] = float64(int16(binary.LittleEndian.Uint16(pcm[2*i:])))
	}
	return s
}

// likeness is the correlation of a second of speech in want with got, at whichever delay of up to 200 ms it is highest.
func likeness(want, got []float64) (best float64) {
	const from, length, delays = 16000, 16000, 3200
	for delay := range delays {
		var both, x, y float64
		for i := from; i < from+length && i+delay < len(got); i++ {
			both += want[i] * got[i+delay]
			x += want[i] * want[i]
			y += got[i+delay] * got[i+delay]
		}
		best = max(best, both/math.Sqrt(x*y))
	}
	return best
}

// tones is a second of tones of amplitude 10,000 as a WAV file.
func tones(rate int, frequencies ...float64) []byte {
	wav := []byte("RIFF\x00\x00\x00\x00WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16), []byte("data"), uint32(2 * rate)} {
		wav, _ = binary.Append(wav, binary.LittleEndian, v)
	}
	for i := range rate {
		var sum float64
		for _, f := range frequencies {
			sum += 10000 * math.Sin(2*math.Pi*f*float64(i)/float64(rate))
		}
		wav = binary.LittleEndian.AppendUint16(wav, uint16(int16(sum)))
	}
	binary.LittleEndian.PutUint32(wav[4:], uint32(len(wav)-8))
	return wav
}

// loudness is the amplitude of a tone in a sound at 16 kHz.
func loudness(sound []float64, frequency float64) float64 {
	var sin, cos float64
	for i, v := range sound {
		s, c := math.Sincos(2 * math.Pi * frequency * float64(i) / 16000)
		sin, cos = sin+v*s, cos+v*c
	}
	return 2 * math.Hypot(sin, cos) / float64(len(sound))
}
