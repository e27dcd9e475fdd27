package hearing_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"mockamivoice/fake/internal/hearing"
	"mockamivoice/protocol"
	"mockamivoice/scenarios/fixture"
	"mockamivoice/scenarios/sound"
)

func spoken(tb testing.TB, rate int, texts ...string) []int16 {
	tb.Helper()
	s, err := fixture.Speak(rate, 0, texts...)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// written is samples as the bytes of a format.
func written(f protocol.AudioFormat, samples []int16) []byte {
	switch f.Encoding {
	case protocol.PCM16BE:
		return be(samples)
	case protocol.MuLaw:
		return encode(samples, muLaw)
	case protocol.ALaw:
		return encode(samples, aLaw)
	case protocol.Headed:
		return wav(fmtChunk(1, 1, uint32(f.Rate), 16), le(samples))
	case protocol.PCM16LE:
	}
	return le(samples)
}

// texts are random ones of every length.
func texts(r *rand.Rand, n int) []string {
	alphabets := [][2]rune{{' ', '~'}, {0x3041, 0x3096}, {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3}, {0x1F300, 0x1F5FF}}
	all := make([]string, n)
	for i := range all {
		var b strings.Builder
		for range 1 + r.IntN(1+r.IntN(fixture.MaxText)) {
			a := alphabets[r.IntN(len(alphabets))]
			b.WriteRune(a[0] + r.Int32N(a[1]-a[0]+1))
		}
		all[i] = b.String()
	}
	return all
}

func TestHearsWhatAFixtureSays(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for _, f := range protocol.AudioFormats() {
		want := texts(r, 3)
		audio := written(f, spoken(t, f.Rate, want...))
		for _, packet := range []int{0, 1 + r.IntN(7), 640, 1 + r.IntN(9000)} {
			events, _, err := listen(spec(t, f.Name), audio, packet)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range events {
				if e, ok := e.(hearing.SpeechEnd); ok {
					got = append(got, e.Voice.Carried.Text+e.Voice.Carried.Damage)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s in packets of %d: %q, want %q", f.Name, packet, got, want)
			}
		}
	}
}

// The times are those of the sound: half a second of silence comes first.
func TestAFixtureIsOneUtterance(t *testing.T) {
	for _, f := range protocol.AudioFormats() {
		for _, text := range []string{"a", "もしもし", strings.Repeat("long ", 40)} {
			starts, ends, _ := hear(t, spec(t, f.Name), written(f, spoken(t, f.Rate, text, text)))
			ms := int(fixture.Duration(text).Milliseconds())
			if len(ends) != 2 || !ends[0].Voice.Understood || !near(ends[0].Voice.Start, 500, 25) || !near(ends[0].Voice.End, 500+ms, 25) ||
				!near(ends[1].Voice.Start, 2000+ms, 25) || !near(starts[1].At, 1800+ms, 25) {
				t.Errorf("%s, %d characters, %d ms: %v %v", f.Name, len([]rune(text)), ms, starts, ends)
			}
		}
	}
}

func TestHearsAFixtureOverNoise(t *testing.T) {
	for _, name := range []string{"LSB8K", "LSB16K", "MULAW", "LSB48K"} {
		f := format(t, name)
		for seed := range uint64(5) {
			want := texts(rand.New(rand.NewPCG(seed, 2)), 2)
			s := spoken(t, f.Rate, want...)
			var power, n float64
			for _, v := range s {
				if v != 0 {
					power += float64(v) * float64(v)
					n++
				}
			}
			rms := math.Sqrt(power/n) / 10 // 20 dB below
			r := rand.New(rand.NewPCG(seed, 3))
			for i := range s {
				s[i] = int16(max(min(float64(s[i])+rms*r.NormFloat64(), 32767), -32768))
			}
			_, ends, _ := hear(t, spec(t, name), written(f, s))
			var got []string
			for _, e := range ends {
				got = append(got, e.Voice.Carried.Text+e.Voice.Carried.Damage)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, seed %d: %q, want %q", name, seed, got, want)
			}
		}
	}
}

func TestAFixtureNeedsNoSilenceAroundIt(t *testing.T) {
	for _, f := range protocol.AudioFormats() {
		s, err := fixture.Encode("はい", f.Rate)
		if err != nil {
			t.Fatal(err)
		}
		if _, ends, _ := hear(t, spec(t, f.Name), written(f, s)); len(ends) != 1 || ends[0].Voice.Carried != (hearing.Carried{Found: true, Text: "はい"}) {
			t.Errorf("%s: %+v", f.Name, ends)
		}
	}
}

// A mixer lays fixtures over a voice that never pauses, so that all of it is one utterance.
func TestHearsAFixtureOverAVoice(t *testing.T) {
	for _, name := range []string{"LSB8K", "LSB16K", "LSB44K"} {
		f := format(t, name)
		clean := spoken(t, f.Rate, "もしもし", "hello, world")
		voice := sound.Speech(f.Rate, 12*time.Second)
		for _, db := range []float64{15, 20, 30} {
			quiet := slices.Clone(voice)
			for i := range quiet {
				quiet[i] = int16(float64(quiet[i]) / math.Pow(10, db/20))
			}
			for late := range 3 {
				mix := add(slices.Concat(silence(f.Rate, time.Second+time.Duration(late)*70*time.Millisecond), clean), quiet)
				_, ends, _ := hear(t, spec(t, name), le(mix))
				var got []string
				for _, e := range ends {
					got = append(got, e.Voice.Carried.Text+e.Voice.Carried.Damage)
				}
				if !slices.Equal(got, []string{"もしもし hello, world"}) {
					t.Errorf("%s, %g dB, %d: %q", name, db, late, got)
				}
			}
		}
	}
}

func TestSaysWhatIsWrongWithAFixture(t *testing.T) {
	const text = "今日はとても良い天気ですね。明日も晴れるでしょう。"
	s := spoken(t, 16000, text)
	at := func(ms int) int { return 16 * ms }
	double := func(second func(int16) int16) []int16 {
		var both []int16
		for _, v := range s {
			both = append(both, v, second(v))
		}
		return both
	}
	same, none := func(v int16) int16 { return v }, func(int16) int16 { return 0 }
	silenced := slices.Clone(s)
	clear(silenced[at(1200):at(1240)])
	for name, c := range map[string]struct {
		format string
		audio  []byte
		want   string
	}{
		"big-endian as little-endian": {"LSB16K", be(s), "reads as big-endian"},
		"little-endian as big-endian": {"MSB16K", le(s), "reads as little-endian"},
		"half speed":                  {"LSB8K", le(s), "plays at half speed: reads as 16000 samples a second, not 8000"},
		"double speed":                {"LSB32K", le(s), "plays at double speed: reads as 16000 samples a second, not 32000"},
		"11 kHz":                      {"LSB11K", le(s), "plays at 0.69 times its speed: reads as 16000 samples a second, not 11025"},
		"48 kHz":                      {"LSB48K", le(s), "plays at 3.00 times its speed: reads as 16000 samples a second, not 48000"},
		"both":                        {"MSB8K", le(s), "reads as little-endian; plays at half speed: reads as 16000 samples a second, not 8000"},
		"stereo as mono":              {"LSB16K", le(double(same)), "reads as two channels, sent as one"},
		"left of stereo as mono":      {"LSB16K", le(double(none)), "reads as two channels, sent as one"},
		"lost packets":                {"LSB16K", le(slices.Concat(s[:at(1200)], s[at(1300):])), "gap of 100 ms, about 0.6 s into the utterance: that much sound is missing"},
		"a lost packet":               {"LSB16K", le(slices.Concat(s[:at(1200)], s[at(1220):])), "gap of 20 ms, about 0.6 s into the utterance: that much sound is missing"},
		"a packet twice":              {"LSB16K", le(slices.Concat(s[:at(1200)], s[at(1160):])), "40 ms too many, about 0.6 s into the utterance: some sound came twice, or something else came in between"},
		"silence in place of packets": {"LSB16K", le(silenced), "gap of 40 ms, about 0.6 s into the utterance: there is silence in place of sound"},
		"packets in another order": {
			"LSB16K", le(slices.Concat(s[:at(1200)], s[at(1240):at(1280)], s[at(1200):at(1240)], s[at(1280):])),
			"has its right length and cannot be read, about 0.6 s into the utterance: packets in the wrong order, other sound on top, or a codec with too few bits",
		},
		"no end":  {"LSB16K", le(s[:at(1540)]), "breaks off, about 1.0 s into the utterance"},
		"nothing": {"LSB16K", le(s), ""},
	} {
		_, ends, _ := hear(t, spec(t, c.format), c.audio)
		if len(ends) != 1 || !ends[0].Voice.Carried.Found || ends[0].Voice.Carried.Damage != c.want || (ends[0].Voice.Carried.Text == text) != (c.want == "") {
			t.Errorf("%s: %+v, want %q", name, ends, c.want)
		}
	}
	var right []int16
	for _, v := range s {
		right = append(right, 0, v)
	}
	if starts, _, sum := hear(t, spec(t, "16K"), wav(fmtChunk(1, 2, 16000, 16), le(right))); len(starts) != 0 || !strings.Contains(sum.Note, "first of two channels is silent") {
		t.Errorf("sound in the second channel: %v %+v", starts, sum)
	}
}

func TestOtherSoundCarriesNothing(t *testing.T) {
	for _, name := range []string{"speech-ja.wav", "speech-ja-8k-mulaw.wav", "speech-ja-stereo.wav"} {
		_, ends, _ := hear(t, spec(t, "16K"), file(t, name))
		for _, e := range ends {
			if e.Voice.Carried != (hearing.Carried{}) {
				t.Errorf("%s carries %+v", name, e.Voice.Carried)
			}
		}
	}
	for _, hz := range []float64{575, 1150, 1950, 3100} {
		audio := slices.Concat(silence(16000, time.Second), add(tone(16000, time.Second, hz, 6000, 0), tone(16000, time.Second, hz*1950/1150, 6000, 0)), silence(16000, 2*time.Second))
		_, ends, _ := hear(t, spec(t, "LSB16K"), le(audio))
		for _, e := range ends {
			if e.Voice.Carried != (hearing.Carried{}) {
				t.Errorf("two tones carry %+v", e.Voice.Carried)
			}
		}
	}
}

func TestInterimResultsOfAFixtureAreItsBeginning(t *testing.T) {
	text := strings.Repeat("あいうえお", 40)
	events, _, err := listen(spec(t, "LSB16K"), le(spoken(t, 16000, text)), 640)
	if err != nil {
		t.Fatal(err)
	}
	partly := 0
	for _, e := range events {
		if e, ok := e.(hearing.Interim); ok {
			if !e.Voice.Carried.Found || !strings.HasPrefix(text, e.Voice.Carried.Text) {
				t.Errorf("%+v", e)
			}
			if n := len(e.Voice.Carried.Text); n > 0 && n < len(text) {
				partly++
			}
		}
	}
	if partly < 5 {
		t.Errorf("%d interim results say a part of the text", partly)
	}
}

// BenchmarkOnsets hears phrases of 0.8 s with pauses of 0.2 s: each of them could be a fixture, and some are.
func BenchmarkOnsets(b *testing.B) {
	const rate = 16000
	phrases := slices.Concat(silence(rate, time.Second), slices.Repeat(slices.Concat(sound.Speech(rate, 800*time.Millisecond), silence(rate, 200*time.Millisecond)), 30))
	for name, audio := range map[string][]byte{"speech": le(phrases), "fixture": le(spoken(b, rate, strings.Repeat("字", 200)))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			seconds := float64(len(audio)) / 2 / rate
			for b.Loop() {
				l := hearing.NewListener(hearing.Spec{Format: format(b, "LSB16K"), Interval: time.Second})
				for p := range slices.Chunk(audio, 640) {
					if _, err := l.Write(p); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/seconds, "µs/s-of-audio")
		})
	}
}
