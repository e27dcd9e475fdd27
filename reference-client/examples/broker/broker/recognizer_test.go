package broker_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// recognizer is a stream that answers the nth connection with what reply makes of each first letter.
func recognizer(t *testing.T, reply func(conn int, letter byte) []string) (address string) {
	t.Helper()
	var conns atomic.Int64
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		for n := int(conns.Add(1)); ; {
			_, message, err := ws.ReadMessage()
			if err != nil || len(message) == 0 {
				return
			}
			for _, text := range reply(n, message[0]) {
				_ = ws.WriteMessage(websocket.TextMessage, []byte(text))
			}
		}
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http") + "/v1/"
}

const pause = 300 * time.Millisecond // in which a client that does not wait gives itself away

// slowRecognizer answers s and e late, and reports what came in between.
func slowRecognizer(t *testing.T) (address string) {
	t.Helper()
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		messages := make(chan string, 1000)
		go func() {
			defer close(messages)
			for {
				_, message, err := ws.ReadMessage()
				if err != nil {
					return
				}
				messages <- string(message)
			}
		}()
		answer := func(texts ...string) {
			select {
			case early, open := <-messages:
				t.Errorf("the page did not wait for %v: %.1q, connection open: %t", texts, early, open)
			case <-time.After(pause):
			}
			for _, text := range texts {
				_ = ws.WriteMessage(websocket.TextMessage, []byte(text))
			}
		}
		for m := range messages {
			switch m[0] {
			case 's':
				answer("s")
			case 'e':
				answer("S 0", `A {"results":[{"tokens":[],"text":"last"}],"text":"last","code":"","message":""}`, "E 90", "e")
			}
		}
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http") + "/v1/"
}
