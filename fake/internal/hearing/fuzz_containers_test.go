package hearing_test

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mockamivoice/fake/internal/hearing"
)

// probe hears audio at once and in pieces. A decoder of ours must not panic, nobody's panic may come through, the pieces must not
// matter, and there must not be more sound than so few bytes may hold.
func probe(t *testing.T, audio []byte, size uint16) {
	t.Helper()
	s := spec(t, "16K")
	want, sum, err := listen(s, audio, 0)
	got, sum2, err2 := listen(s, audio, max(int(size), 1))
	switch {
	case (err == nil) != (err2 == nil):
		t.Fatalf("at once: %v; by %d: %v", err, size, err2)
	case err != nil && strings.Contains(err.Error(), "panics"):
		t.Fatal(err)
	case err != nil:
		return
	case !slices.Equal(want, got) || sum != sum2:
		t.Fatalf("at once: %v %+v; by %d: %v %+v", want, sum, size, got, sum2)
	case sum.Container != "raw" && sum.Container != "wav" && sum.Duration > 600_000+8*len(audio):
		t.Fatalf("%d bytes: %+v", len(audio), sum)
	}
	check(t, s, want)
}

// beginning is the beginning of a file of the test data.
func beginning(tb testing.TB, name string, n int) []byte {
	tb.Helper()
	b := file(tb, filepath.Join("audio", name))
	return b[:min(n, len(b))]
}

func FuzzWAV(f *testing.F) {
	body := le(sample(8000)[8000:9000])
	for _, audio := range [][]byte{
		wav(fmtChunk(1, 2, 8000, 16), body), riff(chunk("odd ", []byte("x")), fmtChunk(6, 1, 8000, 8), chunk("data", body)),
		riff(fmtChunk(7, 1, 8000, 8), chunk("LIST", nil), chunk("data", body)),
	} {
		f.Add(audio[12:], uint16(7))
	}
	f.Fuzz(func(t *testing.T, chunks []byte, size uint16) {
		probe(t, append([]byte("RIFF\xFF\xFF\xFF\xFFWAVE"), chunks...), size)
	})
}

func FuzzADPCM(f *testing.F) {
	f.Add(uint16(16000), []byte("\x77\xF1\x08\x80\x91"), uint16(1))
	f.Add(uint16(48000), bytes.Repeat([]byte{0x77, 0xFF}, 200), uint16(3))
	f.Fuzz(func(t *testing.T, rate uint16, nibbles []byte, size uint16) {
		probe(t, adpcm(rate, nibbles), size)
	})
}

func FuzzFLAC(f *testing.F) {
	f.Add(beginning(f, "8000.flac", 3000), uint16(7))
	f.Add(beginning(f, "16000.flac", 2000), uint16(1))
	f.Add(plainFLAC(8000, 16, sample(8000)[:500]), uint16(9))
	f.Fuzz(func(t *testing.T, audio []byte, size uint16) {
		probe(t, append([]byte("fLaC"), audio[min(4, len(audio)):]...), size)
	})
}

// FuzzFLACFrames puts right checksums around whatever comes, so that the decoder sees it.
func FuzzFLACFrames(f *testing.F) {
	f.Add([]byte{0, 0, 7}, uint16(4000), uint8(15), uint16(5))
	f.Add(beginning(f, "8000.flac", 1200)[300:], uint16(4096), uint8(15), uint16(5))
	f.Add([]byte("\x12\x00\x01\x02\x03\x04\x05\x06"), uint16(16), uint8(15), uint16(5))
	f.Add([]byte("\x42\x00\x01\x02\x03\x04\x05\x06"), uint16(16), uint8(23), uint16(5))
	f.Fuzz(func(t *testing.T, body []byte, block uint16, depth uint8, size uint16) {
		block = max(block, 16)
		frame := flacFrame(0, block, body)
		probe(t, slices.Concat(flacInfo(8000, 1, int(depth%32)+1, block), frame, flacFrame(1, block, []byte{0, 0, 7}), frame), size)
	})
}

