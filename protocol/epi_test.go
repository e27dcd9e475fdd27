package protocol_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"mockamivoice/protocol"
)

// clockOfVectors is 2026-06-15T12:00:00+09:00.
func clockOfVectors() time.Time { return time.UnixMilli(1781492400000) }

func TestParseEPIExpiry(t *testing.T) {
	t.Parallel()
	const now = 1781492400000
	for _, c := range []struct {
		source, epi string
		expiry      int64 // Unix milliseconds
	}{
		// documented: issue-api-key-with-api
		{"documented: form a", "30000", now + 30000},
		{"documented: form b, seconds", "90s", now + 90_000},
		{"documented: form b, minutes", "5m", now + 300_000},
		{"documented: form b, hours", "2h", now + 7_200_000},
		{"documented: form b, days", "100d", now + 8_640_000_000},
		{"documented: form b, weeks", "2w", now + 1_209_600_000},
		{"documented: form c", "2021/06/30", 1625065200000},
		{"documented: form c with hyphens", "2021-06-30", 1625065200000},
		{"documented: form d", "2021/07/00", 1625065200000},
		{"documented: form d, leap day", "2024/03/00", 1709218800000},
		{"documented: form d, over the year", "2026/01/00", 1767193200000},
		{"documented: form c", "2026/07/31", 1785510000000},
		{"documented: form e", "2021/05/15 12:05:30", 1621047930000},
		{"documented: form e with T", "2021/05/15T12:05:30", 1621047930000},
		{"documented: form f, Z", "2021-05-15T12:05:30.000Z", 1621080330000},
		{"documented: form f, blank and Z", "2021-05-15 12:05:30 Z", 1621080330000},
		{"documented: form f, +09", "2021-05-15T12:05:30+09", 1621047930000},
		{"documented: form f, +0900", "2021-05-15T12:05:30+0900", 1621047930000},
		{"documented: form f, +09:00", "2021-05-15T12:05:30+09:00", 1621047930000},
		{"documented: form f, blank and +09:00", "2021-05-15T12:05:30 +09:00", 1621047930000},
		{"documented: form f, west", "2021-05-15T12:05:30-03:30", 1621092930000},
		{"documented: form f, fraction without zone", "2021/05/15 12:05:30.250", 1621047930250},
		// the issuance vectors
		{"documented: V1 default", "", 1781492430000},
		{"documented: V2", "30000", 1781492430000},
		{"documented: V3", "2h", 1781499600000},
		{"documented: V4, JST inferred", "2026/07/31", 1785510000000},
		{"documented: V5, JST inferred", "2026/07/00", 1782831600000},
		{"documented: V5, JST inferred", "2026/06/30", 1782831600000},
		{"documented: V6", "2026-06-15T12:00:45.500+09:00", 1781492445500},
		// edge cases
		{"assumed: dead when issued", "0", now},
		{"assumed: leading zeros", "0030000", now + 30000},
		{"assumed: leading zeros beyond twenty digits", "00000000000000000000000001s", now + 1000},
		{"assumed: past date", "1999/12/31", 946652400000},
		{"assumed: day 00 with time", "2021/07/00 12:00:00", 1625022000000},
		{"assumed: mixed separators", "2021/07-01", 1625151600000},
		{"documented: leap day", "2024/02/29", 1709218800000},
		{"assumed: ends with the year 9999", "9223372036854775807", 253402300799999},
		{"assumed: ends with the year 9999", "15250284452w", 253402300799999},
	} {
		e, err := protocol.ParseEPI(c.epi)
		if err != nil {
			t.Errorf("%s: epi %q: %v", c.source, c.epi, err)
			continue
		}
		if got := e.Expiry(clockOfVectors()).UnixMilli(); got != c.expiry {
			t.Errorf("%s: epi %q expires at %d, want %d", c.source, c.epi, got, c.expiry)
		}
	}
}

