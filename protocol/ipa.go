package protocol

import (
	"fmt"
	"net/netip"
	"strings"
)

// ParseIPA reads the ipa parameter of an issuance, after form decoding: IPv4 addresses and CIDR blocks with commas or blanks
// between them (documented: api-key, issue-api-key-with-api). Nothing but separators gives nil, which restricts nothing.
// Separators may repeat and host bits are masked (assumed). Whatever is not IPv4 is an error (assumed).
func ParseIPA(s string) ([]netip.Prefix, error) {
	var allow []netip.Prefix
	for entry := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, ok := parseBlock(entry)
		if !ok {
			return nil, fmt.Errorf("ipa entry %s is not an IPv4 address (203.0.113.253) or block (203.0.113.0/24)", excerpt(entry))
		}
		allow = append(allow, p)
	}
	return allow, nil
}

func parseBlock(entry string) (netip.Prefix, bool) {
	if !strings.Contains(entry, "/") {
		addr, err := netip.ParseAddr(entry)
		if err != nil || !addr.Is4() {
			return netip.Prefix{}, false
		}
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	p, err := netip.ParsePrefix(entry)
	return p.Masked(), err == nil && p.Addr().Is4()
}

// AppendIPA appends allow with commas; a block of one address is written as the bare address.
func AppendIPA(dst []byte, allow []netip.Prefix) []byte {
	for i, p := range allow {
		dst = comma(dst, i)
		if p.IsSingleIP() {
			dst = p.Addr().AppendTo(dst)
		} else {
			dst = p.AppendTo(dst)
		}
	}
	return dst
}

// Allowed reports whether a peer at addr may use a key with this allow-list; an empty list lets everybody in. An IPv4 peer that
// came in through an IPv6 socket counts as IPv4. (documented: api-key; the source address at the use of the key counts)
func Allowed(allow []netip.Prefix, addr netip.Addr) bool {
	addr = addr.Unmap()
	for _, p := range allow {
		if p.Contains(addr) {
			return true
		}
	}
	return len(allow) == 0
}