func FuzzMP3(f *testing.F) {
	for _, name := range []string{"8000.mp3", "11025.mp3", "16000.mp3", "44100.mp3", "stereo.mp3", "tagged.mp3"} {
		f.Add(beginning(f, name, 1500), uint16(7))
	}
	f.Fuzz(func(t *testing.T, audio []byte, size uint16) {
		probe(t, append([]byte("ID3\x04\x00\x00\x00\x00\x00\x00"), audio...), size)
	})
}

// FuzzOpus hands packets to the decoder, each of them as long as its first byte says.
func FuzzOpus(f *testing.F) {
	packet := opusPacket(f)
	f.Add(append([]byte{byte(len(packet))}, packet...), uint8(1), uint16(7))
	for _, toc := range []byte{0x08, 0x48, 0x4B, 0x68, 0x7C, 0x9C, 0xFC, 0xFF} {
		f.Add(slices.Concat([]byte{31, toc}, bytes.Repeat([]byte{0x5A}, 30), []byte{1, toc}), uint8(2), uint16(3))
	}
	f.Fuzz(func(t *testing.T, packets []byte, channels uint8, size uint16) {
		all := divided(packets)
		probe(t, oggOpus(channels%2+1, all...), size)
		probe(t, webmOf("A_OPUS", opusHead(channels%2+1), all...), size)
	})
}

func FuzzSpeex(f *testing.F) {
	f.Add([]byte("\x0A\x1D\xDD\xDE\xF7\x0F\x70\x3C\x0F\xF0\x3C\x01\x07"), uint8(0), uint8(1), uint16(7))
	f.Add([]byte("\x3E\x1D\xDD\xDE\xF7\x0F\x70\x3C\x0F\xF0\x3C\x01\x07"), uint8(1), uint8(2), uint16(7))
	f.Fuzz(func(t *testing.T, packets []byte, mode, frames uint8, size uint16) {
		probe(t, oggSpeex(8000<<(mode%3), uint32(mode%3), uint32(frames), divided(packets)...), size)
	})
}

// divided cuts b into packets, each of them as long as its first byte says.
func divided(b []byte) [][]byte {
	var all [][]byte
	for len(b) > 0 {
		n := min(int(b[0]), len(b)-1)
		all = append(all, b[1:1+n])
		b = b[1+n:]
	}
	return all
}

// FuzzOgg repairs the checksums of the pages, so that more than the checksum is seen.
func FuzzOgg(f *testing.F) {
	for _, name := range []string{"wide.opus", "celt.opus", "8000.spx"} {
		f.Add(beginning(f, name, 1500), uint16(7))
	}
	f.Add(oggOpus(1, opusPacket(f)), uint16(1))
	f.Fuzz(func(t *testing.T, audio []byte, size uint16) {
		audio = append([]byte("OggS"), audio[min(4, len(audio)):]...)
		for at := 0; at+27 <= len(audio); {
			next := bytes.Index(audio[at+1:], []byte("OggS"))
			end := at + 1 + next
			if next < 0 {
				end = len(audio)
			}
			if string(audio[at:at+4]) == "OggS" && end-at >= 27 {
				copy(audio[at+22:], []byte{0, 0, 0, 0})
				binary.LittleEndian.PutUint32(audio[at+22:], pageSum(audio[at:end]))
			}
			at = end
		}
		probe(t, audio, size)
	})
}

func FuzzWebM(f *testing.F) {
	f.Add(beginning(f, "file.webm", 1500), uint16(7))
	f.Add(beginning(f, "live.webm", 1500), uint16(7))
	f.Add(webmOf("A_OPUS", opusHead(2), opusPacket(f), []byte{0x48}), uint16(1))
	f.Fuzz(func(t *testing.T, audio []byte, size uint16) {
		probe(t, append([]byte("\x1A\x45\xDF\xA3"), audio[min(4, len(audio)):]...), size)
	})
}

// hearingListener is a listener for audio with a header.
func hearingListener(tb testing.TB) *hearing.Listener {
	tb.Helper()
	return hearing.NewListener(spec(tb, "16K"))
}
