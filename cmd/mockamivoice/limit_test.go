package main

import (
	"net"
	"testing"
	"time"
)

// The third connection is accepted when one of the first two ends, and Close ends the wait.
func TestLimitOfConnections(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limit(inner, 2)
	accepted := make(chan net.Conn)
	ended := make(chan error, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- c
		}
	}()
	for range 3 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
	}
	first, second := <-accepted, <-accepted
	select {
	case <-accepted:
		t.Fatal("a third connection was accepted")
	case <-time.After(50 * time.Millisecond):
	}
	_ = first.Close()
	_ = first.Close() // a second time frees nothing
	third := <-accepted
	if _, ok := third.(interface{ NetConn() net.Conn }).NetConn().(*net.TCPConn); !ok {
		t.Error("the TCP connection cannot be reached")
	}
	_ = l.Close()
	if err := <-ended; err == nil {
		t.Error("Accept goes on after Close")
	}
	_ = second.Close()
	_ = third.Close()
}
