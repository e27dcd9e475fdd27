// Package wire reads and writes HTTP/1.1 messages and WebSocket frames as they are, with every peculiarity that a library would
// hide: the spelling and order of header lines, line ends, masks, fragments, control frames.
package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	maxHead = 64 << 10 // bytes of a message head
	maxLine = 1 << 10  // of a chunk's size
)

// ErrTooLong says that a message is longer than what was allowed for it.
var ErrTooLong = errors.New("the message is longer than allowed")

// Head is the beginning of an HTTP message.
type Head struct {
	Start string      // request or status line
	Lines [][2]string // name and value in the order and spelling of the wire, blanks around the value left out
}

// ReadHead reads up to the empty line. Lines may end in CR LF or LF.
func ReadHead(r *bufio.Reader) (Head, error) {
	var h Head
	left := maxHead
	for first := true; ; first = false {
		line, err := readLine(r, &left)
		if err != nil {
			return h, err
		}
		switch {
		case first:
			h.Start = line
		case line == "":
			return h, nil
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				return h, fmt.Errorf("header line %q has no colon", line)
			}
			h.Lines = append(h.Lines, [2]string{name, strings.Trim(value, " \t")})
		}
	}
}

func readLine(r *bufio.Reader, left *int) (string, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		line = append(line, piece...)
		if *left -= len(piece); *left < 0 {
			return "", ErrTooLong
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			if errors.Is(err, io.EOF) && len(line) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
		return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"), nil
	}
}

// Status is the status of a reply.
func (h Head) Status() (int, error) {
	version, rest, _ := strings.Cut(h.Start, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 || !strings.HasPrefix(version, "HTTP/1.") {
		return 0, fmt.Errorf("%q is not the status line of an HTTP/1.1 reply", h.Start)
	}
	return status, nil
}

// Value is the value of the first line of that name, in any case of letters.
func (h Head) Value(name string) (value string, ok bool) {
	for _, l := range h.Lines {
		if strings.EqualFold(l[0], name) {
			return l[1], true
		}
	}
	return "", false
}

// ReadBody reads the body of a reply to a request that was not a HEAD: by its chunks, its length, or up to the end of the
// connection. ends reports the last of these, after which the connection is of no more use.
func (h Head) ReadBody(r *bufio.Reader, limit int64) (body []byte, ends bool, err error) {
	status, err := h.Status()
	if err != nil {
		return nil, true, err
	}
	if status < 200 || status == 204 || status == 304 {
		return nil, false, nil
	}
	if coding, ok := h.Value("Transfer-Encoding"); ok && strings.EqualFold(coding, "chunked") {
		body, err = readChunks(r, limit)
		return body, false, err
	}
	if text, ok := h.Value("Content-Length"); ok {
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err != nil || n < 0:
			return nil, true, fmt.Errorf("Content-Length %q is not a number", text)
		case n > limit:
			return nil, true, ErrTooLong
		}
		body = make([]byte, n)
		_, err = io.ReadFull(r, body)
		return body, false, err
	}
	body, err = io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(body)) > limit {
		return nil, true, ErrTooLong
	}
	return body, true, err
}

func readChunks(r *bufio.Reader, limit int64) ([]byte, error) {
	var body []byte
	for {
		left := maxLine
		line, err := readLine(r, &left)
		if err != nil {
			return nil, err
		}
		digits, _, _ := strings.Cut(line, ";")
		size, err := strconv.ParseInt(strings.TrimSpace(digits), 16, 64)
		if err != nil || size < 0 {
			return nil, fmt.Errorf("chunk size %q is not a number", line)
		}
		if int64(len(body))+size > limit {
			return nil, ErrTooLong
		}
		if size == 0 {
			_, err := ReadTrailer(r)
			return body, err
		}
		chunk := make([]byte, size)
		if _, err := io.ReadFull(r, chunk); err != nil {
			return nil, err
		}
		body = append(body, chunk...)
		if _, err := readLine(r, &left); err != nil {
			return nil, err
		}
	}
}

// ReadTrailer reads the lines behind the last chunk, up to the empty one.
func ReadTrailer(r *bufio.Reader) (lines [][2]string, err error) {
	left := maxHead
	for {
		line, err := readLine(r, &left)
		if err != nil || line == "" {
			return lines, err
		}
		name, value, _ := strings.Cut(line, ":")
		lines = append(lines, [2]string{name, strings.Trim(value, " \t")})
	}
}
