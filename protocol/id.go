package protocol

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

const (
	idLength   = 24                // hexadecimal digits of a session id
	dateLayout = "20060102"        // wall times of utterance ids, in JST
	timeLayout = "20060102_150405" // of the end of an utterance id
)

// SessionID is what X-Session-ID and utterance ids say. Parsed values compare with ==.
// (inferred: checked on ids of 2021, 2022 and 2024)
type SessionID struct {
	Time time.Time  // in milliseconds, UTC, from 1970 to 9999
	Addr netip.Addr // IPv4 address of the back end that answered
	Tail uint16     // a counter or a process number
}

// StreamUtteranceID is the utteranceid of a stream's A event. Parsed values compare with ==.
type StreamUtteranceID struct {
	Model string    // acoustic model, "ja_ja-amivoicecloud-16k-shap42103"
	ID    SessionID // differs from utterance to utterance
	At    time.Time // in seconds, UTC; the observed one is a second later than the time of its ID
}

// ParseSessionID reads 24 lower-case hexadecimal digits.
func ParseSessionID(s string) (SessionID, error) {
	var raw [idLength / 2]byte
	if len(s) != idLength || s != strings.ToLower(s) {
		return SessionID{}, fmt.Errorf("session id %s is not 24 lower-case hexadecimal digits", excerpt(s))
	}
	if _, err := hex.Decode(raw[:], []byte(s)); err != nil {
		return SessionID{}, fmt.Errorf("session id %s is not 24 lower-case hexadecimal digits", excerpt(s))
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(raw[:8]) >> 16)).UTC() //nolint:gosec // 48 bits fit
	if at.In(JST()).Year() > 9999 {
		return SessionID{}, fmt.Errorf("session id %s begins with a time after the year 9999", excerpt(s))
	}
	return SessionID{Time: at, Addr: netip.AddrFrom4([4]byte(raw[6:10])), Tail: binary.BigEndian.Uint16(raw[10:])}, nil
}

// AppendSessionID appends id as 24 lower-case hexadecimal digits. An address that is not IPv4 is written as 0.0.0.0.
func AppendSessionID(dst []byte, id SessionID) []byte {
	var raw [idLength / 2]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(id.Time.UnixMilli())<<16) //nolint:gosec // a time before 1970 has no id
	if addr := id.Addr.Unmap(); addr.Is4() {
		four := addr.As4()
		copy(raw[6:10], four[:])
	}
	binary.BigEndian.PutUint16(raw[10:], id.Tail)
	return hex.AppendEncode(dst, raw[:])
}

// ParseUtteranceID reads the utteranceid of an HTTP reply, 20220602/14/018122d65d370a30116494c8_20220602_141442, and returns the
// session id inside. The dates around it must be dates, but need not agree with it: nobody says when they are taken.
func ParseUtteranceID(s string) (SessionID, error) {
	const head = len("20220602/14/")
	if len(s) == head+idLength+1+len(timeLayout) && s[head+idLength] == '_' {
		_, errHead := time.Parse(dateLayout+"/15/", s[:head])
		_, errTail := time.Parse(timeLayout, s[head+idLength+1:])
		if id, err := ParseSessionID(s[head : head+idLength]); err == nil && errHead == nil && errTail == nil {
			return id, nil
		}
	}
	return SessionID{}, fmt.Errorf("utterance id %s is not YYYYMMDD/HH/<24 hex digits>_YYYYMMDD_HHMMSS", excerpt(s))
}

// AppendUtteranceID appends the utteranceid of an HTTP reply, with the time of id in JST around it.
// (documented: result-format sample; JST inferred from the time inside the id)
func AppendUtteranceID(dst []byte, id SessionID) []byte {
	at := id.Time.In(JST())
	dst = at.AppendFormat(dst, dateLayout+"/15/")
	dst = append(AppendSessionID(dst, id), '_')
	return at.AppendFormat(dst, timeLayout)
}

// ParseStreamUtteranceID reads the utteranceid of an A event,
// 20220816/ja_ja-amivoicecloud-16k-shap42103@0182a5acdadd0a3038ff8536-0816_170226. The year is that of the leading date.
func ParseStreamUtteranceID(s string) (StreamUtteranceID, error) {
	const tail = len("-0816_170226")
	date, rest, _ := strings.Cut(s, "/")
	at := strings.LastIndexByte(rest, '@')
	if len(date) == len(dateLayout) && at >= 0 && len(rest) == at+1+idLength+tail && rest[at+1+idLength] == '-' {
		_, errDate := time.Parse(dateLayout, date)
		end, errEnd := time.ParseInLocation(timeLayout, date[:4]+rest[at+idLength+2:], JST())
		id, err := ParseSessionID(rest[at+1 : at+1+idLength])
		if errDate == nil && errEnd == nil && err == nil {
			return StreamUtteranceID{Model: rest[:at], ID: id, At: end.UTC()}, nil
		}
	}
	return StreamUtteranceID{}, fmt.Errorf("utterance id %s is not YYYYMMDD/<model>@<24 hex digits>-MMDD_HHMMSS", excerpt(s))
}

// AppendStreamUtteranceID appends the utteranceid of an A event, with u.At in JST. (observed: a result pasted by a developer)
func AppendStreamUtteranceID(dst []byte, u StreamUtteranceID) []byte {
	at := u.At.In(JST())
	dst = at.AppendFormat(dst, dateLayout+"/")
	dst = append(append(dst, u.Model...), '@')
	dst = AppendSessionID(dst, u.ID)
	return at.AppendFormat(dst, "-0102_150405")
}
