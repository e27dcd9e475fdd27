package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"mockamivoice/fake"
	"mockamivoice/fake/clock"
)

const (
	tellTime  = time.Second            // until somebody who is told is waited for no longer (of the interface)
	quietTime = 2 * time.Second        // until a connection on which nothing comes is asked whether it is alive (ours)
	retryTime = 200 * time.Millisecond // between two tries to listen (ours)
	ackLife   = 10 * time.Second       // of acknowledgements that nobody fetches (ours)
	mostTold  = 256                    // messages that wait for the one that is dealt with (ours)

	unreadable = "unreadable" // topic of what no Store told
)

// told is a message of one replica to the others.
type told struct {
	ID      string `json:"id"` // of the replica and, behind a dot, of the message
	Topic   string `json:"topic"`
	Message []byte `json:"message"`
}

// Tell implements fake.Store. Whoever gets the message pushes to a list when it has dealt with it; Redis says how many got it.
func (s *Store) Tell(ctx context.Context, topic string, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	m := told{ID: fmt.Sprintf("%s.%d", s.id, s.told.Add(1)), Topic: topic, Message: message}
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("tell %s: %w", topic, err)
	}
	receivers, err := s.client.Publish(ctx, s.channel, text).Result()
	if err != nil {
		return s.failed(err)
	}
	for n := range receivers {
		err := s.waiting.BLPop(ctx, tellTime, s.acks(m.ID)).Err()
		if errors.Is(err, redis.Nil) || late(err) || ctx.Err() != nil {
			return fmt.Errorf("tell %s: %d of %d have not dealt with it after %s: %w", topic, receivers-n, receivers, tellTime, fake.ErrUnheard)
		}
		if err != nil {
			return s.failed(err)
		}
	}
	return nil
}

// late reports whether an answer did not come in time.
func late(err error) bool {
	timeout, is := errors.AsType[net.Error](err)
	return is && timeout.Timeout()
}

func (s *Store) acks(id string) string { return s.prefix + "a:" + id }

// acknowledge says that the message was dealt with.
func (s *Store) acknowledge(ctx context.Context, m told) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer cancel()
	_, _ = s.client.Pipelined(ctx, func(p redis.Pipeliner) error { // without it the other one waits for its second
		p.RPush(ctx, s.acks(m.ID), 1)
		p.PExpire(ctx, s.acks(m.ID), ackLife)
		return nil
	})
}

// Listen implements fake.Store. It connects again as often as it must, and returns nil when ctx is done.
func (s *Store) Listen(ctx context.Context, heard func(topic string, message []byte)) error {
	s.listening.Store(true)
	defer s.listening.Store(false)
	for {
		s.listen(ctx, heard)
		s.hearing.Store(false)
		if !pause(ctx, retryTime) {
			return nil
		}
	}
}

// pause is false when ctx ends before d of real time has passed.
func pause(ctx context.Context, d time.Duration) bool {
	over := make(chan struct{})
	timer := clock.System{}.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	}
}

// listen hears until the connection ends. One goroutine reads, so that own messages are acknowledged while another one deals
// with those of others: what is done about a message may tell something in turn.
func (s *Store) listen(ctx context.Context, heard func(topic string, message []byte)) {
	sub := s.client.Subscribe(ctx, s.channel)
	defer sub.Close()                                          //nolint:errcheck // it was only read from
	defer context.AfterFunc(ctx, func() { _ = sub.Close() })() // reading does not look at ctx
	if _, err := sub.ReceiveTimeout(ctx, ioTime); err != nil { // the confirmation
		return
	}
	queue := make(chan told, mostTold)
	var dealing sync.WaitGroup
	defer dealing.Wait()
	defer close(queue)
	dealing.Go(func() {
		heard("", nil)
		s.hearing.Store(true)
		for m := range queue {
			heard(m.Topic, m.Message)
			if m.ID != "" {
				s.acknowledge(ctx, m)
			}
		}
	})
	s.read(ctx, sub, queue)
}

// read reads until the connection fails. One on which nothing comes is asked for a sign of life, once.
func (s *Store) read(ctx context.Context, sub *redis.PubSub, queue chan<- told) {
	asked := false
	for ctx.Err() == nil {
		arrived, err := sub.ReceiveTimeout(ctx, quietTime)
		if late(err) && !asked {
			asked = true
			if sub.Ping(ctx) != nil {
				return
			}
			continue
		}
		if err != nil {
			return
		}
		asked = false
		message, is := arrived.(*redis.Message)
		if !is {
			continue // a pong
		}
		m, own := s.open(message.Payload)
		if own {
			s.acknowledge(ctx, m)
			continue
		}
		select {
		case queue <- m:
		case <-ctx.Done():
		}
	}
}

// open reads a message; one that cannot be read is for the listener to complain about.
func (s *Store) open(text string) (m told, own bool) {
	if err := json.Unmarshal([]byte(text), &m); err != nil || m.ID == "" || m.Topic == "" {
		return told{Topic: unreadable, Message: []byte(text)}, false
	}
	return m, strings.HasPrefix(m.ID, s.id+".")
}
