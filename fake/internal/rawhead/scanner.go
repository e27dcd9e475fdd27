package rawhead

import (
	"bytes"
	"strconv"
	"strings"
)

// maxLine bounds a chunk-size or trailer line in bytes, as net/http does.
const maxLine = 4096

type state int

const (
	inHead       state = iota
	inBody             // remain bytes by Content-Length
	inChunkSize        // the line before a chunk
	inChunk            // remain bytes of a chunk
	inChunkEnd         // the line end after a chunk
	inTrailer          // lines up to an empty one
	notObserving       // for good
)

// scanner finds the heads in a sequence of HTTP/1.x requests. It is lenient
// where that does not matter: a request that net/http refuses is the last one
// of its connection anyway.
type scanner struct {
	state  state
	remain int64
	line   []byte // the line so far, without its LF, outside of heads
	head   []byte // the head so far
	start  int    // of the current line in head
	heads  []string
	bytes  int // of heads
}

func (s *scanner) feed(p []byte) {
	for len(p) > 0 && s.state != notObserving {
		switch s.state {
		case inHead:
			p = s.feedHead(p)
		case inBody, inChunk:
			p = s.skip(p)
		default:
			p = s.feedLine(p)
		}
	}
}

// stop ends the observation; the heads found so far can still be taken.
func (s *scanner) stop() {
	s.state, s.head, s.line = notObserving, nil, nil
}

// feedHead collects up to a line of a head.
func (s *scanner) feedHead(p []byte) []byte {
	if len(s.head) == 0 && (p[0] == '\r' || p[0] == '\n') {
		return p[1:] // net/http tolerates line ends between requests
	}
	line, rest, found := bytes.Cut(p, []byte{'\n'})
	if len(s.head)+len(line)+1 > maxBytes {
		s.stop()
		return nil
	}
	s.head = append(s.head, line...)
	for s.bytes+len(s.head)+1 > maxBytes {
		s.drop(1)
	}
	if !found {
		return nil
	}
	s.head = append(s.head, '\n')
	if last := s.head[s.start:]; len(last) == 1 || len(last) == 2 && last[0] == '\r' {
		s.headComplete()
		return rest
	}
	s.start = len(s.head)
	return rest
}

// headComplete queues the head and finds out what follows it.
func (s *scanner) headComplete() {
	raw := string(s.head)
	s.head, s.start = nil, 0
	s.heads = append(s.heads, raw)
	s.bytes += len(raw)
	if len(s.heads) > maxHeads {
		s.drop(1)
	}
	s.follow(parse(raw))
}

// follow sets the state for what comes after a head.
func (s *scanner) follow(requestLine string, head [][2]string) {
	_, version, ok := strings.Cut(requestLine, " HTTP/1.")
	if !ok {
		s.stop()
		return
	}
	length, chunked := "0", false
	for _, h := range head {
		switch strings.ToLower(h[0]) {
		case "upgrade":
			if strings.Contains(strings.ToLower(h[1]), "websocket") {
				s.stop()
				return
			}
		case "transfer-encoding":
			chunked = version != "0" // HTTP/1.0 has none, net/http ignores it
		case "content-length":
			length = h[1]
		}
	}
	n, err := strconv.ParseUint(length, 10, 63)
	switch {
	case chunked:
		s.state = inChunkSize
	case err != nil:
		s.stop()
	case n > 0:
		s.state, s.remain = inBody, int64(n)
	}
}

// skip passes over bytes of a body or chunk.
func (s *scanner) skip(p []byte) []byte {
	n := min(s.remain, int64(len(p)))
	if s.remain -= n; s.remain == 0 {
		if s.state == inBody {
			s.state = inHead
		} else {
			s.state = inChunkEnd
		}
	}
	return p[n:]
}

// feedLine collects up to a line of chunked framing.
func (s *scanner) feedLine(p []byte) []byte {
	line, rest, found := bytes.Cut(p, []byte{'\n'})
	if len(s.line)+len(line) > maxLine {
		s.stop()
		return nil
	}
	s.line = append(s.line, line...)
	if !found {
		return nil
	}
	s.lineComplete(string(bytes.TrimRight(s.line, " \t\r")))
	s.line = s.line[:0]
	return rest
}

func (s *scanner) lineComplete(line string) {
	switch {
	case s.state == inChunkSize:
		digits, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(strings.TrimRight(digits, " \t"), 16, 63)
		switch {
		case err != nil:
			s.stop()
		case n == 0:
			s.state = inTrailer
		default:
			s.state, s.remain = inChunk, int64(n)
		}
	case s.state == inChunkEnd && line == "":
		s.state = inChunkSize
	case s.state == inChunkEnd:
		s.stop()
	case line == "": // the end of the trailer
		s.state, s.line = inHead, nil
	}
}

// take removes the first head that starts with prefix and all before it.
func (s *scanner) take(prefix string) (string, bool) {
	for i, raw := range s.heads {
		if strings.HasPrefix(raw, prefix) {
			s.drop(i + 1)
			return raw, true
		}
	}
	return "", false
}

// drop forgets the first n heads.
func (s *scanner) drop(n int) {
	for i := range n {
		s.bytes -= len(s.heads[i])
		s.heads[i] = ""
	}
	if s.heads = s.heads[n:]; len(s.heads) == 0 {
		s.heads = nil
	}
}
