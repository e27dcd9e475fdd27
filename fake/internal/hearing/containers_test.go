package hearing_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mockamivoice/fake/internal/hearing"
)

// recorded lists the compressed files of the test data.
func recorded(tb testing.TB) []string {
	tb.Helper()
	all, err := filepath.Glob(filepath.Join("..", "..", "..", "testdata", "audio", "*"))
	if err != nil || len(all) < 20 {
		tb.Fatalf("%d files, %v", len(all), err)
	}
	for i := range all {
		all[i] = filepath.Base(all[i])
	}
	return all
}

// ends are the utterances of events.
func ends(events []hearing.Event) (starts []int, ends []hearing.SpeechEnd) {
	for _, e := range events {
		switch e := e.(type) {
		case hearing.SpeechStart:
			starts = append(starts, e.At)
		case hearing.SpeechEnd:
			ends = append(ends, e)
		case hearing.Interim:
		}
	}
	return starts, ends
}

func TestHearsInEveryContainerWhatTheWAVHas(t *testing.T) {
	wantStarts, wantEnds, _ := hear(t, spec(t, "16K"), file(t, "speech-ja.wav"))
	for _, name := range recorded(t) {
		audio := file(t, filepath.Join("audio", name))
		whole, sum, err := listen(spec(t, "16K"), audio, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		check(t, spec(t, "16K"), whole)
		starts, got := ends(whole)
		utterances := 1 // many files have the first one alone
		if sum.Duration > 4000 {
			utterances = 2
		}
		if len(got) != utterances || sum.Silent || strings.Contains(sum.Note, "damaged") || !near(sum.Duration, []int{3000, 7147}[utterances-1], 70) {
			t.Errorf("%s: %v %+v, want %d utterances", name, got, sum, utterances)
			continue
		}
		tolerance := 20 // milliseconds, one frame
		switch {
		case strings.Contains(sum.Note, "loudness"):
			tolerance = 60
		case sum.Container == "ogg": // what its noise does to the end of a word
			tolerance = 40
		}
		for i := range got {
			if !near(starts[i], wantStarts[i].At, tolerance) || !near(got[i].At, wantEnds[i].At, tolerance) || !got[i].Voice.Understood {
				t.Errorf("%s: utterance %d from %d, ends %+v; want %v, %v", name, i, starts[i], got[i], wantStarts[i], wantEnds[i])
			}
		}
		for _, size := range []int{1, 7, 4096} {
			if cut, again, err := listen(spec(t, "16K"), audio, size); err != nil || again != sum || !slices.Equal(cut, whole) {
				t.Errorf("%s by %d: %v %+v %v, want %v %+v", name, size, cut, again, err, whole, sum)
			}
		}
	}
}

func TestSummaryOfContainers(t *testing.T) {
	loudness := func(kind string) string {
		return kind + " is not decoded: its times and its loudness are heard, what it sounds like is not"
	}
	for name, want := range map[string]hearing.Summary{
		"8000.flac": {Container: "flac", Rate: 8000, Channels: 1}, "48000.flac": {Container: "flac", Rate: 48000, Channels: 1},
		"stereo-streamed.flac": {Container: "flac", Rate: 16000, Channels: 2}, "11025.mp3": {Container: "mp3", Rate: 11025, Channels: 1},
		"stereo.mp3": {Container: "mp3", Rate: 16000, Channels: 2}, "tagged.mp3": {Container: "mp3", Rate: 44100, Channels: 1},
		"8000.mp3":  {Container: "mp3", Rate: 8000, Channels: 1, Note: loudness("MP3 at 8000 samples a second")},
		"wide.opus": {Container: "ogg", Rate: 16000, Channels: 1}, "stereo.webm": {Container: "webm", Rate: 16000, Channels: 2},
		"32000.spx": {Container: "ogg", Rate: 32000, Channels: 1, Note: loudness("Speex")},
	} {
		_, _, got := hear(t, spec(t, "16K"), file(t, filepath.Join("audio", name)))
		got.Bytes, got.Duration, got.Speech = 0, 0, 0
		if got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// A lossless container has the same digest as the samples in it.
func TestFLACIsTheSameSoundAsItsSamples(t *testing.T) {
	samples := sample(16000)
	_, want, _ := hear(t, spec(t, "LSB16K"), le(samples))
	for _, depth := range []int{16, 24} {
		_, got, sum := hear(t, spec(t, "16K"), plainFLAC(16000, depth, samples))
		if len(want) == 0 || !slices.Equal(got, want) || sum.Duration != 5000 {
			t.Errorf("%d bits: %v %+v, want %v", depth, got, sum, want)
		}
	}
	for i := range samples {
		samples[i] = samples[i] >> 8 << 8
	}
	_, want, _ = hear(t, spec(t, "LSB16K"), le(samples))
	if _, got, _ := hear(t, spec(t, "16K"), plainFLAC(16000, 8, samples)); !slices.Equal(got, want) {
		t.Errorf("8 bits: %v, want %v", got, want)
	}
}

// Streams beside the first one of speech are not heard, those that are chained behind it are.
func TestStreamsOfOneOgg(t *testing.T) {
	packet := opusPacket(t)
	plain := oggOpus(1, packet, packet)
	skeleton, other := ofStream(2, oggPage(2, 0, 0, []byte("fishead\x00"))), ofStream(3, oggPage(2, 0, 0, opusHead(1)))
	beside := slices.Concat(skeleton, plain, other, ofStream(3, oggPage(0, 0, 1, packet, packet)))
	chained := slices.Concat(plain, oggPage(4, -1, 4, packet), plain)
	for name, c := range map[string]struct {
		audio []byte
		ms    int
	}{"alone": {plain, 40}, "beside others": {beside, 40}, "chained": {chained, 100}} {
		if _, _, sum := hear(t, spec(t, "16K"), c.audio); sum.Duration != c.ms || sum.Note != "" {
			t.Errorf("%s: %+v, want %d ms", name, sum, c.ms)
		}
	}
}

// A page that is lost leaves a gap of its length; what is before the first sound and after the last one is not heard.
func TestPositionsOfOgg(t *testing.T) {
	packet := opusPacket(t)
	head := opusHead(1)
	head[10], head[11] = 0x80, 0x07 // 1,920 samples at 48 kHz are to be skipped
	begin := slices.Concat(oggPage(2, 0, 0, head), oggPage(0, 0, 1, []byte("OpusTags")))
	at := func(sequence uint32, position int64, flags byte) []byte {
		return oggPage(flags, position, sequence, packet, packet, packet, packet, packet)
	}
	for name, c := range map[string]struct {
		audio []byte
		ms    int
	}{
		"whole":              {slices.Concat(begin, at(2, 4800, 0), at(3, 9600, 0), at(4, 14400, 4)), 260},
		"the second is lost": {slices.Concat(begin, at(2, 4800, 0), at(4, 14400, 4)), 260},
		"the first is lost":  {slices.Concat(begin, at(3, 9600, 0), at(4, 14400, 4)), 260},
		"ends early":         {slices.Concat(begin, at(2, 4800, 0), at(3, 9600, 0), at(4, 12000, 4)), 210},
		"begins late":        {slices.Concat(begin, at(2, 480000, 0), at(3, 484800, 0)), 160},
	} {
		if _, _, sum := hear(t, spec(t, "16K"), c.audio); sum.Duration != c.ms {
			t.Errorf("%s: %+v, want %d ms", name, sum, c.ms)
		}
	}
}

// What an MP3 file says of the silence before its sound is believed. One that says nothing is taken for one of LAME, whose usual
// delay this one has.
func TestDelayOfMP3(t *testing.T) {
	told := file(t, "audio/stereo.mp3")
	const at, frame = 141, 288 // where it tells, and the length of the frame in which it does
	if string(told[at:at+4]) != "LAME" || !bytes.HasPrefix(told[frame:], told[:2]) {
		t.Fatal("the file is another one")
	}
	_, want, _ := hear(t, spec(t, "16K"), told)
	for name, c := range map[string]struct {
		delay, earlier int // in samples, in milliseconds
	}{"the usual delay": {576, 0}, "100 ms more": {576 + 1600, 100}, "no delay": {0, -36}} {
		audio := bytes.Clone(told)
		audio[at+21], audio[at+22] = byte(c.delay>>4), byte(c.delay<<4)|audio[at+22]&0x0F
		if _, got, _ := hear(t, spec(t, "16K"), audio); len(got) != 2 || !near(got[0].At, want[0].At-c.earlier, 20) {
			t.Errorf("%s: %v, want %v less %d ms", name, got, want, c.earlier)
		}
	}
	if _, got, _ := hear(t, spec(t, "16K"), told[frame:]); len(got) != 2 || got[0].At != want[0].At {
		t.Errorf("a file that does not tell: %v, want %v", got, want)
	}
}

func TestContainerBeatsRawFormat(t *testing.T) {
	for _, name := range []string{"16000.flac", "tagged.mp3", "wide.opus", "file.webm", "8000.spx"} {
		if _, _, sum := hear(t, spec(t, "MSB8K"), file(t, filepath.Join("audio", name))); sum.Container == "raw" {
			t.Errorf("%s: %+v", name, sum)
		}
	}
}

func TestContainersThatCannotBeHeard(t *testing.T) {
	flac := file(t, "audio/16000.flac")
	info := func(change func(b []byte)) []byte {
		b := bytes.Clone(flac)
		change(b)
		return b
	}
	head := file(t, "audio/wide.opus")[28 : 28+19]
	for want, audio := range map[string][]byte{
		"FLAC: 24000 samples a second is none of 8000, 11025, 16000, 22050, 32000, 44100, 48000": info(func(b []byte) { b[18], b[19], b[20] = 0x05, 0xDC, b[20]&0x0F }),
		"FLAC: 3 channels; one or two can be heard":                                              info(func(b []byte) { b[20] = b[20]&0xF1 | 2<<1 }),
		"FLAC: it does not begin with STREAMINFO":                                                info(func(b []byte) { b[4] = 4 }),
		"FLAC: its STREAMINFO is damaged":                                                        info(func(b []byte) { b[10], b[11] = 0, 1 }),
		"FLAC: it ends before it says what is in it":                                             flac[:30],
		"flac: nothing in it could be decoded":                                                   append(flacInfo(16000, 1, 16, 4096), bytes.Repeat([]byte("\xFF\xF8\xC9\x08"), 999)...),
		"FLAC: it ends before its first frame":                                                   flac[:44],
		"MP3: 24000 samples a second is none of 8000, 11025, 16000, 22050, 32000, 44100, 48000":  bytes.Repeat(append([]byte("\xFF\xF3\x44\xC0"), make([]byte, 92)...), 3),
		"MP3: there is no frame in it":                                                           append([]byte("ID3\x03\x00\x00\x7F\x7F\x7F\x7F"), make([]byte, 9000)...),
		"Ogg: it ends before it says what is in it":                                              []byte("OggS and so on, but no page"),
		"Ogg: Vorbis is not among the documented codecs, Opus and Speex":                         slices.Concat(oggPage(2, 0, 0, []byte("\x01vorbis and so on")), oggPage(0, 0, 1, []byte("\x03vorbis"))),
		"Opus: 3 channels; one or two can be heard":                                              oggPage(2, 0, 0, append(append([]byte("OpusHead\x01\x03"), head[10:]...), 0)),
		"Opus: its header is damaged":                                                            oggPage(2, 0, 0, []byte("OpusHead")),
		"Speex: its header is shorter than 72 bytes":                                             oggPage(2, 0, 0, []byte("Speex   1.2")),
		"WebM: it ends before it says what is in it":                                             []byte("\x1A\x45\xDF\xA3\x80 and so on"),
		"WebM: V_VP8 is not the documented codec, Opus":                                          webmOf("V_VP8", nil, []byte{0xFC}),
	} {
		for _, size := range []int{0, 1} {
			events, _, err := listen(spec(t, "16K"), audio, size)
			if err == nil || err.Error() != want || len(events) != 0 {
				t.Errorf("by %d: %v %v, want %q", size, events, err, want)
			}
		}
	}
}

// What a fixture says, or that it says nothing, does not depend on how its file is cut.
func TestHearsWhatAFixtureSaysInEveryContainer(t *testing.T) {
	for _, name := range recorded(t) {
		audio := file(t, filepath.Join("fixture", name))
		for _, size := range []int{0, 1, 7, 4096} {
			events, sum, err := listen(spec(t, "16K"), audio, size)
			if err != nil {
				t.Errorf("%s by %d: %v", name, size, err)
				continue
			}
			want := []string{"A駅です", "はい, OK"}
			if strings.Contains(sum.Note, "loudness") {
				want = []string{"", ""}
			}
			var got []string
			_, all := ends(events)
			for _, e := range all {
				got = append(got, e.Voice.Carried.Text+e.Voice.Carried.Damage)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s by %d: %q, want %q", name, size, got, want)
			}
		}
	}
}

func TestTestDataIsSmall(t *testing.T) {
	for _, name := range recorded(t) {
		for _, folder := range []string{"audio", "fixture"} {
			if info, err := os.Stat(filepath.Join("..", "..", "..", "testdata", folder, name)); err != nil || info.Size() > 40<<10 {
				t.Errorf("%s/%s is more than 40 KiB, or %v", folder, name, err)
			}
		}
	}
}
