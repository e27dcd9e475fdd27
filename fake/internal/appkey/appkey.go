// Package appkey turns what a key may do into the opaque text of a key, and back.
//
// A key is the word MAV1 and unpadded base64url of: a version byte, how many blocks of 32 bytes the claims take, a nonce, the
// sealed claims and their tag. The claims are padded to whole blocks, so that its length says next to nothing about them. No
// table is kept: every Codec with the same secret opens it.
package appkey

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

const (
	// Prefix begins every sealed key, so that keys can be found in a text.
	Prefix = "MAV1"
	// MaxLen is the length of the longest key that Open looks at, in bytes.
	MaxLen = 4096

	version  = 1
	block    = 32 // bytes that the claims are padded to
	head     = 2  // version, number of blocks
	overhead = head + 12 + 16
	idLen    = 6 // bytes, twice as many digits

	purposeSeal = "mockamivoice appkey seal v1"
	purposeID   = "mockamivoice appkey id v1"
)

// ErrForged says that a text is not a key that a Codec with this secret sealed.
var ErrForged = errors.New("the key was not sealed with this secret, or it was changed")

// Codec seals and opens keys. It is safe for concurrent use; make it with New.
type Codec struct {
	aead  cipher.AEAD
	idKey []byte
}

// New is the Codec of a secret. The keys that it works with are derived from the secret, one per purpose.
func New(secret []byte) *Codec {
	b, err := aes.NewCipher(derive(secret, purposeSeal))
	if err != nil {
		panic("appkey: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(b)
	if err != nil {
		panic("appkey: " + err.Error())
	}
	return &Codec{aead: aead, idKey: derive(secret, purposeID)}
}

func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, purpose, sha256.Size)
	if err != nil {
		panic("appkey: " + err.Error())
	}
	return key
}

// Seal makes a key of claims, another one each time. Claims so large that the key would be longer than MaxLen (a service or a
// scenario with a name of kilobytes) give a key that is refused wherever it is used.
func (c *Codec) Seal(claims Claims) string {
	plain := claims.pad(claims.append(make([]byte, 0, 2*block)))
	blocks := len(plain) / block
	sealed := make([]byte, head, overhead+len(plain))
	sealed[0], sealed[1] = version, byte(min(blocks, 255))
	sealed = c.aead.Seal(sealed, nil, plain, associated(sealed))
	key := make([]byte, 0, keyLen(blocks))
	return string(base64.RawURLEncoding.AppendEncode(append(key, Prefix...), sealed))
}

// associated is what the tag covers beside the claims: the purpose and the head of the key.
func associated(sealed []byte) []byte {
	return append(append(make([]byte, 0, len(purposeSeal)+head), purposeSeal...), sealed[:head]...)
}

// keyLen is the length of a key of so many blocks.
func keyLen(blocks int) int {
	return len(Prefix) + base64.RawURLEncoding.EncodedLen(overhead+blocks*block)
}

// Open returns the claims of a key. The error is ErrForged for any text but exactly what Seal made with the same secret.
func (c *Codec) Open(key string) (Claims, error) {
	if n, ok := sealedLen(key); !ok || n != len(key) || strings.ContainsAny(key, "\r\n") { // base64 would skip those
		return Claims{}, ErrForged
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(key[len(Prefix):])
	if err != nil {
		return Claims{}, ErrForged
	}
	body := sealed[head:]
	plain, err := c.aead.Open(body[:0], nil, body, associated(sealed))
	if err != nil {
		return Claims{}, ErrForged
	}
	claims, ok := parse(plain)
	if !ok {
		return Claims{}, ErrForged
	}
	return claims, nil
}

// OpenPrefix opens the sealed key that s begins with; other text may be glued behind it.
func (c *Codec) OpenPrefix(s string) (key string, claims Claims, ok bool) {
	n, ok := sealedLen(s)
	if !ok || n > len(s) {
		return "", Claims{}, false
	}
	claims, err := c.Open(s[:n])
	if err != nil {
		return "", Claims{}, false
	}
	return s[:n], claims, true
}

// sealedLen is how long the key is that s seems to begin with.
func sealedLen(s string) (n int, ok bool) {
	const word = 4 // base64 digits that hold the head
	if !strings.HasPrefix(s, Prefix) || len(s) < len(Prefix)+word {
		return 0, false
	}
	var first [3]byte
	if _, err := base64.RawURLEncoding.Decode(first[:], []byte(s[len(Prefix):len(Prefix)+word])); err != nil {
		return 0, false
	}
	n = keyLen(int(first[1]))
	return n, first[0] == version && first[1] > 0 && n <= MaxLen
}

// ID names any key, sealed or not, without telling it: 12 lower-case hexadecimal digits.
func (c *Codec) ID(key string) string {
	mac := hmac.New(sha256.New, c.idKey)
	mac.Write([]byte(key))
	var sum [sha256.Size]byte
	return hex.EncodeToString(mac.Sum(sum[:0])[:idLen])
}
