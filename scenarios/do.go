package scenarios

import (
	"fmt"
	"strings"
	"time"

	"mockamivoice/protocol"
)

// Do is what a fault does: one of the types of this file whose names begin with Do.
type Do interface {
	// Word is the word for it in a file.
	Word() string
	// String is the whole of it, for the tape and for people.
	String() string

	do()
}

type (
	// DoError answers with an error of the catalogue.
	DoError struct{ ID protocol.ErrorID }
	// DoStatus answers with an HTTP status, as a proxy in front of the service would: the body is none of the service's.
	DoStatus struct {
		Status     int
		RetryAfter time.Duration // of the Retry-After header, whole seconds; 0 for no such header
		Unread     bool          // the answer to an upload comes as soon as the key is known, and the rest is not read
	}
	// DoDelay lets clock time pass first. What follows on the same connection waits as well. On a stream it counts from when what it
	// holds up was due: several delayed events that were due at once come at once, in their order.
	DoDelay struct{ For time.Duration }
	// DoStall reads and sends nothing any more and keeps the socket open, until the client leaves.
	DoStall struct{}
	// DoNoAnswer leaves out the answer to this, and goes on.
	DoNoAnswer struct{}
	// DoClose ends the connection: on a stream with a close frame, elsewhere with the end of TCP.
	DoClose struct{ Code int } // of the close frame; 0 for none
	// DoReset ends the connection with a TCP RST.
	DoReset struct{}
	// DoTruncate sends the beginning of a reply or a frame, whose length is that of the whole, and ends the connection.
	DoTruncate struct {
		Bytes    int     // of the body or payload; used when Fraction is 0
		Fraction float64 // of it, below 1
	}
	// DoGarble replaces some characters, the first one among them, by others. Which ones follows from the seed of the server.
	DoGarble struct{}
	// DoDrip sends, or reads an upload, in pieces.
	DoDrip struct {
		Bytes int
		Every time.Duration // clock time
	}
	// DoDrop leaves the packet out: an event is not sent, a p is not heard.
	DoDrop struct{}
	// DoDuplicate sends or hears the packet several times.
	DoDuplicate struct{ Times int } // how many in all, at least 2
	// DoOrder holds events back until one of each letter is there, and sends these first, in this order.
	DoOrder struct{ Letters []string }
	// DoSend sends a message of its own first.
	DoSend struct{ Text string }
	// DoReplace sends a text instead. ${payload} in it is what follows the letter and the blank of the packet, or the whole body.
	DoReplace struct{ Text string }
	// DoResult sends another result.
	DoResult struct{ Said }
	// DoLimit acts as if a limit had been reached.
	DoLimit struct{ Name Limit }
	// DoState tells that a job stands in a state, wherever it really is.
	DoState struct{ State protocol.JobState }
	// DoExpireKey lets the key end its life, some time ago as the service sees it.
	DoExpireKey struct{ Ago time.Duration }
)

func (DoError) do()     {}
func (DoStatus) do()    {}
func (DoDelay) do()     {}
func (DoStall) do()     {}
func (DoNoAnswer) do()  {}
func (DoClose) do()     {}
func (DoReset) do()     {}
func (DoTruncate) do()  {}
func (DoGarble) do()    {}
func (DoDrip) do()      {}
func (DoDrop) do()      {}
func (DoDuplicate) do() {}
func (DoOrder) do()     {}
func (DoSend) do()      {}
func (DoReplace) do()   {}
func (DoResult) do()    {}
func (DoLimit) do()     {}
func (DoState) do()     {}
func (DoExpireKey) do() {}

// Word implements Do.
func (DoError) Word() string { return "error" }

// Word implements Do.
func (DoStatus) Word() string { return "status" }

// Word implements Do.
func (DoDelay) Word() string { return "delay" }

// Word implements Do.
func (DoStall) Word() string { return "stall" }

// Word implements Do.
func (DoNoAnswer) Word() string { return "no-answer" }

// Word implements Do.
func (DoClose) Word() string { return "close" }

// Word implements Do.
func (DoReset) Word() string { return "reset" }

// Word implements Do.
func (DoTruncate) Word() string { return "truncate" }

// Word implements Do.
func (DoGarble) Word() string { return "garble" }

// Word implements Do.
func (DoDrip) Word() string { return "drip" }

// Word implements Do.
func (DoDrop) Word() string { return "drop" }

// Word implements Do.
func (DoDuplicate) Word() string { return "duplicate" }

// Word implements Do.
func (DoOrder) Word() string { return "order" }

// Word implements Do.
func (DoSend) Word() string { return "send" }

// Word implements Do.
func (DoReplace) Word() string { return "replace" }

// Word implements Do.
func (DoResult) Word() string { return "result" }

// Word implements Do.
func (DoLimit) Word() string { return "limit" }

// Word implements Do.
func (DoState) Word() string { return "state" }

// Word implements Do.
func (DoExpireKey) Word() string { return "expire-key" }

// String implements Do.
func (d DoError) String() string { return "error " + string(d.ID) }

// String implements Do.
func (d DoStatus) String() string {
	text := fmt.Sprintf("status %d", d.Status)
	if d.RetryAfter > 0 {
		text += ", retry after " + d.RetryAfter.String()
	}
	if d.Unread {
		text += ", unread"
	}
	return text
}

// String implements Do.
func (d DoDelay) String() string { return "delay " + d.For.String() }

// String implements Do.
func (d DoStall) String() string { return d.Word() }

// String implements Do.
func (d DoNoAnswer) String() string { return d.Word() }

// String implements Do.
func (d DoClose) String() string {
	if d.Code == 0 {
		return d.Word()
	}
	return fmt.Sprintf("close with code %d", d.Code)
}

// String implements Do.
func (d DoReset) String() string { return d.Word() }

// String implements Do.
func (d DoTruncate) String() string {
	if d.Fraction > 0 {
		return fmt.Sprintf("truncate to %g of it", d.Fraction)
	}
	return fmt.Sprintf("truncate to %d bytes", d.Bytes)
}

// String implements Do.
func (d DoGarble) String() string { return d.Word() }

// String implements Do.
func (d DoDrip) String() string { return fmt.Sprintf("drip %d bytes every %s", d.Bytes, d.Every) }

// String implements Do.
func (d DoDrop) String() string { return d.Word() }

// String implements Do.
func (d DoDuplicate) String() string { return fmt.Sprintf("duplicate, %d in all", d.Times) }

// String implements Do.
func (d DoOrder) String() string { return "order " + strings.Join(d.Letters, " ") }

// String implements Do.
func (d DoSend) String() string { return fmt.Sprintf("send %q", d.Text) }

// String implements Do.
func (d DoReplace) String() string { return fmt.Sprintf("replace by %q", d.Text) }

// String implements Do.
func (d DoResult) String() string {
	switch {
	case d.Code != "":
		return fmt.Sprintf("result with code %q", d.Code)
	case d.Text == "" && len(d.Tokens) == 0:
		return "empty result"
	case d.Repeat > 1:
		return fmt.Sprintf("result %q, %d times", d.Text, d.Repeat)
	}
	return fmt.Sprintf("result %q", d.Text)
}

// String implements Do.
func (d DoLimit) String() string { return "limit " + string(d.Name) }

// String implements Do.
func (d DoState) String() string { return "state " + string(d.State) }

// String implements Do.
func (d DoExpireKey) String() string {
	if d.Ago == 0 {
		return d.Word()
	}
	return fmt.Sprintf("expire-key, %s ago", d.Ago)
}
