package protocol_test

import (
	"net/netip"
	"testing"
	"time"

	"mockamivoice/protocol"
)

func jstMilli(year int, month time.Month, day, hour, minute, second, milli int) time.Time {
	return time.Date(year, month, day, hour, minute, second, milli*1_000_000, time.FixedZone("JST", 9*3600)).UTC()
}

func TestSessionID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source, hex string
		want        protocol.SessionID
	}{
		{"documented: sample result", "018122d65d370a30116494c8", protocol.SessionID{
			Time: jstMilli(2022, 6, 2, 14, 14, 42, 871), Addr: netip.MustParseAddr("10.48.17.100"), Tail: 0x94c8,
		}},
		{"observed: result of 2024", "018f3423547d0a30369794c1", protocol.SessionID{
			Time: jstMilli(2024, 5, 1, 21, 31, 21, 725), Addr: netip.MustParseAddr("10.48.54.151"), Tail: 0x94c1,
		}},
		{"documented: asynchronous sample", "017ac8786c5b0a0504399999", protocol.SessionID{
			Time: jstMilli(2021, 7, 21, 18, 49, 33, 147), Addr: netip.MustParseAddr("10.5.4.57"), Tail: 0x9999,
		}},
	} {
		got, err := protocol.ParseSessionID(c.hex)
		if err != nil || got != c.want {
			t.Errorf("%s: %s is %v, %v; want %v", c.source, c.hex, got, err, c.want)
		}
		if text := string(protocol.AppendSessionID(nil, c.want)); text != c.hex {
			t.Errorf("%s: wrote %s, want %s", c.source, text, c.hex)
		}
	}
}

func TestAppendSessionIDWithoutAnIPv4Address(t *testing.T) {
	t.Parallel()
	at := jstMilli(2022, 6, 2, 14, 14, 42, 871)
	for addr, want := range map[netip.Addr]string{
		{}:                                       "018122d65d370000000094c8",
		netip.MustParseAddr("2001:db8::1"):       "018122d65d370000000094c8",
		netip.MustParseAddr("::ffff:10.48.17.1"): "018122d65d370a30110194c8",
	} {
		if got := string(protocol.AppendSessionID(nil, protocol.SessionID{Time: at, Addr: addr, Tail: 0x94c8})); got != want {
			t.Errorf("address %v: wrote %s, want %s", addr, got, want)
		}
	}
}

func TestParseSessionIDRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "018122d65d370a30116494c", "018122d65d370a30116494c80", "018122D65D370A30116494C8", "018122d65d370a30116494cg", "ffffffffffff0a30116494c8"} {
		if id, err := protocol.ParseSessionID(s); err == nil {
			t.Errorf("%q was accepted as %v", s, id)
		}
	}
}

func TestUtteranceID(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"20220602/14/018122d65d370a30116494c8_20220602_141442", // documented: sample result
		"20240501/21/018f3423547d0a30369794c1_20240501_213121", // observed: result of 2024
		"20251101/07/019a3c51e7400a301164beef_20251101_070951", // inferred: an id composed like them
	} {
		id, err := protocol.ParseUtteranceID(s)
		if got := string(protocol.AppendUtteranceID(nil, id)); err != nil || got != s {
			t.Errorf("%s reads %v, %v and is written %s", s, id, err, got)
		}
	}
	for _, s := range []string{
		"", "018122d65d370a30116494c8", "20220602/14/018122d65d370a30116494c8", "20220602/14/018122d65d370a30116494c8-20220602_141442",
		"20221302/14/018122d65d370a30116494c8_20220602_141442", "20220602/24/018122d65d370a30116494c8_20220602_141442",
		"20220602/14/018122d65d370a30116494cx_20220602_141442", "20220602/14/018122d65d370a30116494c8_20220602_141460",
	} {
		if id, err := protocol.ParseUtteranceID(s); err == nil {
			t.Errorf("%q was accepted as %v", s, id)
		}
	}
}

func TestStreamUtteranceID(t *testing.T) {
	t.Parallel()
	// observed: a result pasted by a developer
	const observed = "20220816/ja_ja-amivoicecloud-16k-shap42103@0182a5acdadd0a3038ff8536-0816_170226"
	want := protocol.StreamUtteranceID{
		Model: "ja_ja-amivoicecloud-16k-shap42103",
		ID: protocol.SessionID{
			Time: jstMilli(2022, 8, 16, 17, 2, 25, 117), Addr: netip.MustParseAddr("10.48.56.255"), Tail: 0x8536,
		},
		At: jstMilli(2022, 8, 16, 17, 2, 26, 0),
	}
	got, err := protocol.ParseStreamUtteranceID(observed)
	if err != nil || got != want {
		t.Errorf("%s reads %v, %v; want %v", observed, got, err, want)
	}
	if text := string(protocol.AppendStreamUtteranceID(nil, want)); text != observed {
		t.Errorf("wrote %s, want %s", text, observed)
	}
	for _, s := range []string{
		"", "20220816/@", "20220816/model@0182a5acdadd0a3038ff8536_0816_170226", "20221316/model@0182a5acdadd0a3038ff8536-0816_170226",
		"20220816/model@0182a5acdadd0a3038ff8536-0231_170226", "20220816/0182a5acdadd0a3038ff8536-0816_170226",
		"20220816/model@0182a5acdadd0a3038ff853-0816_170226", "2022/model@0182a5acdadd0a3038ff8536-0816_170226",
	} {
		if id, err := protocol.ParseStreamUtteranceID(s); err == nil {
			t.Errorf("%q was accepted as %v", s, id)
		}
	}
}

func FuzzParseSessionID(f *testing.F) {
	for _, s := range []string{"018122d65d370a30116494c8", "000000000000000000000000", "ffffffffffffffffffffffff", "E"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := protocol.ParseSessionID(s)
		if err != nil {
			return
		}
		if text := string(protocol.AppendSessionID(nil, id)); text != s {
			t.Errorf("%q is written %q", s, text)
		}
	})
}

func FuzzParseUtteranceID(f *testing.F) {
	f.Add("20220602/14/018122d65d370a30116494c8_20220602_141442")
	f.Add("20220816/ja_ja-amivoicecloud-16k-shap42103@0182a5acdadd0a3038ff8536-0816_170226")
	f.Add("00000101/a/b@c@0182a5acdadd0a3038ff8536-0101_000000")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := protocol.ParseUtteranceID(s); err == nil {
			text := protocol.AppendUtteranceID(nil, id)
			if again, err := protocol.ParseUtteranceID(string(text)); err != nil || again != id {
				t.Errorf("%q written as %q reads %v, %v", s, text, again, err)
			}
		}
		if id, err := protocol.ParseStreamUtteranceID(s); err == nil {
			text := protocol.AppendStreamUtteranceID(nil, id)
			if again, err := protocol.ParseStreamUtteranceID(string(text)); err != nil || again != id {
				t.Errorf("%q written as %q reads %v, %v", s, text, again, err)
			}
		}
	})
}
