package fake_test

import (
	"fmt"
	"io"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/fake"
	"mockamivoice/scenarios"
)

var _ = Describe("A proxy that answers an upload before it was read", func() {
	const size = 64 << 20 // more than the sockets of both sides hold
	head := func(path, query, fields string) string {
		return fmt.Sprintf("POST %s%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nContent-Type: %s\r\n\r\n%s", path, query, len(fields)+size, multiform, fields)
	}
	field := func(name, value string) string {
		return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value
	}
	open := field("u", mypageKey) + "\r\n" + field("d", "-a-general") + "\r\n" + field("a", "")
	answer := "HTTP/1.1 413 Request Entity Too Large\r\n"
	play := func(at string) fake.Option {
		return fake.WithScenario(fault(strings.Replace(at, ".", ".unread-", 1), "{at: "+at+", nth: 1, do: {status: 413, retry-after: 5s, unread: true}}"))
	}

	DescribeTable("needs no more of it than what tells the key", func(at, path, query, fields string) {
		w, srv := dialWire(play(at))
		w.send(head(path, query, fields))
		Expect(w.head()).To(And(HavePrefix(answer), ContainSubstring("\r\nConnection: close\r\n"), ContainSubstring("\r\nRetry-After: 5\r\n")))
		Expect(w.rest()).To(And(HavePrefix("<html>"), HaveSuffix("</html>\r\n")), "and the end of what it says")
		Expect(noted(srv, scenarios.HTTPRequest)).To(Equal([]string{"answered before its body was read"}))
		Expect(noted(srv, scenarios.ConnClose)).To(Equal([]string{"closed by a fault"}))
		Expect(srv.Jobs(GinkgoT().Context())).To(BeEmpty())
	},
		Entry("in the query", "sync.request", "/v1/recognize", "?u="+mypageKey, ""),
		Entry("in u", "sync.request", "/v1/recognize", "", field("u", mypageKey)+"\r\n--"+boundary+"\r\n"),
		Entry("elsewhere, so that the audio must have begun", "sync.request", "/v1/recognize", "", field("d", "grammarFileNames=-a-general authorization="+mypageKey)+"\r\n"+field("a", "")),
		Entry("in the query, of a job", "async.create", "/v2/recognitions", "?u="+mypageKey, ""),
		Entry("in u, of a job", "async.create", "/v2/recognitions", "", field("u", mypageKey)+"\r\n--"+boundary+"\r\n"),
		Entry("elsewhere, of a job", "async.create", "/v2/recognitions", "", field("d", "-a-general authorization="+mypageKey)+"\r\n"+field("a", "")),
	)

	DescribeTable("is heard by a client that reads only when it has sent everything", func(at, path string) {
		w, _ := dialWire(play(at))
		w.send(head(path, "", open))
		n, err := io.Copy(w.Conn, &quietly{size})
		Expect(err).NotTo(HaveOccurred())
		Expect(n).To(BeEquivalentTo(size))
		Expect(w.head()).To(HavePrefix(answer))
		Expect(w.rest()).To(HaveSuffix("</html>\r\n"))
	}, Entry("a recording", "sync.request", "/v1/recognize"), Entry("a job", "async.create", "/v2/recognitions"))

	It("answers the nth of each key, and reads the others", func() {
		s := serve(fake.WithScenario(fault("async.unread", "{at: async.create, nth: 2, do: {status: 503, unread: true}}")))
		other, err := s.IssueKey(fake.KeyRequest{EPI: "1h"})
		Expect(err).NotTo(HaveOccurred())
		for _, key := range []string{mypageKey, other.Key} {
			created(s.submit("/v2/recognitions", "u", key, "d", "-a-general", "a", sentences(1)))
			Expect(s.submit("/v2/recognitions", "u", key, "d", "-a-general", "a", sentences(1)).Status).To(Equal(503))
			created(s.submit("/v2/recognitions", "u", key, "d", "-a-general", "a", sentences(1)))
		}
	})

	It("counts for the key that stands in d, where u is empty", func() {
		s := serve(fake.WithScenario(fault("sync.unread", "{at: sync.request, nth: 2, do: {status: 503, unread: true}}")))
		other, err := s.IssueKey(fake.KeyRequest{EPI: "1h"})
		Expect(err).NotTo(HaveOccurred())
		var all []int
		for _, key := range []string{mypageKey, other.Key, mypageKey, other.Key} {
			all = append(all, s.recognize("u", "", "d", "-a-general authorization="+key, "a", sentences(1)).Status)
		}
		Expect(all).To(Equal([]int{200, 200, 503, 503}))
	})

	DescribeTable("has no page where HTTP knows of none, and the tape has none either", func(at, do, end string) {
		w, srv := dialWire(fake.WithScenario(fault("sync.bare", "{at: "+at+", nth: 1, do: "+do+"}")))
		w.send("POST /v1/recognize?u=" + mypageKey + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		all := w.rest()
		Expect(all).To(And(HavePrefix("HTTP/1.1 "+end), HaveSuffix("\r\n\r\n"), Not(ContainSubstring("html"))))
		Expect(strings.Count(all, "\r\n\r\n")).To(Equal(1))
		_, entries := srv.Tape(fake.TapeFilter{Kind: scenarios.HTTPResponse})
		Expect(entries).To(HaveExactElements(HaveField("Body", "")))
	},
		Entry("204", "sync.response", "{status: 204}", "204 No Content"),
		Entry("204, unread", "sync.request", "{status: 204, unread: true}", "204 No Content"),
		Entry("304", "sync.response", "{status: 304}", "304 Not Modified"),
		Entry("304, unread", "sync.request", "{status: 304, unread: true}", "304 Not Modified"),
	)

	It("does not keep a server that ends", func() {
		w, srv := dialWire(play("sync.request"))
		w.send(head("/v1/recognize", "", open))
		Expect(w.head()).To(HavePrefix(answer))
		srv.Close()
		Expect(w.rest()).To(HaveSuffix("</html>\r\n"))
	})
})
