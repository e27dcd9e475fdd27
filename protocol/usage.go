package protocol

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// PathUsage tells how much of each plan was used in a month: an account and a month as yyyymm follow, with a slash between. The
// vendor documents it nowhere for customers; it may change at any time. (observed: a guide to a sample of the vendor)
const PathUsage = "/util/api/downloadusage/"

// UsagePath is the path of the usage of a service in a month, yyyymm. Ids that end in 01 stand for themselves, others behind "Ami.".
// (observed: as PathUsage)
func UsagePath(sid, month string) string {
	if !strings.HasSuffix(sid, "01") {
		sid = "Ami." + sid
	}
	return PathUsage + sid + "/" + month
}

// Plan is what is billed: an engine, with or without a log. (documented: logging)
type Plan struct {
	Engine string
	NoLog  bool
}

// Name is the plan's name in a bill. (observed: one name, of the general engine without a log; inferred: that others are formed so;
// an engine without a known name stands for itself)
func (p Plan) Name() string {
	label := engineLabels()[p.Engine]
	if label == "" {
		label = p.Engine
	}
	if p.NoLog {
		return label + "（ログ保存なし）"
	}
	return label + "（ログ保存あり）"
}

// engineLabels are the names of engines in the manual. (documented: engines; observed: lists of clients)
func engineLabels() map[string]string {
	return map[string]string{
		"-a2-ja-general": "日本語E2E_汎用", "-a2-zh-general": "中国語E2E_汎用", "-a2-multi-general": "多言語E2E_汎用",
		"-a2b-ja-general": "日本語E2E_汎用バッチ", "-a2b-zh-general": "中国語E2E_汎用バッチ", "-a2b-multi-general": "多言語E2E_汎用バッチ",
		"-a-general": "会話_汎用", "-a-medical": "会話_医療", "-a-bizfinance": "会話_金融", "-a-bizinsurance": "会話_保険",
		"-a-general-en": "英語_汎用", "-a-general-zh": "中国語_汎用", "-a-general-ko": "韓国語_汎用",
		"-a-general-input": "音声入力_汎用", "-a-medical-input": "音声入力_医療", "-a-bizfinance-input": "音声入力_金融", "-a-bizinsurance-input": "音声入力_保険",
		"-a-rule-input-private": "音声入力_ルール", "-a-name-input-private": "音声入力_氏名", "-a-address-input-private": "音声入力_住所",
	}
}

// UsageRow is one row of a bill.
type UsageRow struct {
	Month        string // yyyymm
	Account      string // service id; of a row that has a fee it ends in 01
	Plan         string // Plan.Name
	Milliseconds Maybe[int64]
	Fee          string // as it stands there; empty in rows of usage
	Identifier   string // "s"
	Seconds      Maybe[int64]
}

// usageHeader is the first row. (observed: that there is one, and what the columns are; their names are ours)
func usageHeader() []string {
	return []string{"YYYYMM", "account", "plan", "usage_ms", "fee", "identifier", "usage_s"}
}

// AppendUsage appends rows as CSV with a header, in UTF-8, lines ended by CR LF. (assumed: encoding and line ends)
func AppendUsage(dst []byte, rows []UsageRow) []byte {
	dst = appendRecord(dst, usageHeader())
	number := func(n Maybe[int64]) string {
		if !n.OK {
			return ""
		}
		return strconv.FormatInt(n.Value, 10)
	}
	for _, r := range rows {
		dst = appendRecord(dst, []string{r.Month, r.Account, r.Plan, number(r.Milliseconds), r.Fee, r.Identifier, number(r.Seconds)})
	}
	return dst
}

// appendRecord ends the line itself, for the library would take a CR out of the fields as well.
func appendRecord(dst []byte, record []string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(record) // a buffer takes everything
	w.Flush()
	dst = append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
	return append(dst, "\r\n"...)
}

// ParseUsage reads the CSV of a bill. The first row is its header, whatever it says.
func ParseUsage(data []byte) ([]UsageRow, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = len(usageHeader())
	records, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("usage is not CSV of %d columns: %w", r.FieldsPerRecord, err)
	}
	if len(records) == 0 {
		return nil, errors.New("usage has no header")
	}
	var rows []UsageRow
	for i, c := range records[1:] {
		row := UsageRow{Month: c[0], Account: c[1], Plan: c[2], Fee: c[4], Identifier: c[5]}
		if !parseCount(&row.Milliseconds, c[3]) || !parseCount(&row.Seconds, c[6]) {
			return nil, fmt.Errorf("row %d of usage: %s or %s is not a whole number", i+2, excerpt(c[3]), excerpt(c[6]))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func parseCount(dst *Maybe[int64], text string) bool {
	if text == "" {
		return true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	*dst = Some(n)
	return err == nil
}
