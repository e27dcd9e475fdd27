package hearing_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// What is left of a file is heard as far as it goes: no more, and no less by more than one frame or page.
func TestTruncatedFiles(t *testing.T) {
	rate := regexp.MustCompile("^(11|22|32|44|48).*[3c]$") // FLAC and MP3 at one rate are as good as at another
	for _, name := range recorded(t) {
		if rate.MatchString(name) {
			continue
		}
		audio := file(t, filepath.Join("audio", name))
		_, want, whole := hear(t, spec(t, "16K"), audio)
		for part := range 16 {
			events, sum, err := listen(spec(t, "16K"), audio[:len(audio)*part/16], 4096)
			if err != nil {
				begins := map[string]int{"stereo-streamed.flac": 9000}[name] // where it is not in the first sixteenth
				if part > 1 && len(audio)*part/16 > begins || strings.Contains(err.Error(), "panics") {
					t.Errorf("%s, %d/16: %v", name, part, err)
				}
				continue
			}
			check(t, spec(t, "16K"), events)
			if _, got := ends(events); sum.Duration > whole.Duration || len(got) > len(want) {
				t.Errorf("%s, %d/16: %v %+v of %+v", name, part, got, sum, whole)
			} else if sum.Duration > 5000 && (len(got) == 0 || got[0].At != want[0].At) {
				t.Errorf("%s, %d/16 has the first utterance whole: %v, want %v", name, part, got, want[0])
			}
		}
	}
}

// Damage in the pause between the utterances moves neither: what is lost is silence of the same length.
func TestDamageDoesNotMoveTheRest(t *testing.T) {
	for _, name := range []string{"tagged.mp3", "wide.opus", "stereo.opus", "long-frames.opus", "file.webm", "live.webm"} {
		audio := file(t, filepath.Join("audio", name))
		wantStarts, want, _ := hear(t, spec(t, "16K"), audio)
		within := map[string]int{".mp3": 60, "webm": 60, "opus": 0}[name[len(name)-4:]]
		damaged := bytes.Clone(audio)
		for i := len(audio) * 45 / 100; i < len(audio)*49/100; i++ {
			damaged[i] ^= 0x5A
		}
		starts, got, sum := hear(t, spec(t, "16K"), damaged)
		if !strings.Contains(sum.Note, "damaged") || len(got) != 2 || !near(starts[1].At, wantStarts[1].At, within) || !near(got[1].At, want[1].At, within) {
			t.Errorf("%s: %v %v %+v, want %v %v", name, starts, got, sum, wantStarts, want)
		}
	}
	samples := sample(16000)
	audio := plainFLAC(16000, 16, samples)
	audio[300] ^= 1
	for i := range 200 {
		audio[20000+i] = 0xFF
	}
	_, want, _ := hear(t, spec(t, "LSB16K"), le(samples))
	_, got, sum := hear(t, spec(t, "16K"), audio)
	if len(got) != 1 || !near(got[0].At, want[0].At, 0) || sum.Duration != 5000 || !strings.Contains(sum.Note, "2 frames or packets are damaged") {
		t.Errorf("FLAC: %v %+v, want %v", got, sum, want)
	}
}

func TestCorruptedFiles(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	for _, name := range []string{"8000.flac", "tagged.mp3", "stereo.mp3", "8000.mp3", "wide.opus", "hybrid.opus", "stereo.opus", "live.webm", "16000.spx"} {
		audio := file(t, filepath.Join("audio", name))
		audio = audio[:min(len(audio), 4000)]
		_, whole, err := listen(spec(t, "16K"), audio, 0)
		if err != nil {
			t.Fatal(name, err)
		}
		for seed := range rounds {
			r := rand.New(rand.NewPCG(uint64(seed), 17))
			bad := bytes.Clone(audio)
			for range 1 + r.IntN(20) {
				bad[r.IntN(len(bad))] = byte(r.Uint32())
			}
			events, sum, err := listen(spec(t, "16K"), bad, 1+r.IntN(5000))
			if err != nil && strings.Contains(err.Error(), "panics") {
				t.Errorf("%s, seed %d: %v", name, seed, err)
			}
			if err == nil {
				check(t, spec(t, "16K"), events)
			}
			if sum.Duration > 2*whole.Duration+60_000 { // gaps are believed up to a minute
				t.Errorf("%s, seed %d: %+v of %+v", name, seed, sum, whole)
			}
		}
	}
}

