package protocol

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// DefaultEPI is the life of a key that is issued without epi. (documented: issue-api-key-with-api)
const DefaultEPI = 30000 * time.Millisecond

// latestExpiry is where a life ends that is longer than the calendar of the wire, in Unix seconds: the end of the year 9999.
const latestExpiry = 253402300799

const epiForms = "write milliseconds (30000), a number with s, m, h, d or w (5m), a date (2026/07/31), " +
	"or a date and time (2026/07/31 12:05:30, optionally with .000 and Z or +09:00)"

// EPI is the life of an issued key: a number of milliseconds from its issuance, or an instant. Values compare with ==.
// The zero value is a life of 0 ms: a key that has expired when it is issued.
type EPI struct {
	instant bool
	ms      int64 // how long the key lives, or the Unix time at which it expires
}

// JST is the zone of the service's wall times. It needs no zone data. (inferred: the times inside checked utterance ids)
func JST() *time.Location { return time.FixedZone("JST", 9*60*60) }

// ParseEPI reads the epi parameter of an issuance, after form decoding; empty stands for DefaultEPI. A date alone runs through
// its 24:00, day 00 is the last day of the month before (documented: issue-api-key-with-api). Without a zone a date is in JST
// (inferred: the service's utterance ids carry JST). What the pattern does not cover is refused (assumed).
func ParseEPI(s string) (EPI, error) {
	if s == "" {
		return EPI{ms: DefaultEPI.Milliseconds()}, nil
	}
	parse := parseLife
	if len(s) > 4 && isDigits(s[:4]) && isDateSeparator(s[4]) {
		parse = parseInstant
	}
	e, problem := parse(s)
	if problem != "" {
		return EPI{}, fmt.Errorf("epi %s is not valid: %s", excerpt(s), problem)
	}
	return e, nil
}

// AppendEPI appends e: milliseconds, or the instant with its zone. The '+' of a zone still needs escaping in a form.
func AppendEPI(dst []byte, e EPI) []byte {
	if !e.instant {
		return strconv.AppendInt(dst, e.ms, 10)
	}
	at := time.UnixMilli(e.ms).UTC()
	switch year := at.Year(); { // a zone can push a four-digit year across either end in UTC
	case year > 9999:
		at = at.In(time.FixedZone("", -(23*60+59)*60))
	case year < 1:
		at = at.In(time.FixedZone("", (23*60+59)*60))
	}
	return at.AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
}

// Expiry is the instant from which on a key issued at now is dead, in UTC. A life that ends after the year 9999 ends with it.
func (e EPI) Expiry(now time.Time) time.Time {
	if e.instant {
		return time.UnixMilli(e.ms).UTC()
	}
	seconds := e.ms / 1000
	if seconds >= latestExpiry-now.Unix() {
		return time.Unix(latestExpiry, 999_000_000).UTC()
	}
	return time.Unix(now.Unix()+seconds, int64(now.Nanosecond())+e.ms%1000*int64(time.Millisecond)).UTC()
}

// parseLife reads an integer with at most one unit letter. (documented: issue-api-key-with-api)
func parseLife(s string) (EPI, string) {
	digits, unit := s, int64(1)
	if u := unitOf(s[len(s)-1]); u != 0 {
		digits, unit = s[:len(s)-1], u
	}
	if !isDigits(digits) {
		return EPI{}, "it is neither a number with at most one unit nor a date; " + epiForms
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > math.MaxInt64/unit {
		return EPI{}, fmt.Sprintf("it is too long; at most %d milliseconds can be counted", int64(math.MaxInt64))
	}
	return EPI{ms: n * unit}, ""
}

// unitOf is how many milliseconds a unit letter stands for, 0 for any other byte.
func unitOf(letter byte) int64 {
	switch letter {
	case 's':
		return 1000
	case 'm':
		return 60 * 1000
	case 'h':
		return 60 * 60 * 1000
	case 'd':
		return 24 * 60 * 60 * 1000
	case 'w':
		return 7 * 24 * 60 * 60 * 1000
	}
	return 0
}

// parseInstant reads yyyy(/|-)mm(/|-)dd[( |T)hh:mm:ss[.sss][[ ]zone]]. (documented: issue-api-key-with-api)
func parseInstant(s string) (EPI, string) {
	date, clock := s, ""
	if len(s) > 10 {
		date, clock = s[:10], s[10:]
	}
	if !matches(date, "dddd?dd?dd") || !isDateSeparator(date[4]) || !isDateSeparator(date[7]) {
		return EPI{}, "the date needs four digits, two and two; " + epiForms
	}
	year, month, day := number(date[:4]), number(date[5:7]), number(date[8:])
	midnight := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC) // day 0 is the last of the month before
	if month < 1 || month > 12 || day > daysIn(year, month) || midnight.Year() < 1 {
		return EPI{}, "there is no such day in the calendar; only day 00 stands for another, the last day of the month before"
	}
	if clock == "" {
		return instantOf(midnight.AddDate(0, 0, 1), JST()), ""
	}
	offset, zone, problem := parseClock(clock)
	if problem != "" {
		return EPI{}, problem
	}
	return instantOf(midnight.Add(offset), zone), ""
}

