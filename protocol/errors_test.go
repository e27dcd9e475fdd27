package protocol_test

import (
	"errors"
	"fmt"
	"testing"

	"mockamivoice/protocol"
)

func TestErrorsAreMatchedByID(t *testing.T) {
	wrapped := fmt.Errorf("issue: %w", protocol.IllegalParameter("epi"))
	if !errors.Is(wrapped, protocol.NewError(protocol.IssueBadRequest)) || errors.Is(wrapped, protocol.NewError(protocol.IssueUnauthorized)) {
		t.Error("errors.Is does not go by the ID")
	}
	var e *protocol.Error
	if !errors.As(wrapped, &e) || e.Message != "illegal parameter: epi" || e.Status != 400 {
		t.Errorf("%+v", e)
	}
	if e := protocol.MethodNotAllowed(protocol.SurfaceSync, "GET"); string(protocol.AppendError(nil, e)) != `{"code":"?","message":"GET method is not allowed"}` || e.Status != 405 {
		t.Errorf("%+v", e)
	}
	if e, _ := protocol.ErrorNamed(protocol.StartUnauthorized); e.On(protocol.Inferred).Basis != protocol.Inferred || e.On(protocol.Documented).Basis != protocol.Inferred {
		t.Error("On may only lower what is known")
	}
}

func TestEveryTextIsASCIIAndEveryPacketHasItsLetter(t *testing.T) {
	for _, e := range protocol.Catalogue() {
		for _, c := range []byte(e.Message) {
			if c < 0x20 || c > 0x7E {
				t.Errorf("%s: byte %#x", e.ID, c)
			}
		}
		if onStream := e.Surface == protocol.SurfaceStream; onStream != (e.Event() != nil) || onStream != (e.Status == 0) {
			t.Errorf("%s: packet %q, status %d", e.ID, e.Packet, e.Status)
		}
	}
}
