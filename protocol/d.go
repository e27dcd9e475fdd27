package protocol

import (
	"net/url"
	"strings"
)

const keyEngine = "grammarFileNames"

// D is the d parameter of an HTTP request: the connection engine, its settings and words that mean nothing.
type D struct {
	Engine string   // empty when none is named
	Params []Param  // in the order given, without the grammarFileNames that set Engine
	Extra  []string // words without '=' that name no engine, undecoded
}

// ParseD reads the value of d, after the decoding of the form or multipart around it. Pairs are separated by blanks and values
// are percent-encoded, where '+' is a plus sign (documented: REST request parameters; observed: the vendor's client library).
// The engine is the first of a bare word that begins with '-' or a non-empty grammarFileNames (documented: sync-http-interface;
// that the first wins is assumed). Other bare words go to Extra (observed: a client sends "-a-general -l-LSB16K").
func ParseD(value string) D {
	var d D
	for token := range strings.SplitSeq(value, " ") {
		key, v, pair := strings.Cut(token, "=")
		if strings.HasPrefix(key, "-") && strings.Contains(key, "&") {
			pair = false // "-a-general&keepFillerToken=1": the wrong separator makes it part of the engine's name
		}
		switch {
		case token == "":
		case pair && key == keyEngine && d.Engine == "":
			d.Engine = unescape(v, plusIsPlus)
		case pair:
			d.Params = append(d.Params, Param{key, unescape(v, plusIsPlus)})
		case d.Engine == "" && token[0] == '-':
			d.Engine = unescape(token, plusIsPlus)
		default:
			d.Extra = append(d.Extra, token)
		}
	}
	return d
}

// AppendD appends d in the way of the vendor's client library: grammarFileNames, then the settings in the order given, values
// percent-encoded with %20 for a blank. Extra words follow.
func AppendD(dst []byte, d D) []byte {
	start := len(dst)
	if d.Engine != "" {
		dst = appendPair(dst, Param{keyEngine, d.Engine})
	}
	for _, p := range d.Params {
		dst = appendPair(blank(dst, start), p)
	}
	for _, word := range d.Extra {
		dst = append(blank(dst, start), word...)
	}
	return dst
}

// Ampersand reports whether settings were joined with '&' instead of a blank, so that they became part of the engine's name.
// On synchronous HTTP that ends in the authentication error. (observed: recorded replies of the live service)
func (d D) Ampersand() bool { return strings.Contains(d.Engine, "&") }

func appendPair(dst []byte, p Param) []byte {
	dst = append(dst, p.Key...)
	dst = append(dst, '=')
	return append(dst, strings.ReplaceAll(url.QueryEscape(p.Value), "+", "%20")...)
}

// blank separates what is appended next from what was appended since start.
func blank(dst []byte, start int) []byte {
	if len(dst) > start {
		return append(dst, ' ')
	}
	return dst
}
