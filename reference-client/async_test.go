package refclient_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/protocol"
	"mockamivoice/reference-client"
)

const created = `{"sessionid":"019a3c51e7400a301164beef","text":"..."}`

// submitted is what a stub of the service received, part by part.
type submitted struct {
	method, target, authorization string
	names, values                 []string
}

// takes is a service that takes every recording as a job and tells what came; answer is its reply.
func takes(status int, answer string) (url string, came <-chan submitted) {
	all := make(chan submitted, 10)
	return listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := submitted{method: r.Method, target: r.RequestURI, authorization: r.Header.Get("Authorization")}
		if parts, err := r.MultipartReader(); err == nil {
			for p, err := parts.NextRawPart(); err == nil; p, err = parts.NextRawPart() {
				value, _ := io.ReadAll(p)
				got.names, got.values = append(got.names, p.FormName()), append(got.values, string(value))
			}
		}
		all <- got
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	})), all
}

func submit(c *refclient.Client) (*refclient.Job, error) {
	return c.Submit(soon(), strings.NewReader("audio"), refclient.JobRequest{Engine: "-a-general", Format: "LSB16K"})
}

var _ = Describe("Submit", func() {
	It("sends u, d, c and then a to v2, and returns the session id of the reply", func() {
		url, came := takes(200, created)
		job, err := client(url, refclient.WithKey("k")).Submit(soon(), strings.NewReader("audio"), refclient.JobRequest{Engine: "-a-general", Format: "LSB16K"})
		Expect(err).NotTo(HaveOccurred())
		Expect(job.ID).To(Equal("019a3c51e7400a301164beef"))
		Expect(<-came).To(Equal(submitted{
			method: "POST", target: "/v2/recognitions",
			names: []string{"u", "d", "c", "a"}, values: []string{"k", "grammarFileNames=-a-general", "LSB16K", "audio"},
		}))
	})

	DescribeTable("writes the settings of a job into d, separated by blanks", func(r refclient.JobRequest, d string) {
		url, came := takes(200, created)
		r.Engine = "-a-general"
		_, err := client(url, refclient.WithKey("k")).Submit(soon(), strings.NewReader("audio"), r)
		Expect(err).NotTo(HaveOccurred())
		Expect((<-came).values).To(Equal([]string{"k", "grammarFileNames=-a-general" + d, "audio"}))
	},
		Entry("none", refclient.JobRequest{}, ""),
		Entry("all", refclient.JobRequest{
			NoLog: true, ContentID: "call 42&", CompatibleWithSync: true, Diarization: &refclient.Diarization{Min: 2, Max: 3}, Sentiment: true,
			Params: []protocol.Param{{Key: "keepFillerToken", Value: "1"}},
		}, " loggingOptOut=True contentId=call%2042%26 compatibleWithSync=True speakerDiarization=True diarizationMinSpeaker=2 diarizationMaxSpeaker=3 sentimentAnalysis=True keepFillerToken=1"),
		Entry("speakers without limits", refclient.JobRequest{Diarization: &refclient.Diarization{}}, " speakerDiarization=True"),
	)

	It("sends audio while it is read, in small pieces", func() {
		arrived := make(chan struct{})
		url := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
			close(arrived)
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, created)
		}))
		audio := &endless{left: 8 << 20, arrived: arrived}
		_, err := client(url, refclient.WithKey("k")).Submit(soon(), audio, refclient.JobRequest{Engine: "-a-general"})
		Expect(err).NotTo(HaveOccurred())
		Expect(audio.largest).To(BeNumerically("<=", 64<<10), "no buffer holds the recording")
		Expect(audio.sentBeforeEnd).To(BeTrue(), "the beginning had arrived before the end was read")
	})

	DescribeTable("tells a refusal from doubt", func(status int, body string, want protocol.ErrorID, uncertain bool, text string) {
		url, _ := takes(status, body)
		_, err := submit(client(url, refclient.WithKey("a-secret-key")))
		Expect(err).To(MatchError(ContainSubstring(text)))
		Expect(err.Error()).NotTo(ContainSubstring("a-secret-key"))
		if want != "" {
			Expect(id(err)).To(Equal(want))
		}
		_, doubt := errors.AsType[*refclient.UncertainError](err)
		Expect(doubt).To(Equal(uncertain))
		if uncertain {
			Expect(refclient.Retryable(err)).To(BeFalse())
		}
	},
		Entry("a bad key", 200, `{"results":[{"tokens":[],"tags":[],"rulename":"","text":""}],"text":"","code":"-","message":"received illegal service authorization"}`,
			protocol.AsyncUnauthorized, false, "async: HTTP 200, code -: received illegal service authorization"),
		Entry("sentiment analysis on v2, which has the code of a bad key",
			200, `{"code":"-","message":"invalid parameter (sentimentAnalysis must be False. sentiment analysis is currently not implemented)"}`, protocol.AsyncSentiment, false, "currently not implemented"),
		Entry("the code of a bad key with other words", 200, `{"code":"-","message":"no a-secret-key here"}`, protocol.AsyncUnauthorized, false, "no *** here"),
		Entry("too large", 413, "<html>", protocol.AsyncPayloadTooLarge, false, "413"),
		Entry("too many", 429, "", protocol.ErrorID(""), false, "HTTP 429"),
		Entry("a service that takes nothing now", 503, "", protocol.ErrorID(""), false, "HTTP 503"),
		Entry("a proxy that lost the reply", 502, "no a-secret-key", protocol.ErrorID(""), true, "HTTP 502"),
		Entry("a fault of the service", 500, `{"message":"Internal server error"}`, protocol.ErrorID(""), true, "may make two"),
		Entry("another spelling of the id", 200, `{"session_id":"019a3c51e7400a301164beef","text":"..."}`, protocol.ErrorID(""), true, "neither a sessionid nor a code"),
		Entry("a page", 200, "<html>a-secret-key", protocol.ErrorID(""), true, `"<html>***"`),
	)

	It("sends nothing again when the reply is lost, and says that there may be a job", func() {
		var uploads atomic.Int32
		url := listen(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			uploads.Add(1)
			panic(http.ErrAbortHandler)
		}))
		_, err := submit(client(url, refclient.WithCredentials("demo", "x"), refclient.WithReissue(), issuedAs("k")))
		_, doubt := errors.AsType[*refclient.UncertainError](err)
		Expect(doubt).To(BeTrue(), "%v", err)
		Expect(refclient.Retryable(err)).To(BeFalse())
		Expect(uploads.Load()).To(BeEquivalentTo(1))
	})

	It("has no doubt when the recording was never sent whole", func() {
		_, err := submit(client("http://127.0.0.1:1", refclient.WithKey("k")))
		_, doubt := errors.AsType[*refclient.UncertainError](err)
		Expect(doubt).To(BeFalse())
		Expect(refclient.Retryable(err)).To(BeTrue())

		url, _ := takes(200, created)
		_, err = client(url, refclient.WithKey("k")).Submit(soon(), io.MultiReader(strings.NewReader("audio"), torn{}), refclient.JobRequest{})
		_, doubt = errors.AsType[*refclient.UncertainError](err)
		Expect(err).To(MatchError(ContainSubstring("the disk is gone")))
		Expect(doubt).To(BeFalse())
	})

	It("ends with its context while the service thinks, and then there may be a job", func() {
		ctx, cancel := context.WithCancel(context.Background())
		url := listen(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
		}))
		_, err := client(url, refclient.WithKey("k")).Submit(ctx, strings.NewReader("audio"), refclient.JobRequest{})
		Expect(err).To(MatchError(context.Canceled))
		_, doubt := errors.AsType[*refclient.UncertainError](err)
		Expect(doubt).To(BeTrue())
	})

	It("sends the recording once more when its key had expired on the way", func() {
		now := noon()
		var bodies [][]byte
		url := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			bodies = append(bodies, body)
			if len(bodies) == 1 {
				now = now.Add(time.Minute)
				_, _ = io.WriteString(w, `{"code":"-","message":"received illegal service authorization"}`)
				return
			}
			_, _ = io.WriteString(w, created)
		}))
		_, err := submit(client(url, refclient.WithCredentials("demo", "x"), refclient.WithReissue(), issuedAs("first", "second"), refclient.WithNow(func() time.Time { return now })))
		Expect(err).NotTo(HaveOccurred())
		Expect(bodies).To(HaveLen(2))
		Expect(bytes.Contains(bodies[0], []byte("first")) && bytes.Contains(bodies[1], []byte("second")) && bytes.Contains(bodies[1], []byte("audio"))).To(BeTrue())
	})
})

// torn is audio that cannot be read.
type torn struct{}

func (torn) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// issuedAs lets keys come from an issuer of these; the last of them stays.
func issuedAs(keys ...string) refclient.Option {
	var n atomic.Int32
	return refclient.WithEndpoint(refclient.Endpoints{Issue: listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, keys[min(int(n.Add(1)), len(keys))-1])
	}))})
}
