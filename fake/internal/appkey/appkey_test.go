package appkey_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"mockamivoice/fake/internal/appkey"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func codec() *appkey.Codec { return appkey.New([]byte("a secret of the tests")) }

func full() appkey.Claims {
	return appkey.Claims{
		Service: "canary-sid", Credentials: true, Expires: 1_781_492_400_123, Issuable: true, Scenario: "canary-scenario",
		Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32"), {}, netip.MustParsePrefix("::ffff:10.0.0.1/128")},
	}
}

func TestOpenReturnsWhatWasSealed(t *testing.T) {
	long := full()
	for i := range 64 {
		long.Allow = append(long.Allow, netip.MustParsePrefix(fmt.Sprintf("2001:db8::%x/128", i)))
	}
	for _, claims := range []appkey.Claims{{}, full(), long, {Expires: -1}, {Service: strings.Repeat("x", 27)}} {
		key := codec().Seal(claims)
		got, err := codec().Open(key)
		if err != nil || !reflect.DeepEqual(got, claims) {
			t.Errorf("got %+v, %v; want %+v", got, err, claims)
		}
		if !regexp.MustCompile(`^MAV1[A-Za-z0-9_-]+$`).MatchString(key) {
			t.Errorf("key %q holds bytes that some place of the wire does not take", key)
		}
		glued, _, ok := codec().OpenPrefix(key + `profileWords="w`)
		if !ok || glued != key {
			t.Errorf("OpenPrefix found %q, %t in a key with text behind it", glued, ok)
		}
	}
}

func TestTwoSealsDiffer(t *testing.T) {
	c := codec()
	if first, second := c.Seal(full()), c.Seal(full()); first == second {
		t.Error("the same claims gave the same key twice")
	}
}

func TestLengthTellsNothingOfNames(t *testing.T) {
	a, b := codec().Seal(appkey.Claims{}), codec().Seal(appkey.Claims{Service: "demo", Credentials: true, Expires: 1_781_492_400_123})
	if len(a) != len(b) {
		t.Errorf("lengths %d and %d", len(a), len(b))
	}
}

func TestEveryChangeIsRefused(t *testing.T) {
	c := codec()
	for _, claims := range []appkey.Claims{{Service: "demo"}, full(), {Service: strings.Repeat("x", 70)}} {
		key := c.Seal(claims)
		for i := range len(key) {
			for _, r := range alphabet + " \n\r=+/%\x00" {
				if byte(r) != key[i] {
					refused(t, c, key[:i]+string(r)+key[i+1:])
				}
			}
			refused(t, c, key[:i])
			refused(t, c, key[i+1:])
			refused(t, c, key[:i]+"\n"+key[i:])
			refused(t, c, key[:i]+"A"+key[i:])
		}
		for _, tail := range []string{"A", "=", " ", "\n", "AAAA", key} {
			refused(t, c, key+tail)
		}
		refused(t, appkey.New([]byte("another secret of the tests")), key)
	}
	for _, s := range []string{"", "MAV1", "MAV1AQ", "MAV1AQAA", "demo-key", "MAV1" + strings.Repeat("A", 1<<20), "MAV1Af8A" + strings.Repeat("A", 1<<20)} {
		refused(t, c, s)
	}
	refused(t, c, c.Seal(appkey.Claims{Service: strings.Repeat("x", 1<<16)}))
}

func refused(t *testing.T, c *appkey.Codec, key string) {
	t.Helper()
	if _, err := c.Open(key); !errors.Is(err, appkey.ErrForged) {
		t.Errorf("Open(%.120q) = %v", key, err)
	}
}

func TestClaimsAreNotVisible(t *testing.T) {
	key := codec().Seal(full())
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(key, appkey.Prefix))
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{"canary-sid", "canary-scenario", "canary"} {
		if bytes.Contains(raw, []byte(canary)) || strings.Contains(key, canary) {
			t.Errorf("%q can be read in the key", canary)
		}
	}
}

func TestID(t *testing.T) {
	c := codec()
	for _, key := range []string{"", "demo-key", c.Seal(full()), strings.Repeat("x", 1<<16)} {
		id := c.ID(key)
		if !regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(id) || id != codec().ID(key) {
			t.Errorf("ID(%.40q) = %q", key, id)
		}
	}
	if c.ID("demo-key") == c.ID("demo-kez") || c.ID("demo-key") == appkey.New([]byte("other")).ID("demo-key") {
		t.Error("ids of different keys or secrets are equal")
	}
}

func FuzzOpen(f *testing.F) {
	c := codec()
	key := c.Seal(full())
	f.Add(key)
	f.Add(key[:len(key)-1])
	f.Add("MAV1AQEA")
	f.Fuzz(func(t *testing.T, s string) {
		claims, err := c.Open(s)
		if err == nil && !reflect.DeepEqual(claims, full()) { // another process of the fuzzer has another key
			t.Errorf("%q opens as %+v", s, claims)
		}
		glued, _, ok := c.OpenPrefix(key + s)
		if !ok || glued != key {
			t.Errorf("a key with %q behind it is not found", s)
		}
		c.OpenPrefix(s)
		c.ID(s)
	})
}

func BenchmarkSeal(b *testing.B) {
	c := codec()
	b.ReportAllocs()
	for b.Loop() {
		c.Seal(full())
	}
}

func BenchmarkOpen(b *testing.B) {
	c := codec()
	key := c.Seal(full())
	b.ReportAllocs()
	for b.Loop() {
		_, _ = c.Open(key)
	}
}

func BenchmarkID(b *testing.B) {
	c := codec()
	key := c.Seal(full())
	b.ReportAllocs()
	for b.Loop() {
		c.ID(key)
	}
}
