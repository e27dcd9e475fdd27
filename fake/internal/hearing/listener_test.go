package hearing_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/protocol"
	"mockamivoice/scenarios/sound"
)

func format(tb testing.TB, name string) protocol.AudioFormat {
	tb.Helper()
	f, err := protocol.ParseAudioFormat(name)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func spec(tb testing.TB, name string) hearing.Spec {
	tb.Helper()
	return hearing.Spec{Format: format(tb, name), Sniff: true, Interval: 300 * time.Millisecond}
}

func file(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// listen hears audio in pieces of size bytes, or at once if size is 0, and closes.
func listen(s hearing.Spec, audio []byte, size int) ([]hearing.Event, hearing.Summary, error) {
	l := hearing.NewListener(s)
	var all []hearing.Event
	if size <= 0 {
		size = max(len(audio), 1)
	}
	for p := range slices.Chunk(audio, size) {
		events, err := l.Write(p)
		all = append(all, events...)
		if err != nil {
			return all, l.Summary(), err
		}
	}
	events, err := l.Close()
	return append(all, events...), l.Summary(), err
}

// hear is listen for audio that must be heard, with events that must be well-formed.
func hear(tb testing.TB, s hearing.Spec, audio []byte) ([]hearing.SpeechStart, []hearing.SpeechEnd, hearing.Summary) {
	tb.Helper()
	events, sum, err := listen(s, audio, 0)
	if err != nil {
		tb.Fatal(err)
	}
	check(tb, s, events)
	var starts []hearing.SpeechStart
	var ends []hearing.SpeechEnd
	for _, e := range events {
		switch e := e.(type) {
		case hearing.SpeechStart:
			starts = append(starts, e)
		case hearing.SpeechEnd:
			ends = append(ends, e)
		case hearing.Interim:
		}
	}
	return starts, ends, sum
}

// check wants start, interim results, end, in this order and with times that belong together.
func check(tb testing.TB, s hearing.Spec, events []hearing.Event) {
	tb.Helper()
	begin, last, next, open := 0, 0, 0, false
	for i, e := range events {
		switch e := e.(type) {
		case hearing.SpeechStart:
			if open || e.At < last {
				tb.Fatalf("event %d is %+v; open %v, the last time was %d", i, e, open, last)
			}
			open, begin, last, next = true, e.At, e.At, 0
		case hearing.Interim:
			v := e.Voice
			if !open || s.Interval == 0 || v.Start < begin || v.End < v.Start || v.End <= last || v.End < next {
				tb.Fatalf("event %d is %+v; open %v since %d, the last time was %d, the next is due at %d", i, e, open, begin, last, next)
			}
			last, next = v.End, v.End+int(s.Interval/time.Millisecond)
		case hearing.SpeechEnd:
			v := e.Voice
			// Interim results go on until silence is certain, but none is due in a quiet frame: the end is never before one.
			if !open || e.At < last || v.Start < begin || v.End < v.Start || v.End > e.At {
				tb.Fatalf("event %d is %+v; open %v since %d, the last time was %d", i, e, open, begin, last)
			}
			open, last = false, e.At
		}
	}
	if open {
		tb.Fatalf("the last utterance has no end: %+v", events)
	}
}

func le(samples []int16) []byte {
	var b []byte
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}

func be(samples []int16) []byte {
	var b []byte
	for _, s := range samples {
		b = binary.BigEndian.AppendUint16(b, uint16(s))
	}
	return b
}

func silence(rate int, d time.Duration) []int16 { return make([]int16, int(d.Seconds()*float64(rate))) }

func noise(rate int, d time.Duration, rms float64) []int16 {
	r := rand.New(rand.NewPCG(1, 2))
	s := silence(rate, d)
	for i := range s {
		s[i] = int16(max(min(r.NormFloat64()*rms, 32767), -32768))
	}
	return s
}

func tone(rate int, d time.Duration, hz, amplitude, offset float64) []int16 {
	s := silence(rate, d)
	for i := range s {
		s[i] = int16(offset + amplitude*math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return s
}

func add(a, b []int16) []int16 {
	sum := slices.Clone(a)
	for i := range min(len(a), len(b)) {
		sum[i] = int16(max(min(int(a[i])+int(b[i]), 32767), -32768))
	}
	return sum
}

func near(got, want, tolerance int) bool { return max(got-want, want-got) <= tolerance }

// sample is one second of silence, two of speech, two of silence.
func sample(rate int) []int16 {
	return slices.Concat(silence(rate, time.Second), sound.Speech(rate, 2*time.Second), silence(rate, 2*time.Second))
}

func TestHearsTheSpeechOfTheTestFiles(t *testing.T) {
	for name, c := range map[string]struct {
		format     string
		utterances int
		container  string
		rate, ch   int
	}{
		"speech-ja.wav":          {"16K", 2, "wav", 16000, 1},
		"speech-ja-8k-mulaw.wav": {"8K", 2, "wav", 8000, 1},
		"speech-ja-stereo.wav":   {"8K", 1, "wav", 8000, 2},
		"speech-ja.raw":          {"LSB16K", 1, "raw", 16000, 1},
	} {
		t.Run(name, func(t *testing.T) {
			starts, ends, sum := hear(t, spec(t, c.format), file(t, name))
			if len(starts) != c.utterances || len(ends) != c.utterances {
				t.Fatalf("%d starts and %d ends, want %d utterances: %v %v", len(starts), len(ends), c.utterances, starts, ends)
			}
			// The file begins with 0.4 s of silence, and speech has a lead of at most 200 ms.
			if starts[0].At < 150 || starts[0].At > 450 {
				t.Errorf("speech begins at %d ms", starts[0].At)
			}
			for i, e := range ends {
				if d := e.At - starts[i].At; d < 1000 || d > 4000 || !e.Voice.Understood || e.At > sum.Duration {
					t.Errorf("utterance %d: %d to %+v of %d ms", i, starts[i].At, e, sum.Duration)
				}
			}
			if sum.Container != c.container || sum.Rate != c.rate || sum.Channels != c.ch || sum.Silent || sum.Speech < 1000 {
				t.Errorf("summary %+v", sum)
			}
		})
	}
}

func TestHearsTheFirstChannelOnly(t *testing.T) {
	both := file(t, "speech-ja-stereo.wav")
	_, stereo, _ := hear(t, spec(t, "8K"), both)
	var first []byte
	for frame := range slices.Chunk(both[44:], 4) {
		first = append(first, frame[:2]...)
	}
	_, mono, _ := hear(t, spec(t, "LSB8K"), first)
	if !slices.Equal(mono, stereo) {
		t.Errorf("mono %v, stereo %v", mono, stereo)
	}
	speech := sound.Speech(16000, 2*time.Second)
	var second []int16
	for _, s := range speech {
		second = append(second, 0, s)
	}
	if starts, _, sum := hear(t, spec(t, "16K"), wav(fmtChunk(1, 2, 16000, 16), le(second))); len(starts) != 0 || !sum.Silent {
		t.Errorf("speech in the second channel: %v %+v", starts, sum)
	}
}

func TestHearsEveryDocumentedFormat(t *testing.T) {
	for _, f := range protocol.AudioFormats() {
		var audio []byte
		speech := sample(f.Rate)
		switch f.Encoding {
		case protocol.PCM16LE:
			audio = le(speech)
		case protocol.PCM16BE:
			audio = be(speech)
		case protocol.MuLaw:
			audio = encode(speech, muLaw)
		case protocol.ALaw:
			audio = encode(speech, aLaw)
		case protocol.Headed:
			audio = wav(fmtChunk(1, 1, uint32(f.Rate), 16), le(speech))
		}
		starts, ends, sum := hear(t, spec(t, f.Name), audio)
		if len(ends) != 1 || !near(starts[0].At, 820, 60) || !near(ends[0].At, 3180, 80) || !near(sum.Duration, 5000, 1) || sum.Rate != f.Rate {
			t.Errorf("%s: %v %v %+v", f.Name, starts, ends, sum)
		}
	}
}

func TestSameSoundSameDigestInEveryEncoding(t *testing.T) {
	speech := sample(16000)
	_, want, _ := hear(t, spec(t, "LSB16K"), le(speech))
	_, msb, _ := hear(t, spec(t, "MSB16K"), be(speech))
	_, headed, _ := hear(t, spec(t, "16K"), wav(fmtChunk(1, 1, 16000, 16), le(speech)))
	if !slices.Equal(want, msb) || !slices.Equal(want, headed) || want[0].Voice.Digest == 0 {
		t.Errorf("LSB %v, MSB %v, WAV %v", want, msb, headed)
	}
	_, other, _ := hear(t, spec(t, "LSB16K"), file(t, "speech-ja.raw"))
	if other[0].Voice.Digest == want[0].Voice.Digest {
		t.Error("two sounds have the same digest")
	}
}

func TestChunkingDoesNotMatter(t *testing.T) {
	for name, audio := range map[string][]byte{"16K": file(t, "speech-ja-stereo.wav"), "8K": file(t, "speech-ja-8k-mulaw.wav"), "LSB16K": file(t, "speech-ja.raw"), "MSB16K": be(sample(16000))} {
		want, sum, err := listen(spec(t, name), audio, 0)
		if err != nil || len(want) == 0 {
			t.Fatal(name, want, err)
		}
		for _, size := range []int{1, 2, 3, 5, 7, 13, 43, 321, 639, 4097} {
			if got, s, err := listen(spec(t, name), audio, size); err != nil || s != sum || !slices.Equal(got, want) {
				t.Errorf("%s by %d bytes: %v %+v %v; want %v %+v", name, size, got, s, err, want, sum)
			}
		}
	}
}

func TestNotSpeech(t *testing.T) {
	const rate, d = 16000, 6 * time.Second
	random := make([]byte, 2*rate*6)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	for name, audio := range map[string][]byte{
		"digital silence": le(silence(rate, d)), "random bytes": random,
		"noise 10": le(noise(rate, d, 10)), "noise 100": le(noise(rate, d, 100)), "noise 1000": le(noise(rate, d, 1000)), "noise 8000": le(noise(rate, d, 8000)),
		"50 Hz": le(tone(rate, d, 50, 3000, 0)), "60 Hz": le(tone(rate, d, 60, 3000, 0)), "noise at the threshold": le(noise(rate, d, 31)), "440 Hz": le(tone(rate, d, 440, 8000, 0)),
		"1 kHz": le(tone(rate, d, 1000, 20000, 0)), "DC": le(tone(rate, d, 0, 0, 9000)), "hum on DC": le(tone(rate, d, 50, 500, -4000)),
		"noise that begins":                         le(slices.Concat(silence(rate, 2*time.Second), noise(rate, d, 1000))),
		"noise that begins inside a frame and ends": le(slices.Concat(silence(rate, 2010*time.Millisecond), noise(rate, d, 3000), silence(rate, 3*time.Second))),
	} {
		starts, _, sum := hear(t, spec(t, "LSB16K"), audio)
		if len(starts) != 0 || sum.Speech != 0 || sum.Silent != (name == "digital silence") {
			t.Errorf("%s: %v %+v", name, starts, sum)
		}
	}
	for name, b := range map[string]byte{"MULAW": 0xFF, "ALAW": 0xD5} {
		audio := make([]byte, 16000)
		for i := range audio {
			audio[i] = b
		}
		if starts, _, sum := hear(t, spec(t, name), audio); len(starts) != 0 || !sum.Silent {
			t.Errorf("silence in %s: %v %+v", name, starts, sum)
		}
	}
}

func TestHearsSpeechOverNoise(t *testing.T) {
	const rate = 16000
	speech := sample(rate)
	var power float64
	for _, s := range speech[rate : 3*rate] {
		power += float64(s) * float64(s)
	}
	rms := math.Sqrt(power / (2 * rate))
	for _, snr := range []float64{12, 20, 30} {
		mix := add(speech, noise(rate, 5*time.Second, rms/math.Pow(10, snr/20)))
		if starts, ends, _ := hear(t, spec(t, "LSB16K"), le(mix)); len(ends) != 1 || !near(starts[0].At, 820, 200) || !near(ends[0].At, 3180, 250) {
			t.Errorf("SNR %g dB: %v %v", snr, starts, ends)
		}
	}
	// A long time of sound that wavers a little is not part of the speech that follows.
	hum := tone(rate, 20*time.Second, 300, 400, 0)
	for i := range hum {
		hum[i] = int16(float64(hum[i]) * (1 + 0.29*math.Sin(2*math.Pi*2*float64(i)/rate)))
	}
	mix := slices.Concat(hum, sound.Speech(rate, 2*time.Second), silence(rate, 2*time.Second))
	if starts, _, _ := hear(t, spec(t, "LSB16K"), le(mix)); len(starts) != 1 || starts[0].At < 18000 {
		t.Errorf("speech after 20 s of wavering hum: %v", starts)
	}
}

func TestCoughIsNotUnderstood(t *testing.T) {
	const rate = 16000
	cough := noise(rate, 120*time.Millisecond, 6000)
	for i := range cough {
		cough[i] = int16(float64(cough[i]) * math.Exp(-float64(i)/rate*15))
	}
	_, ends, _ := hear(t, spec(t, "LSB16K"), le(slices.Concat(silence(rate, time.Second), cough, silence(rate, 2*time.Second))))
	if len(ends) != 1 || ends[0].Voice.Understood {
		t.Errorf("a cough is %+v", ends)
	}
}

func TestSilenceEndsAnUtterance(t *testing.T) {
	const rate = 16000
	l := hearing.NewListener(spec(t, "LSB16K"))
	var end hearing.SpeechEnd
	at := -1
	for i, frame := range slices.Collect(slices.Chunk(le(sample(rate)), 640)) {
		events, err := l.Write(frame)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e, ok := e.(hearing.SpeechEnd); ok {
				end, at = e, (i+1)*20
			}
		}
	}
	if wait := at - end.Voice.End; at < 0 || wait < 950 || wait >= 970 || end.At != end.Voice.End+200 {
		t.Errorf("the end %+v was found at %d ms", end, at)
	}
	for gap, want := range map[time.Duration]int{700 * time.Millisecond: 1, 1200 * time.Millisecond: 2} {
		two := slices.Concat(sample(rate)[:3*rate], silence(rate, gap), sound.Speech(rate, 2*time.Second))
		starts, ends, sum := hear(t, spec(t, "LSB16K"), le(two))
		if len(ends) != want || ends[want-1].At != sum.Duration {
			t.Errorf("a gap of %v: %v %v", gap, starts, ends)
		}
	}
}

func TestLongestUtterance(t *testing.T) {
	for _, name := range []string{"LSB8K", "LSB11K", "LSB16K", "LSB22K"} {
		f := format(t, name)
		audio := le(slices.Concat(silence(f.Rate, time.Second), sound.Speech(f.Rate, 33*time.Second), silence(f.Rate, 2*time.Second)))
		starts, ends, _ := hear(t, spec(t, name), audio)
		if len(ends) != 2 || ends[0].At != starts[0].At+30000 || starts[1].At != ends[0].At || !near(ends[1].At, 34200, 100) {
			t.Errorf("%s: %v %v", name, starts, ends)
		}
		s := spec(t, name)
		s.Utterance = 2345 * time.Millisecond
		s.Interval = 50 * time.Millisecond
		starts, ends, _ = hear(t, s, audio)
		for i := 1; i < len(starts)-1; i++ {
			if starts[i].At != ends[i-1].At || ends[i].At-starts[i].At != 2345 {
				t.Errorf("%s: utterance %d is %v %v", name, i, starts[i], ends[i])
			}
		}
	}
}

func TestInterimResults(t *testing.T) {
	s := spec(t, "LSB16K")
	for interval, least := range map[time.Duration]int{0: 0, 200 * time.Millisecond: 6, time.Second: 1, 10 * time.Second: 0} {
		s.Interval = interval
		events, _, err := listen(s, le(sample(16000)), 0)
		if err != nil {
			t.Fatal(err)
		}
		check(t, s, events)
		var digest uint64
		n := 0
		for _, e := range events {
			switch e := e.(type) {
			case hearing.Interim:
				n, digest = n+1, e.Voice.Digest
			case hearing.SpeechEnd:
				if n > 0 && digest != e.Voice.Digest {
					t.Error("an interim result is about another sound than its end")
				}
			case hearing.SpeechStart:
			}
		}
		if n < least || least == 0 && n > 0 {
			t.Errorf("%d interim results at %v, want at least %d", n, interval, least)
		}
	}
}

func TestNothing(t *testing.T) {
	for _, f := range protocol.AudioFormats() {
		if events, sum, err := listen(spec(t, f.Name), nil, 0); len(events) != 0 || sum.Bytes != 0 || sum.Duration != 0 || err != nil {
			t.Errorf("%s: %v %+v %v", f.Name, events, sum, err)
		}
	}
}

func BenchmarkWrite32KB(b *testing.B) {
	l := hearing.NewListener(hearing.Spec{Format: format(b, "LSB16K"), Interval: time.Second})
	audio := le(sound.Speech(16000, 1024*time.Millisecond))
	b.SetBytes(int64(len(audio)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Write(audio); err != nil {
			b.Fatal(err)
		}
	}
}
