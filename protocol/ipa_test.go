package protocol_test

import (
	"net/netip"
	"slices"
	"testing"

	"mockamivoice/protocol"
)

func TestParseIPA(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, ipa, canonical string }{
		{"documented: no restriction", "", ""},
		{"documented: bare address", "203.0.113.253", "203.0.113.253"},
		{"documented: block", "192.168.0.0/16", "192.168.0.0/16"},
		{"documented: comma", "203.0.113.0/24,198.51.100.0/24", "203.0.113.0/24,198.51.100.0/24"},
		{"documented: blank", "10.1.2.34 203.0.113.253", "10.1.2.34,203.0.113.253"},
		{"assumed: only blanks", "  ", ""},
		{"assumed: repeated and surrounding separators", " ,10.1.2.34, ,, 203.0.113.0/24 , ", "10.1.2.34,203.0.113.0/24"},
		{"assumed: host bits are masked", "203.0.113.7/24", "203.0.113.0/24"},
		{"assumed: whole space", "1.2.3.4/0", "0.0.0.0/0"},
		{"assumed: single address as block", "10.1.2.34/32", "10.1.2.34"},
	} {
		allow, err := protocol.ParseIPA(c.ipa)
		if got := string(protocol.AppendIPA(nil, allow)); err != nil || got != c.canonical {
			t.Errorf("%s: ipa %q is %q, %v; want %q", c.source, c.ipa, got, err, c.canonical)
		}
		if (allow == nil) != (c.canonical == "") {
			t.Errorf("%s: ipa %q: nil list %t", c.source, c.ipa, allow == nil)
		}
	}
}

func TestParseIPARefuses(t *testing.T) {
	t.Parallel()
	for _, ipa := range []string{ // assumed: whatever is not IPv4
		"256.0.0.1", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/08", "10.0.0", "10.0.0.0.1", "010.0.0.1", "::1", "::ffff:10.0.0.1",
		"2001:db8::/32", "localhost", "10.0.0.1;10.0.0.2", "10.0.0.1\t10.0.0.2", "10.0.0.1/255.255.255.0", "10.0.0.1,x", "/24", "10.0.0.*",
	} {
		if allow, err := protocol.ParseIPA(ipa); err == nil {
			t.Errorf("ipa %q was accepted as %v", ipa, allow)
		}
	}
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ipa, peer string
		want      bool
	}{
		{"", "198.51.100.1", true},
		{"", "2001:db8::1", true},
		{"203.0.113.253", "203.0.113.253", true},
		{"203.0.113.253", "198.51.100.1", false},
		{"203.0.113.0/24,198.51.100.0/24", "198.51.100.77", true},
		{"203.0.113.0/24", "::ffff:203.0.113.9", true},
		{"203.0.113.0/24", "::ffff:198.51.100.1", false},
		{"127.0.0.1", "::1", false},
		{"0.0.0.0/0", "2001:db8::1", false},
	} {
		allow, err := protocol.ParseIPA(c.ipa)
		if err != nil {
			t.Fatal(err)
		}
		if got := protocol.Allowed(allow, netip.MustParseAddr(c.peer)); got != c.want {
			t.Errorf("ipa %q lets %s in: %t, want %t", c.ipa, c.peer, got, c.want)
		}
	}
	if protocol.Allowed([]netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, netip.Addr{}) {
		t.Error("an unknown peer passes a restriction")
	}
}

func FuzzParseIPA(f *testing.F) {
	for _, s := range []string{"", "203.0.113.7/24,198.51.100.0/24", " 10.1.2.34, 0.0.0.0/0", "::1", "1.2.3.4/33"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		allow, err := protocol.ParseIPA(s)
		if err != nil {
			return
		}
		text := protocol.AppendIPA(nil, allow)
		again, err := protocol.ParseIPA(string(text))
		if err != nil || !slices.Equal(again, allow) {
			t.Errorf("ipa %q written as %q reads %v, %v", s, text, again, err)
		}
		for _, p := range allow {
			if !protocol.Allowed(allow, p.Addr()) {
				t.Errorf("ipa %q refuses its own %s", s, p)
			}
		}
	})
}
