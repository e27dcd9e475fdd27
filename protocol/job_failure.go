package protocol

import "strings"

// ParseJobFailure reads code and message out of the error_message of a job, where they may be. (documented: response-code-and-message,
// whose text calls the first of them dsrh_code and whose sample does not)
func ParseJobFailure(text string) (code, message string, ok bool) {
	_, rest, found := strings.Cut(text, "_code='")
	code, rest, closed := strings.Cut(rest, "'")
	if !found || !closed {
		return "", "", false
	}
	if _, after, named := strings.Cut(rest, "_message='"); named {
		message = strings.TrimSuffix(after, "'") // a message may hold quotes of its own
	}
	return code, message, true
}
