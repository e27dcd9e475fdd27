package refclient_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/protocol"
	"mockamivoice/reference-client"
	"mockamivoice/scenarios"
)

var _ = Describe("IssueKey", func() {
	works := func(c *refclient.Client, key string) error {
		s, err := c.Stream(soon(), general())
		if err == nil {
			_ = s.Close()
		}
		return err
	}

	DescribeTable("issues a key with a life of any form", func(epi string, alive, dead time.Duration) {
		s := serve()
		key, err := s.client().IssueKey(soon(), refclient.IssueRequest{EPI: epi})
		Expect(err).NotTo(HaveOccurred())
		c := client(s.url, refclient.WithKey(key))
		s.pass(alive)
		Expect(works(c, key)).To(Succeed())
		s.pass(dead - alive)
		Expect(refclient.Expired(works(c, key))).To(BeTrue())
	},
		Entry("none: 30 s (documented: issue-api-key-with-api)", "", 29*time.Second, 30*time.Second),
		Entry("milliseconds (documented: issue-api-key-with-api)", "5000", 4999*time.Millisecond, 5*time.Second),
		Entry("a unit (documented: issue-api-key-with-api)", "2h", 2*time.Hour-time.Millisecond, 2*time.Hour),
		Entry("a date, which ends in JST (documented; zone inferred)", "2026/06/16", 27*time.Hour-time.Millisecond, 27*time.Hour),
		Entry("an instant with its zone, whose plus sign is escaped (documented)", "2026-06-15T21:30:00+0900", 30*time.Minute-time.Millisecond, 30*time.Minute),
	)

	It("sends credentials in the body, in the documented order, and nothing in the query", func() {
		var query, auth, body string
		c := client(listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			query, auth, body = r.URL.RawQuery, r.Header.Get("Authorization"), string(b)
			_, _ = io.WriteString(w, "KEY\n")
		})))
		key, err := c.IssueKey(soon(), refclient.IssueRequest{SID: "a-b", SPW: "p w&+", EPI: "1000", IPA: "127.0.0.0/8 10.0.0.1"})
		Expect(err).NotTo(HaveOccurred())
		Expect(key).To(Equal("KEY"), "a line end is not a part of the key")
		Expect([]string{query, auth, body}).To(Equal([]string{"", "", "sid=a-b&spw=p+w%26%2B&epi=1000&ipa=127.0.0.0%2F8+10.0.0.1"}))

		_, err = c.IssueKey(soon(), refclient.IssueRequest{By: "ISSUER", SID: "ignored", EPI: "1h"})
		Expect(err).NotTo(HaveOccurred())
		Expect([]string{query, auth, body}).To(Equal([]string{"", "Bearer ISSUER", "epi=1h"}))
	})

	It("issues by a key with the right to", func() {
		s := serve()
		c := client(s.url, refclient.WithNow(s.Time().Now), refclient.WithIssuingKey("demo-issuer-key"))
		Expect(works(c, "")).To(Succeed())
	})

	It("does not notice wrong credentials, which show when the key is used (documented)", func() {
		s := serve()
		c := s.client(refclient.WithCredentials("demo", "wrong"))
		_, err := c.IssueKey(soon(), refclient.IssueRequest{})
		Expect(err).NotTo(HaveOccurred())
		_, err = c.Stream(soon(), general())
		Expect(id(err)).To(Equal(protocol.StartUnauthorized))
		_, err = recognize(c)
		Expect(id(err)).To(Equal(protocol.SyncUnauthorized))
	})

	It("asks for credentials before it sends anything", func() {
		_, err := refclient.New().IssueKey(soon(), refclient.IssueRequest{SPW: "secret"})
		Expect(err).To(MatchError("issue a key: there is neither a service ID with its password nor an issuing key"))
	})

	DescribeTable("says what to check when no key came", func(option fake.Option, r refclient.IssueRequest, want protocol.ErrorID, text string) {
		s := serve(option)
		_, err := s.client().IssueKey(soon(), r)
		Expect(err).To(MatchError(ContainSubstring(text)))
		_, failed := errors.AsType[*refclient.IssueError](err)
		Expect(failed).To(BeTrue())
		Expect(id(err)).To(Equal(want))
		Expect(refclient.Retryable(err)).To(BeFalse())
	},
		Entry("an epi that is none (observed: empty 200)", fake.WithProfile(fake.ObservedProfile), refclient.IssueRequest{EPI: "soon"}, protocol.IssueEmpty,
			"answered 200 with nothing; check that epi and ipa are well-formed, and that an issuing key has the right to issue"),
		Entry("an ipa that is none", fake.WithProfile(fake.DocumentedProfile), refclient.IssueRequest{IPA: "here"}, protocol.IssueBadRequest,
			"answered 400 Bad Request; check that epi and ipa are well-formed"),
		Entry("a key without the right", fake.WithProfile(fake.DocumentedProfile), refclient.IssueRequest{By: "demo-key"}, protocol.IssueUnauthorized,
			"answered 401 Unauthorized; check that the issuing key is alive and has the right to issue"),
	)

	DescribeTable("takes nothing for a key that is none", func(status int, body, text string, again bool) {
		c := client(listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})))
		_, err := c.IssueKey(soon(), refclient.IssueRequest{SID: "demo", SPW: "p w&+"})
		Expect(err).To(MatchError(ContainSubstring(text)))
		Expect(err.Error()).NotTo(ContainSubstring("KEY"))
		Expect(refclient.Retryable(err)).To(Equal(again))
		_, said := errors.AsType[*protocol.Error](err)
		Expect(said).To(BeFalse())
	},
		Entry("a page", 200, "<html>Sign in", "200 with something that is not a key", false),
		Entry("a key in JSON, which is not quoted", 200, `{"key":"KEY"}`, "200 with something that is not a key", false),
		Entry("a redirect, which is not followed", 307, "", "answered 307 Temporary Redirect; check that the URL is that of an issuer", false),
		Entry("trouble", 503, "busy", `answered 503 Service Unavailable; check that the service is well, and try again: "busy"`, true),
		Entry("an echo of what was sent, raw", 404, "no p w&+ here", `: "no *** here"`, false),
		Entry("an echo of what was sent, escaped", 404, url.QueryEscape("p w&+"), `: "***"`, false),
	)

	It("has one caller issue for all who come at once, and keeps the key for half of its life", func() {
		s := serve()
		c := s.client(refclient.WithLife("60000"))
		issuances := func() int { return len(s.entries(scenarios.KeyIssued)) }
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				defer GinkgoRecover()
				_, err := recognize(c)
				Expect(err).NotTo(HaveOccurred())
			})
		}
		all.Wait()
		Expect(issuances()).To(Equal(1))
		s.pass(30*time.Second - time.Millisecond)
		Expect(works(c, "")).To(Succeed())
		Expect(issuances()).To(Equal(1))
		s.pass(time.Millisecond)
		Expect(works(c, "")).To(Succeed())
		Expect(issuances()).To(Equal(2))
	})
})