// The decoder of MP3 panics at the scale factors of mixed blocks at the low rates.
func TestPanicOfADecoderIsADamagedFrame(t *testing.T) {
	audio := file(t, "audio/16000.mp3")
	_, _, want := hear(t, spec(t, "16K"), audio)
	side := audio[10*144+4:]
	side[5] |= 0x01               // the window is switched
	side[6] = side[6]&0x1F | 5<<5 // to short blocks, mixed
	_, got, sum := hear(t, spec(t, "16K"), audio)
	if len(got) != 1 || sum.Note != "1 frames or packets are damaged and heard as silence" || sum.Duration != want.Duration {
		t.Errorf("%v %+v, want %+v", got, sum, want)
	}
}

// A few bytes can stand for hours of one and the same sample. So many are not heard.
func TestBombs(t *testing.T) {
	constant := flacFrame(0, 65535, []byte{0, 0, 7})
	empty := []byte{0x83, 48} // 48 frames of 2.5 ms without a byte
	for name, c := range map[string]struct {
		head, unit []byte
		most       int // ms
	}{
		"FLAC": {flacInfo(8000, 1, 16, 65535), constant, 600_000 + 8*200_000},
		"WebM": {webmOf("A_OPUS", opusHead(1), empty), append([]byte{0xA3, 0x86, 0x81, 0, 0, 0x80}, empty...), 600_000 + 8*200_000},
	} {
		bomb := append(bytes.Clone(c.head), bytes.Repeat(c.unit, 200_000/len(c.unit))...)
		_, whole, err := listen(spec(t, "16K"), bomb, 0)
		if err != nil || !strings.Contains(whole.Note, "cut off after") || whole.Duration > c.most || whole.Duration < 600_000 {
			t.Errorf("%s: %+v %v", name, whole, err)
		}
		if _, cut, err := listen(spec(t, "16K"), bomb, 1000); err != nil || cut != whole {
			t.Errorf("%s by 1000: %+v %v, want %+v", name, cut, err, whole)
		}
	}
}

// A position that is far ahead is a lie, not an hour of silence.
func TestLyingTimeStamps(t *testing.T) {
	packet := opusPacket(t)
	ogg := slices.Concat(oggPage(2, 0, 0, opusHead(1)), oggPage(0, 0, 1, []byte("OpusTags")))
	for i := range 50 {
		position := int64(i+1) * 960
		if i >= 25 {
			position += 48000 * 3600
		}
		ogg = append(ogg, oggPage(0, position, uint32(i+2), packet)...)
	}
	if _, _, sum := hear(t, spec(t, "16K"), ogg); sum.Duration != 1000 {
		t.Errorf("Ogg: %+v", sum)
	}
	webm := webmOf("A_OPUS", opusHead(1), packet, packet)
	webm = append(webm, element("\x1F\x43\xB6\x75", element("\xE7", binary.BigEndian.AppendUint64(nil, 1<<63)), element("\xA3", []byte{0x81, 0, 0, 0}, packet))...)
	if _, _, sum := hear(t, spec(t, "16K"), webm); sum.Duration != 60 {
		t.Errorf("WebM: %+v", sum)
	}
}

// opusPacket is a packet of 20 ms out of a file.
func opusPacket(tb testing.TB) []byte {
	tb.Helper()
	b := file(tb, "audio/wide.opus")
	for page := 0; ; page++ {
		table := b[27 : 27+int(b[26])]
		body := b[27+len(table):]
		if page == 2 {
			return body[:table[0]]
		}
		for _, n := range table {
			body = body[n:]
		}
		b = body
	}
}

// What is not needed any more is not held, and what nobody can use neither.
func TestGarbageIsNotHeld(t *testing.T) {
	garbage := make([]byte, 1<<20)
	for i := range garbage {
		garbage[i] = byte(rand.Uint32()) //nolint:gosec // any bytes will do
	}
	for _, name := range []string{"16000.flac", "48000.mp3", "celt.opus", "file.webm", "32000.spx"} {
		l := hearingListener(t)
		write := func(p []byte) {
			for piece := range slices.Chunk(p, 8192) {
				if _, err := l.Write(piece); err != nil {
					t.Fatal(name, err)
				}
			}
		}
		write(file(t, filepath.Join("audio", name)))
		before := heap()
		for range 8 {
			write(garbage)
		}
		if grown := heap() - before; grown > 1<<20 {
			t.Errorf("%s: %d bytes more are held after 8 MiB of garbage", name, grown)
		}
		runtime.KeepAlive(l)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
