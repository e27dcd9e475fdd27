package fake

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// metrics are what GET /metrics of the admin port shows.
type metrics struct {
	registry *prometheus.Registry
	replies  *prometheus.CounterVec
	events   *prometheus.CounterVec
	refusals *prometheus.CounterVec
	faults   *prometheus.CounterVec
	issued   prometheus.Counter
	streams  prometheus.Gauge
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		replies:  counters("http_replies_total", "HTTP replies of the service port.", "surface", "status"),
		events:   counters("stream_events_total", "Packets sent on streams, by their letter.", "letter"),
		refusals: counters("key_refusals_total", "Keys that were refused, by reason.", "reason"),
		faults:   counters("faults_total", "Faults of scenarios that struck, by point.", "point"),
		issued:   prometheus.NewCounter(prometheus.CounterOpts{Namespace: "mockamivoice", Name: "keys_issued_total", Help: "Keys issued."}),
		streams:  prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "mockamivoice", Name: "streams_open", Help: "Open streams."}),
	}
	entries := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "mockamivoice", Name: "tape_entries", Help: "Entries on the tape, dropped ones included."},
		func() float64 { return float64(s.journal.Last()) })
	m.registry.MustRegister(m.replies, m.events, m.refusals, m.faults, m.issued, m.streams, entries)
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "mockamivoice", Name: name, Help: help}, labels)
}

func (m *metrics) replied(surface protocol.Surface, status int) {
	name := string(surface)
	if name == "" {
		name = "other"
	}
	m.replies.WithLabelValues(name, strconv.Itoa(status)).Inc()
}

func (m *metrics) refused(why refusal) { m.refusals.WithLabelValues(why.String()).Inc() }

func (m *metrics) struck(at scenarios.Point) { m.faults.WithLabelValues(string(at)).Inc() }

func (m *metrics) said(e protocol.Event) { m.events.WithLabelValues(letter(e)).Inc() }

func letter(e protocol.Event) string {
	switch e.(type) {
	case protocol.StartReply:
		return "s"
	case protocol.FeedError:
		return "p"
	case protocol.EndReply:
		return "e"
	case protocol.SpeechStart:
		return "S"
	case protocol.SpeechEnd:
		return "E"
	case protocol.Processing:
		return "C"
	case protocol.Partial:
		return "U"
	case protocol.Final:
		return "A"
	case protocol.Info:
		return "G"
	case protocol.LegacyFinal:
		return "R"
	case protocol.Notice:
		return "Q"
	}
	return "?"
}
