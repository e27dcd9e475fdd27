package redact

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"mockamivoice/scenarios"
)

// Book is a Redactor that learns: a client gets to know keys while it records. Keys are named by ids that mean nothing outside
// of the Book. It is safe for concurrent use; make it with NewBook.
type Book struct {
	mu       sync.Mutex
	secret   []byte // names keys
	known    []Secret
	redactor *Redactor
}

// NewBook is a Book that hides secrets, such as passwords. Empty ones are passed over.
func NewBook(secrets ...string) *Book {
	b := &Book{secret: make([]byte, sha256.Size)}
	_, _ = rand.Read(b.secret) // never fails
	for _, s := range secrets {
		if s != "" {
			b.known = append(b.known, Secret{Value: s, Name: hidden})
		}
	}
	b.redactor = New(b.known, nil)
	return b
}

// Learn makes keys known, which are from then on replaced by their ids. Empty ones are passed over.
func (b *Book) Learn(keys ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := len(b.known)
	for _, key := range keys {
		if key != "" && !slices.ContainsFunc(b.known, func(s Secret) bool { return s.Value == key }) {
			b.known = append(b.known, Secret{Value: key, Name: marker(b.ID(key))})
		}
	}
	if len(b.known) > before {
		b.redactor = New(b.known, nil)
	}
}

// ID is what stands for a key, 12 hexadecimal digits, or "" for none.
func (b *Book) ID(key string) string {
	if key == "" {
		return ""
	}
	m := hmac.New(sha256.New, b.secret)
	m.Write([]byte(key))
	return hex.EncodeToString(m.Sum(nil)[:6])
}

func (b *Book) current() *Redactor {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.redactor
}

// Text is Redactor.Text with what is known now.
func (b *Book) Text(s string) string { return b.current().Text(s) }

// Entry is Redactor.Entry with what is known now.
func (b *Book) Entry(e *scenarios.Entry) { b.current().Entry(e) }

// Keys are the texts in a reply of an issuer that may be keys, in whatever form they come: the reply without the blanks around
// it, or the long words in JSON.
func Keys(reply string) []string {
	const shortest = 12
	var keys []string
	var collect func(v any)
	collect = func(v any) {
		switch v := v.(type) {
		case string:
			if len(v) >= shortest && !strings.ContainsAny(v, " \t\r\n") {
				keys = append(keys, v)
			}
		case []any:
			for _, item := range v {
				collect(item)
			}
		case map[string]any:
			for _, item := range v {
				collect(item)
			}
		}
	}
	var value any
	if err := json.Unmarshal([]byte(reply), &value); err == nil {
		collect(value)
	} else {
		collect(strings.TrimSpace(reply))
	}
	return keys
}
