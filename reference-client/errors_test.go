package refclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"mockamivoice/protocol"
	"mockamivoice/reference-client"
)

var _ = Describe("Errors", func() {
	It("are retryable when they are the service's, or when the manual says to begin again", func() {
		var again []protocol.ErrorID
		for _, e := range protocol.Catalogue() {
			if refclient.Retryable(fmt.Errorf("wrapped: %w", &e)) {
				again = append(again, e.ID)
			}
		}
		Expect(again).To(ConsistOf(
			protocol.SyncReceiveTimeout, protocol.SyncBusy, protocol.SyncConnectFailed, protocol.SyncReceiveFailed,
			protocol.SyncInvalidResult, protocol.SyncNotLoaded, protocol.SyncCancelled, protocol.SyncFatal,
			protocol.AsyncPollFault, protocol.WordsFault,
			protocol.StartUnverified, protocol.StartUnavailable, protocol.StartNoServer,
			protocol.FeedRefused, protocol.FeedSessionTimeout, protocol.EndTimeout, protocol.EndTimeoutRecognizing,
		))
	})

	It("say that a key has expired only where the service does, without a client's help", func() {
		for _, e := range protocol.Catalogue() {
			Expect(refclient.Expired(&e)).To(Equal(e.ID == protocol.StartExpired || e.ID == protocol.WordsExpired), "%s", e.ID)
		}
	})

	DescribeTable("of other kinds", func(err error, again bool) {
		Expect(refclient.Retryable(err)).To(Equal(again))
		Expect(refclient.Expired(err)).To(BeFalse())
	},
		Entry("none", nil, false),
		Entry("an end of the connection", fmt.Errorf("stream: %w", io.ErrUnexpectedEOF), true),
		Entry("a connection that broke", &net.OpError{Op: "read", Err: errors.New("reset")}, true),
		Entry("an alert of TLS", &net.OpError{Op: "remote error", Err: errors.New("bad certificate")}, false),
		Entry("a name server in trouble", &net.OpError{Op: "dial", Err: &net.DNSError{IsTemporary: true}}, true),
		Entry("a name that does not exist", &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, false),
		Entry("the caller's own context", fmt.Errorf("stream: %w", context.DeadlineExceeded), false),
		Entry("an unknown text", &protocol.Error{Surface: protocol.SurfaceStream, Packet: 'p', Message: "new"}, false),
		Entry("an unknown text with a status that speaks for itself", &protocol.Error{Surface: protocol.SurfaceSync, Status: 503, Code: "?"}, true),
		Entry("a recording that may have become a job", &refclient.UncertainError{Err: io.ErrUnexpectedEOF}, false),
		Entry("a job that failed for the recording's sake", &refclient.JobError{Code: "o"}, false),
		Entry("a job that failed for the service's sake", fmt.Errorf("wrapped: %w", &refclient.JobError{Code: "b"}), true),
		Entry("a job that failed without a code", &refclient.JobError{Message: "no more disk"}, false),
		Entry("anything else", errors.New("what"), false),
	)
})
