package hearing_test

import (
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"mockamivoice/fake/internal/hearing"
)

// BenchmarkContainers tells what a second of sound costs to hear, and what a listener holds in the midst of it.
func BenchmarkContainers(b *testing.B) {
	for _, name := range []string{"16000.flac", "16000.mp3", "44100.mp3", "wide.opus", "celt.opus", "live.webm", "16000.spx", "16000.adpcm"} {
		audio := file(b, filepath.Join("audio", name))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			ms := 0
			for b.Loop() {
				_, sum, err := listen(spec(b, "16K"), audio, 4096)
				if err != nil {
					b.Fatal(err)
				}
				ms += sum.Duration
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(ms)*1000, "µs/s-of-sound")
			b.ReportMetric(held(b, audio[:len(audio)/2]), "B/listener")
		})
	}
}

// held is how many bytes a listener holds that has heard the beginning of audio.
func held(tb testing.TB, audio []byte) float64 {
	tb.Helper()
	const n = 50
	listeners := make([]*hearing.Listener, n)
	before := heap()
	for i := range listeners {
		listeners[i] = hearingListener(tb)
		for piece := range slices.Chunk(audio, 1000) {
			if _, err := listeners[i].Write(piece); err != nil {
				tb.Fatal(err)
			}
		}
	}
	grown := heap() - before
	runtime.KeepAlive(listeners)
	return float64(grown) / n
}
