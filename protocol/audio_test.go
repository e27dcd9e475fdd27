package protocol_test

import (
	"strings"
	"testing"

	"mockamivoice/protocol"
)

func TestParseAudioFormat(t *testing.T) {
	t.Parallel()
	formats := map[string]protocol.AudioFormat{ // documented: audio-format
		"LSB8K":   {Name: "LSB8K", Encoding: protocol.PCM16LE, Rate: 8000},
		"lsb11k":  {Name: "LSB11K", Encoding: protocol.PCM16LE, Rate: 11025},
		"lsb16k":  {Name: "LSB16K", Encoding: protocol.PCM16LE, Rate: 16000},
		"Lsb22K":  {Name: "LSB22K", Encoding: protocol.PCM16LE, Rate: 22050},
		"LSB32k":  {Name: "LSB32K", Encoding: protocol.PCM16LE, Rate: 32000},
		"lSb44k":  {Name: "LSB44K", Encoding: protocol.PCM16LE, Rate: 44100},
		"LsB48K":  {Name: "LSB48K", Encoding: protocol.PCM16LE, Rate: 48000},
		"msb8k":   {Name: "MSB8K", Encoding: protocol.PCM16BE, Rate: 8000},
		"MSB11K":  {Name: "MSB11K", Encoding: protocol.PCM16BE, Rate: 11025},
		"Msb16k":  {Name: "MSB16K", Encoding: protocol.PCM16BE, Rate: 16000},
		"MSB22K":  {Name: "MSB22K", Encoding: protocol.PCM16BE, Rate: 22050},
		"msb32K":  {Name: "MSB32K", Encoding: protocol.PCM16BE, Rate: 32000},
		"MSB44K":  {Name: "MSB44K", Encoding: protocol.PCM16BE, Rate: 44100},
		"mSB48k":  {Name: "MSB48K", Encoding: protocol.PCM16BE, Rate: 48000},
		"mulaw":   {Name: "MULAW", Encoding: protocol.MuLaw, Rate: 8000},
		"ALaw":    {Name: "ALAW", Encoding: protocol.ALaw, Rate: 8000},
		"8k":      {Name: "8K", Encoding: protocol.Headed, Rate: 8000},
		"16k":     {Name: "16K", Encoding: protocol.Headed, Rate: 16000},
		"opus16K": {Name: "OPUS16K", Encoding: protocol.Headed, Rate: 16000}, // observed: the vendor's recorder
	}
	for name, want := range formats {
		got, err := protocol.ParseAudioFormat(name)
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v; want %+v", name, got, err, want)
		}
		if text := string(protocol.AppendAudioFormat(nil, want)); text != strings.ToUpper(name) {
			t.Errorf("%+v is written %q", want, text)
		}
	}
	if n := len(protocol.AudioFormats()); n != len(formats) {
		t.Errorf("%d formats are known, want %d", n, len(formats))
	}
}

func TestParseAudioFormatRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", " 16K", "16K ", "22K", "LSB", "LSB12K", "MSB96K", "WAV", "16\u212a", "\u017fsb16k", strings.Repeat("16K", 1000)} {
		if f, err := protocol.ParseAudioFormat(name); err == nil {
			t.Errorf("%q was accepted as %+v", name, f)
		} else if len(err.Error()) > 200 {
			t.Errorf("the error for %d bytes has %d bytes", len(name), len(err.Error()))
		}
	}
}

func TestParseAudioContentType(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]string{ // observed: the vendor's client library
		"audio/x-mulaw":           "MULAW",
		"audio/x-alaw; rate=8000": "ALAW",
		"audio/x-pcm;bit=16;rate=16000;byte-order=little-endian": "LSB16K",
		"Audio/X-PCM; rate=44100; byte-order=Big-Endian":         "MSB44K",
		`audio/x-pcm; rate="11025"`:                              "LSB11K",
		"audio/x-pcm":                                            "",
		"audio/x-pcm;rate=16000;bit=8":                           "",
		"audio/x-pcm;rate=16000;byte-order=middle":               "",
		"audio/x-pcm;rate=12345":                                 "",
		"audio/x-mulaw;rate=16000":                               "",
		"audio/wav":                                              "",
		"application/octet-stream":                               "",
		"":                                                       "",
	} {
		got, ok := protocol.ParseAudioContentType(contentType)
		if ok != (want != "") || (ok && got.Name != want) {
			t.Errorf("%q is %+v, %t; want %q", contentType, got, ok, want)
		}
	}
}

func TestDocumentedRate(t *testing.T) {
	t.Parallel()
	for hz, want := range map[int]bool{8000: true, 11025: true, 16000: true, 22050: true, 32000: true, 44100: true, 48000: true, 11000: false, 96000: false, 0: false} {
		if got := protocol.DocumentedRate(hz); got != want {
			t.Errorf("%d Hz documented: %t, want %t", hz, got, want)
		}
	}
}

func FuzzParseAudioFormat(f *testing.F) {
	for _, format := range protocol.AudioFormats() {
		f.Add(format.Name)
	}
	f.Fuzz(func(t *testing.T, s string) {
		format, err := protocol.ParseAudioFormat(s)
		if err != nil {
			return
		}
		text := string(protocol.AppendAudioFormat(nil, format))
		if again, err := protocol.ParseAudioFormat(text); err != nil || again != format {
			t.Errorf("%q written as %q reads %+v, %v", s, text, again, err)
		}
	})
}

func FuzzParseAudioContentType(f *testing.F) {
	f.Add("audio/x-pcm;bit=16;rate=16000;byte-order=little-endian")
	f.Add("audio/x-mulaw")
	f.Fuzz(func(t *testing.T, s string) {
		format, ok := protocol.ParseAudioContentType(s)
		if !ok {
			return
		}
		if named, err := protocol.ParseAudioFormat(format.Name); err != nil || named != format {
			t.Errorf("%q stands for %+v, which is no format of the service: %v", s, format, err)
		}
	})
}

func TestHowLongAudioLasts(t *testing.T) {
	for name, want := range map[string]int64{"LSB16K": 1000, "MSB8K": 2000, "MULAW": 4000, "ALAW": 4000, "LSB11K": 1451, "16K": 0, "OPUS16K": 0} {
		f, err := protocol.ParseAudioFormat(name)
		if got := f.Milliseconds(32000); err != nil || got != want {
			t.Errorf("32,000 bytes of %s last %d ms, want %d (%v)", name, got, want, err)
		}
	}
}
