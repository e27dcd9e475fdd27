package hearing_test

import (
	"cmp"
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/protocol"
	"mockamivoice/scenarios/fixture"
	"mockamivoice/scenarios/sound"
)

// BenchmarkHearing tells what it costs to hear a second of sound as it streams: decoding, detecting and looking for a fixture. The
// budget is 0.015 % of a core in real time, which is 150 µs/s-of-sound, for whatever is said and in whichever encoding.
//
// A run of each takes two minutes; -benchtime 20x is enough to see which one is off.
func BenchmarkHearing(b *testing.B) {
	for _, name := range []string{"LSB16K", "MSB16K", "MULAW", "ALAW", "WAV", "WAV-stereo", "ADPCM"} {
		for _, what := range []string{"silence", "noise", "speech", "phrases", "fixture", "fixtures"} {
			for _, packet := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond} {
				b.Run(name+"/"+what+"/"+packet.String(), func(b *testing.B) { benchmarkHearing(b, name, what, packet) })
			}
		}
	}
}

func benchmarkHearing(b *testing.B, name, what string, packet time.Duration) {
	b.Helper()
	f := format(b, cmp.Or(map[string]string{"WAV": "16K", "WAV-stereo": "16K", "ADPCM": "16K"}[name], name))
	samples := content(b, what, f.Rate)
	seconds := float64(len(samples)) / float64(f.Rate)
	audio := contained(b, name, f, samples)
	size := int(float64(len(audio)) / seconds * packet.Seconds())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		if _, sum, err := listen(hearing.Spec{Format: f, Sniff: true, Interval: time.Second}, audio, size); err != nil || sum.Rate != f.Rate {
			b.Fatal(sum, err)
		}
	}
	runtime.ReadMemStats(&after)
	packets := float64(b.N) * float64((len(audio)+size-1)/size)
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/seconds, "µs/s-of-sound")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/packets, "allocs/packet")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/packets, "B/packet")
	b.ReportMetric(0, "ns/op") // of an utterance says nothing
}

// content is some seconds of what a microphone may hear. Phrases begin as often as a detector lets them, and each could be a
// fixture. A fixture is the longest one; fixtures are short, so that finding them counts.
func content(b *testing.B, what string, rate int) []int16 {
	b.Helper()
	switch what {
	case "silence":
		return silence(rate, 10*time.Second)
	case "noise":
		return noise(rate, 10*time.Second, 30)
	case "speech":
		return sound.Speech(rate, 10*time.Second)
	case "phrases":
		phrase := slices.Concat(sound.Speech(rate, 800*time.Millisecond), silence(rate, 200*time.Millisecond))
		return slices.Concat(silence(rate, time.Second), slices.Repeat(phrase, 10))
	case "fixture":
		return spoken(b, rate, strings.Repeat("字", fixture.MaxText))
	}
	return spoken(b, rate, slices.Repeat([]string{"もしもし"}, 6)...)
}

// contained is samples as they are sent under a name.
func contained(b *testing.B, name string, f protocol.AudioFormat, samples []int16) []byte {
	b.Helper()
	switch name {
	case "WAV-stereo":
		var both []byte
		for _, v := range samples {
			both = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(both, uint16(v)), uint16(v))
		}
		return wav(fmtChunk(1, 2, uint32(f.Rate), 16), both)
	case "ADPCM":
		nibbles, _ := compress(samples)
		return adpcm(uint16(f.Rate), nibbles)
	}
	return written(f, samples)
}
