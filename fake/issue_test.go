package fake_test

import (
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

const anywhere = "192.0.2.1"

var _ = Describe("Issuing a key", func() {
	It("V1 answers with the key alone, as plain text without a line end (documented: issue-api-key-with-api)", func() {
		s := serve()
		r := s.postIssue(credentials)
		Expect(r).To(beKey())
		Expect(r.Header.Get("Content-Type")).To(HavePrefix("text/plain"))
		Expect(r.Header.Get("Content-Length")).NotTo(Equal("0"))
	})

	DescribeTable("gives a key that is good until one instant and not at it", func(epi string, expires int64) {
		s := serve()
		key := s.issue(credentials + epi)
		_, err := s.SetTime(time.UnixMilli(expires - 1))
		Expect(err).NotTo(HaveOccurred())
		Expect(accepts(s, key, anywhere)).To(BeTrue(), "1 ms before")
		_, err = s.Advance(time.Millisecond)
		Expect(err).NotTo(HaveOccurred())
		Expect(accepts(s, key, anywhere)).To(BeFalse(), "at the instant")
	},
		Entry("V1 30 s after issuance when epi is left out (documented: issue-api-key-with-api)", "", int64(1781492430000)),
		Entry("30 s after issuance when epi is empty (assumed)", "&epi=", int64(1781492430000)),
		Entry("V3 epi=2h (documented: reference-one-time-app-key)", "&epi=2h", int64(1781499600000)),
		Entry("epi=90 s in milliseconds (documented: reference-one-time-app-key)", "&epi=90000", int64(1781492490000)),
		Entry("epi=5m (documented: reference-one-time-app-key)", "&epi=5m", int64(1781492700000)),
		Entry("epi=100d (documented: reference-one-time-app-key)", "&epi=100d", int64(1790132400000)),
		Entry("epi=1w (documented: reference-one-time-app-key)", "&epi=1w", int64(1782097200000)),
		Entry("V4 a date runs through its end in JST (documented: the form; inferred: the zone)", "&epi=2026/07/31", int64(1785510000000)),
		Entry("V5 day 00 is the last day of the month before (documented: the rule; inferred: the zone)", "&epi=2026/07/00", int64(1782831600000)),
		Entry("V5 the same instant as 2026/06/30", "&epi=2026/06/30", int64(1782831600000)),
		Entry("V6 an instant with fraction and zone (documented: the pattern)", "&epi=2026-06-15T12%3A00%3A45.500%2B09%3A00", int64(1781492445500)),
		Entry("an instant in UTC (documented: the pattern)", "&epi=2026-06-15T03:00:45.500Z", int64(1781492445500)),
		Entry("an instant without a zone is in JST (inferred)", "&epi=2026/06/15+12:00:45", int64(1781492445000)),
	)

	DescribeTable("gives a key that has expired from birth (assumed)", func(epi string) {
		s := serve()
		Expect(accepts(s, s.issue(credentials+"&epi="+epi), anywhere)).To(BeFalse())
	},
		Entry("when it lives for 0 ms", "0"),
		Entry("when the date is past", "2021/06/30"),
	)

	DescribeTable("gives no key: an empty 200, or 400 with JSON by the documented profile (observed, one source; assumed: the JSON)",
		func(body string) {
			Expect(serve().postIssue(body)).To(beEmpty200())
			Expect(serve(documented()).postIssue(body)).To(And(
				HaveField("Status", 400), HaveField("Body", MatchRegexp(`^\{"code":"\?","message":"[^"]+"\}`))))
		},
		Entry("V10 for an epi that means nothing (assumed)", credentials+"&epi=garbage"),
		Entry("for a negative epi (assumed)", credentials+"&epi=-1"),
		Entry("for stacked units (assumed)", credentials+"&epi=1h30m"),
		Entry("for an upper-case unit (assumed)", credentials+"&epi=2H"),
		Entry("for 30 February (assumed)", credentials+"&epi=2026/02/30"),
		Entry("for a '+' that a form turns into a blank: +09:00 must be sent as %2B09:00 (inferred)", credentials+"&epi=2026-06-15T12:00:45+09:00"),
		Entry("for a time without seconds (assumed)", credentials+"&epi=2026/06/15+12:00"),
		Entry("for a number that no clock can hold (assumed)", credentials+"&epi=99999999999999999999w"),
		Entry("V11 for a prefix longer than 32 bits (assumed)", credentials+"&ipa=203.0.113.0/33"),
		Entry("for an IPv6 address in ipa (assumed)", credentials+"&ipa=2001:db8::1"),
		Entry("for a host name in ipa (assumed)", credentials+"&ipa=example.com"),
		Entry("when one of several ipa entries is wrong (assumed)", credentials+"&ipa=203.0.113.1,nonsense"),
		Entry("without sid (assumed)", "spw=mock%20spw%21"),
		Entry("with an empty sid (assumed)", "sid=&spw=mock%20spw%21"),
		Entry("without a body (assumed)", ""),
	)

	DescribeTable("binds a key to the addresses of ipa, compared when it is used (documented: issue-api-key-with-api; inferred: the refusal)",
		func(ipa string, good, bad []string) {
			s := serve()
			key := s.issue(credentials + "&ipa=" + ipa)
			for _, peer := range good {
				Expect(accepts(s, key, peer)).To(BeTrue(), peer)
			}
			for _, peer := range bad {
				Expect(accepts(s, key, peer)).To(BeFalse(), peer)
			}
		},
		Entry("V2 one address", "203.0.113.253", []string{"203.0.113.253"}, []string{"198.51.100.1", "203.0.113.252"}),
		Entry("V3 a network", "203.0.113.0/24", []string{"203.0.113.0", "203.0.113.255"}, []string{"203.0.114.0", "203.0.112.255"}),
		Entry("V4 networks separated by a comma", "203.0.113.0/24,198.51.100.0/24", []string{"203.0.113.9", "198.51.100.9"}, []string{"192.0.2.1"}),
		Entry("separated by a blank", "203.0.113.1+198.51.100.1", []string{"203.0.113.1", "198.51.100.1"}, []string{"192.0.2.1"}),
		Entry("separated by an escaped comma and a blank (assumed)", "203.0.113.1%2C%20198.51.100.1", []string{"203.0.113.1", "198.51.100.1"}, []string{"192.0.2.1"}),
		Entry("none at all means no restriction", "", []string{"203.0.113.1", "192.0.2.1", "10.0.0.1"}, nil),
	)

	It("takes a blank in the password as '+' as well as %20 (documented: a form)", func() {
		s := serve()
		Expect(accepts(s, s.issue("sid=mock-sid&spw=mock+spw%21"), anywhere)).To(BeTrue())
	})

	DescribeTable("V9 gives a key for wrong credentials, which fails when it is used (documented: issue-api-key-with-api)", func(body string) {
		s := serve()
		key := s.issue(body)
		Expect(s.recognize("u", key, "d", "-a-general", "a", speechWAV())).To(beUnauthorized())
	},
		Entry("wrong spw", "sid=mock-sid&spw=wrong"),
		Entry("wrong sid", "sid=other&spw=mock%20spw%21"),
		Entry("no spw (assumed)", "sid=mock-sid"),
	)

	It("gives a fresh key every time (assumed)", func() {
		s := serve()
		Expect(s.issue(credentials)).NotTo(Equal(s.issue(credentials)))
	})

	It("answers GET with 405, though an old client calls it so (assumed)", func() {
		for _, s := range []*service{serve(), serve(documented())} {
			r := s.do(http.MethodGet, "/issue_service_authorization?"+credentials, "", nil)
			Expect(r.Status).To(Equal(405))
			Expect(r.Body).To(Equal(`{"code":"?","message":"GET method is not allowed"}` + "\r\n"))
		}
	})

	DescribeTable("never reads credentials from the query (documented: issue-api-key-with-api)", func(target, body, contentType string) {
		s := serve()
		Expect(s.do(http.MethodPost, target, contentType, strings.NewReader(body))).To(beEmpty200())
		r := serve(documented()).do(http.MethodPost, target, contentType, strings.NewReader(body))
		Expect(r.Status).To(Equal(400))
	},
		Entry("all of it in the query", "/issue_service_authorization?"+credentials, "", form),
		Entry("sid in the query, spw in the body", "/issue_service_authorization?sid=mock-sid", "spw=mock%20spw%21", form),
		Entry("a body of another type counts as none (assumed)", "/issue_service_authorization", credentials, "text/plain"),
		Entry("a body of JSON counts as none (assumed)", "/issue_service_authorization", `{"sid":"mock-sid","spw":"mock spw!"}`, "application/json"),
	)

	It("does not let the query change epi (documented: issue-api-key-with-api)", func() {
		s := serve()
		r := s.do(http.MethodPost, "/issue_service_authorization?epi=2h", form, strings.NewReader(credentials))
		Expect(r).To(beKey())
		_, err := s.Advance(30 * time.Second)
		Expect(err).NotTo(HaveOccurred())
		Expect(accepts(s, r.Body, anywhere)).To(BeFalse())
	})

	It("takes the first of two values (assumed)", func() {
		s := serve()
		key := s.issue(credentials + "&epi=2h&epi=1000")
		_, err := s.Advance(time.Hour)
		Expect(err).NotTo(HaveOccurred())
		Expect(accepts(s, key, anywhere)).To(BeTrue())
	})

	It("notes on the tape when the key will expire and whether its credentials are good, but not the key", func() {
		s := serve()
		key := s.issue("sid=mock-sid&spw=wrong&epi=2026/07/31")
		_, entries := s.Tape(fake.TapeFilter{Kind: scenarios.KeyIssued})
		Expect(entries).To(HaveLen(1))
		Expect(entries[0].Expires).To(Equal("2026-07-31T15:00:00.000Z"))
		Expect(entries[0].Text).To(ContainSubstring("bad"))
		Expect(entries[0].Key).To(MatchRegexp(`^[0-9a-f]{12}$`))
		Expect(entries[0].Key).NotTo(Equal(key))
	})
})

var _ = Describe("Issuing with a bearer key", func() {
	It("V7 needs neither sid nor spw when the key may issue (documented: issue-api-key-with-api)", func() {
		s := serve()
		key := s.issue("epi=30000&ipa=203.0.113.253", "Authorization", "Bearer "+issuerKey)
		Expect(accepts(s, key, "203.0.113.253")).To(BeTrue())
		Expect(accepts(s, key, "198.51.100.1")).To(BeFalse())
		_, err := s.Advance(30 * time.Second)
		Expect(err).NotTo(HaveOccurred())
		Expect(accepts(s, key, "203.0.113.253")).To(BeFalse())
	})

	It("works with an empty body (documented: issue-api-key-with-api)", func() {
		Expect(serve().postIssue("", "Authorization", "Bearer "+issuerKey)).To(beKey())
	})

	DescribeTable("gives nothing for", func(prepare func(*service) string) {
		s := serve()
		Expect(s.postIssue("epi=30000", "Authorization", "Bearer "+prepare(s))).To(beEmpty200())
		s = serve(documented())
		r := s.postIssue("epi=30000", "Authorization", "Bearer "+prepare(s))
		Expect(r.Status).To(Equal(401))
		Expect(r.Body).To(HavePrefix(`{"code":"-","message":"can't verify service authorization"}`))
	},
		Entry("V8 a key that may not issue (observed, one source)", func(*service) string { return mypageKey }),
		Entry("V12 an issued key, which never has the right (documented: the rule; assumed: the shape)",
			func(s *service) string { return s.issue(credentials) }),
		Entry("V12 a key issued by an issuing key (documented: the rule; assumed: the shape)",
			func(s *service) string { return s.issue("", "Authorization", "Bearer "+issuerKey) }),
		Entry("an unknown key (observed, one source)", func(*service) string { return "WRONG" }),
		Entry("an issuing key that has expired (assumed)", func(s *service) string {
			k, err := s.IssueKey(fake.KeyRequest{EPI: "1s", Issuable: true})
			Expect(err).NotTo(HaveOccurred())
			_, err = s.Advance(time.Second)
			Expect(err).NotTo(HaveOccurred())
			return k.Key
		}),
	)

	It("prefers the credentials of the body to a senseless bearer header (observed, one source)", func() {
		s := serve()
		key := s.issue(credentials, "Authorization", `Bearer {"token":"x"}`)
		Expect(accepts(s, key, anywhere)).To(BeTrue())
	})
})