func TestParseEPIRefuses(t *testing.T) {
	t.Parallel()
	for _, epi := range []string{
		"-1", "+30000", " 30000", "30000 ", " ", "1.5h", "1h30m", "2H", "2S", "500ms", "h", "1e3", "１０", "1_000",
		"9223372036854775808", "9223372036854776s", "15250284453w", "unlimited", "garbage", "never",
		"2021/00/10", "2021/13/01", "2021/06/32", "2021/06/31", "2021/02/30", "2023/02/29", "0000/01/01", "0001/01/00",
		"2021/07/01Z", "2021/07/01+09:00", "2021/07/01 ", "2021/07/01T", "2021/7/1", "21/07/01", "2021.07.01", "20210701T000000",
		"2021/05/15 24:00:00", "2021/05/15 12:60:00", "2021/05/15 12:05:60", "2021/05/15 12:05", "2021/05/15  12:05:30",
		"2021/05/15t12:05:30", "2021/05/15_12:05:30", "2021/05/15 12:05:30.", "2021/05/15 12:05:30.1", "2021/05/15 12:05:30.12",
		"2021/05/15 12:05:30.1234", "2021/05/15 12:05:30,000", "2021/05/15 12:05:30z", "2021/05/15 12:05:30  Z",
		"2021/05/15 12:05:30 ", "2021/05/15 12:05:30+9", "2021/05/15 12:05:30+09:0", "2021/05/15 12:05:30+09:00Z",
		"2021/05/15 12:05:30+24:00", "2021/05/15 12:05:30+09:60", "2021/05/15 12:05:30*09:00", "2021/05/15 12:05:30JST",
		"2021-05-15T12:05:30 09:00",
	} {
		_, err := protocol.ParseEPI(epi)
		if err == nil {
			t.Errorf("epi %q was accepted", epi)
		} else if !strings.HasPrefix(err.Error(), `epi "`) {
			t.Errorf("epi %q: the error does not name the input: %v", epi, err)
		}
	}
}

func TestParseEPIExplainsTheUnescapedPlus(t *testing.T) {
	t.Parallel()
	for epi, hint := range map[string]bool{
		"2021-05-15T12:05:30 09:00":      true,
		"2021-05-15T12:05:30.000 0900":   true,
		"2021-05-15T12:05:30  09":        true, // " +09"
		"2021-05-15T12:05:30+9":          false,
		"2021-05-15T12:05:30 somewhere":  false,
		"2021-05-15T12:05:30.1234 09:00": false,
	} {
		_, err := protocol.ParseEPI(epi)
		if err == nil || strings.Contains(err.Error(), "write %2B in a form body") != hint {
			t.Errorf("epi %q: hint wanted %t, got %v", epi, hint, err)
		}
	}
}

func TestEPIExpiryKeepsFractionsOfTheClock(t *testing.T) {
	t.Parallel()
	e, err := protocol.ParseEPI("1999")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 6, 15, 12, 0, 0, 999_999_999, time.UTC)
	if got := e.Expiry(now).Sub(now); got != 1999*time.Millisecond {
		t.Errorf("life is %v, want 1.999s", got)
	}
}

func FuzzParseEPI(f *testing.F) {
	// The grammar as one expression, an oracle for the shape; the calendar comes on top of it.
	grammar := regexp.MustCompile(`^(?:(\d+)|(\d+)([smhdw])|(\d{4})[/-](\d{2})[/-](\d{2})` +
		`(?:[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{3}))?(?: ?(Z|[+-]\d{2}(?::?\d{2})?))?)?)$`)
	for _, s := range []string{
		"", "0", "30000", "5m", "9223372036854775807", "2021/07/00", "9999/12/31", "0001/01/01", "9999-12-31T23:59:59.999-23:59",
		"0001-01-01T00:00:00+23:59", "2021/05/15 12:05:30 09:00", "2021-05-15T12:05:30 +0900",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := protocol.ParseEPI(s)
		if err != nil {
			return
		}
		if s != "" && !grammar.MatchString(s) {
			t.Errorf("epi %q lies outside the grammar", s)
		}
		text := string(protocol.AppendEPI(nil, e))
		again, err := protocol.ParseEPI(text)
		if err != nil || again != e {
			t.Errorf("epi %q written as %q reads %v, %v", s, text, again, err)
		}
		e.Expiry(clockOfVectors())
	})
}
