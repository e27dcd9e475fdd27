package appkey

import (
	"encoding/binary"
	"net/netip"
)

// Claims are what a key says of itself.
type Claims struct {
	Service     string         // service ID; empty when the credentials were wrong
	Credentials bool           // whether the credentials were right when the key was issued
	Expires     int64          // milliseconds since 1970 in UTC; 0 for never
	Allow       []netip.Prefix // addresses that may use the key; none for all
	Issuable    bool           // whether the key may issue keys
	Scenario    string         // what the key is bound to; empty for nothing
}

const (
	flagCredentials = 1 << iota
	flagIssuable
)

// append appends c in its binary form: flags, expiry, texts and addresses with their lengths in front.
func (c Claims) append(dst []byte) []byte {
	var flags byte
	if c.Credentials {
		flags |= flagCredentials
	}
	if c.Issuable {
		flags |= flagIssuable
	}
	dst = binary.AppendVarint(append(dst, flags), c.Expires)
	dst = appendText(dst, c.Service)
	dst = appendText(dst, c.Scenario)
	dst = binary.AppendUvarint(dst, uint64(len(c.Allow)))
	for _, p := range c.Allow {
		addr := p.Addr().AsSlice() // empty for a prefix that is none; leaving it out could turn a list of one into all
		dst = append(append(dst, byte(len(addr))), addr...)
		dst = append(dst, byte(p.Bits()))
	}
	return dst
}

// pad fills the last block of plain with zeros.
func (Claims) pad(plain []byte) []byte {
	return append(plain, make([]byte, (block-len(plain)%block)%block)...)
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func parse(plain []byte) (c Claims, ok bool) {
	r := reader{rest: plain}
	flags := r.bytes(1)
	c.Expires = r.varint()
	c.Service = string(r.bytes(r.uvarint()))
	c.Scenario = string(r.bytes(r.uvarint()))
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		addr, _ := netip.AddrFromSlice(r.bytes(uint64(r.byte())))
		c.Allow = append(c.Allow, netip.PrefixFrom(addr, int(r.byte())))
	}
	if r.bad {
		return Claims{}, false
	}
	c.Credentials, c.Issuable = flags[0]&flagCredentials != 0, flags[0]&flagIssuable != 0
	return c, true
}

// reader takes a binary form apart; once something was missing it is bad and yields zeros.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) bytes(n uint64) []byte {
	if r.bad || n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	r.bytes(uint64(max(n, 0)))
	r.bad = r.bad || n <= 0
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	r.bytes(uint64(max(n, 0)))
	r.bad = r.bad || n <= 0
	return v
}