// instantOf is the instant at which clocks of zone show what wall shows in UTC.
func instantOf(wall time.Time, zone *time.Location) EPI {
	_, east := wall.In(zone).Zone()
	return EPI{instant: true, ms: wall.UnixMilli() - int64(east)*1000}
}

// parseClock reads what follows the date: the time since midnight and the zone, JST when there is none.
func parseClock(s string) (time.Duration, *time.Location, string) {
	if len(s) < 9 || !matches(s[:9], "?dd:dd:dd") || (s[0] != ' ' && s[0] != 'T') {
		return 0, nil, "a time is one blank or T and then hh:mm:ss, after a date; without a time there is no zone; " + epiForms
	}
	hour, minute, second := number(s[1:3]), number(s[4:6]), number(s[7:9])
	if hour > 23 || minute > 59 || second > 59 {
		return 0, nil, "the time lies outside 00:00:00 to 23:59:59; for the end of a day write the date alone"
	}
	offset := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
	rest := s[9:]
	if strings.HasPrefix(rest, ".") {
		if len(rest) < 4 || !isDigits(rest[1:4]) || (len(rest) > 4 && isDigits(rest[4:5])) {
			return 0, nil, "a fraction of a second has exactly three digits, 12:05:30.000"
		}
		offset += time.Duration(number(rest[1:4])) * time.Millisecond
		rest = rest[4:]
	}
	zone, problem := parseZone(rest)
	return offset, zone, problem
}

// parseZone reads an optional blank and Z, +09, +0900 or +09:00. Nothing at all is JST.
func parseZone(s string) (*time.Location, string) {
	if s == "" {
		return JST(), ""
	}
	z := strings.TrimPrefix(s, " ")
	if z == "Z" {
		return time.UTC, ""
	}
	if zone, ok := parseOffset(z); ok {
		return zone, ""
	}
	if _, ok := parseOffset("+" + strings.TrimLeft(s, " ")); ok { // " 09:00": form decoding made a blank of the plus sign
		return nil, "the + of the zone is missing, as it is when a form body is sent unescaped; write %2B in a form body"
	}
	return nil, "the zone, or whatever follows the time, is not Z, +09, +0900 or +09:00 after at most one blank"
}

// parseOffset reads +09, +0900 or +09:00, with hours to 23 and minutes to 59 (assumed: no limit is documented).
func parseOffset(s string) (*time.Location, bool) {
	if !matches(s, "?dd") && !matches(s, "?dddd") && !matches(s, "?dd:dd") {
		return nil, false
	}
	hours, minutes := number(s[1:3]), 0
	if len(s) > 3 {
		minutes = number(s[len(s)-2:])
	}
	seconds := (hours*60 + minutes) * 60
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds), (s[0] == '+' || s[0] == '-') && hours < 24 && minutes < 60
}

// matches compares s with a pattern of d (a digit), ? (any byte) and bytes that stand for themselves.
func matches(s, pattern string) bool {
	if len(s) != len(pattern) {
		return false
	}
	for i := range len(s) {
		switch p := pattern[i]; {
		case p == '?':
		case p == 'd' && (s[i] < '0' || s[i] > '9'), p != 'd' && s[i] != p:
			return false
		}
	}
	return true
}

func isDigits(s string) bool { return s != "" && matches(s, strings.Repeat("d", len(s))) }

func isDateSeparator(c byte) bool { return c == '/' || c == '-' }

// number reads at most four digits that were checked before.
func number(digits string) int {
	n := 0
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
