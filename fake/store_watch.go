package fake

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mockamivoice/scenarios"
)

// watched is a Store that says when it is full: in the log and on the tape when that begins, in the metrics each time.
type watched struct {
	Store

	full    atomic.Bool
	refused prometheus.Counter
	begins  func(key string)
}

// watch makes a Store say when it is full.
func (s *Server) watch(store Store) Store {
	w := &watched{Store: store, refused: prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: "mockamivoice", Name: "store_full_total", Help: "Values that the store had no room for.",
	})}
	w.begins = func(key string) {
		text := "the store is full, there is no room for " + key
		if m, own := store.(*memory); own {
			values, bytes := m.size()
			text += fmt.Sprintf(": it holds %d values of at most %d, %d bytes of at most %d", values, mostStored, bytes, bytesStored)
		}
		s.log.Warn(s.redact.Text(text)) // a profile may be called like a key
		s.journal.Append(scenarios.Entry{Kind: scenarios.Tolerance, Dir: scenarios.Note, Text: text})
	}
	s.metrics.registry.MustRegister(w.refused)
	if m, own := store.(*memory); own {
		gauge := func(name, help string, value func() int) prometheus.GaugeFunc {
			return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "mockamivoice", Name: name, Help: help}, func() float64 { return float64(value()) })
		}
		s.metrics.registry.MustRegister(
			gauge("store_values", "Values in the store of this server.", func() int { n, _ := m.size(); return n }),
			gauge("store_bytes", "Bytes of the values in the store of this server.", func() int { _, n := m.size(); return n }),
		)
	}
	return w
}

// Put implements Store.
func (w *watched) Put(ctx context.Context, key string, value []byte, life time.Duration) error {
	err := w.Store.Put(ctx, key, value, life)
	w.saw(key, value == nil, err)
	return err
}

// Swap implements Store.
func (w *watched) Swap(ctx context.Context, key string, old, value []byte, life time.Duration) (bool, error) {
	swapped, err := w.Store.Swap(ctx, key, old, value, life)
	w.saw(key, swapped && value == nil, err)
	return swapped, err
}

// Count implements Store.
func (w *watched) Count(ctx context.Context, key string, life time.Duration) (int64, error) {
	n, err := w.Store.Count(ctx, key, life)
	w.saw(key, false, err)
	return n, err
}

// saw looks at what came of a change. Only what was forgotten makes room: values that are there can be changed in a full store.
func (w *watched) saw(key string, forgotten bool, err error) {
	switch {
	case errors.Is(err, ErrStoreFull):
		w.refused.Inc()
		if !w.full.Swap(true) {
			w.begins(key)
		}
	case forgotten && err == nil:
		w.full.Store(false)
	}
}
