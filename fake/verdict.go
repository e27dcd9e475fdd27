package fake

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"mockamivoice/conformance/judge"
	"mockamivoice/conformance/verdict"
	"mockamivoice/protocol"
	"mockamivoice/scenarios"
)

// Verdict says whether clients behaved so far. The tape goes on: what a client may still do is not held against it. Options of
// package verdict choose a key, a surface, laws or a level.
func (s *Server) Verdict(options ...verdict.Option) verdict.Verdict { return s.judge(true, options) }

func (s *Server) judge(live bool, options []verdict.Option) verdict.Verdict {
	_, entries := s.Tape(TapeFilter{})
	list := append([]verdict.Option{verdict.WithTool("mockamivoice " + s.version), verdict.WithScenarios(s.played)}, options...)
	return verdict.Judge([]verdict.Tape{{Entries: entries, Live: live}}, list...)
}

// played is a scenario that the tape names: the one that is set, which may be in no list, or one of the list.
func (s *Server) played(id string) (*scenarios.Scenario, error) {
	if now := s.Scenario(); now != nil && now.ID == id {
		return now, nil
	}
	return s.ScenarioNamed(id)
}

// TB is what Verify needs of a test: a testing.TB, or what a test framework offers in its place.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Verify fails a test when its client did not behave, and shows what it did wrong. The client is expected to be done: what it should
// have done and has not counts against it. A test whose client did nothing that could be judged fails as well. Give options to
// look at one key, as tests that share a Server do, or to fail on should.
func Verify(tb TB, s *Server, options ...verdict.Option) {
	tb.Helper()
	v := s.judge(false, options)
	if v.Exit() == 0 {
		return
	}
	var b strings.Builder
	_ = v.WriteText(&b) // a Builder takes everything
	tb.Errorf("the client did not behave:\n%s", b.String())
}

// getVerdict judges the tape as it is.
func (s *Server) getVerdict(w http.ResponseWriter, r *http.Request) error {
	options, format, err := verdictQuery(r.URL.Query())
	if err != nil {
		return err
	}
	v := s.Verdict(options...)
	w.Header().Set("Content-Type", format.MediaType())
	return v.Write(w, format)
}

func verdictQuery(q url.Values) ([]verdict.Option, verdict.Format, error) {
	for name := range q {
		if !slices.Contains([]string{"format", "key", "surface", "law", "level"}, name) {
			return nil, "", badRequest("no parameter is called "+name, "GET /openapi.json lists them")
		}
	}
	format, err := verdict.ParseFormat(cmp.Or(q.Get("format"), string(verdict.JSON)))
	if err != nil {
		return nil, "", badRequest(err.Error(), "")
	}
	options := []verdict.Option{verdict.ForKey(q.Get("key"))}
	switch surface := protocol.Surface(q.Get("surface")); surface {
	case "", protocol.SurfaceIssue, protocol.SurfaceSync, protocol.SurfaceStream:
		options = append(options, verdict.ForSurface(surface))
	default:
		return nil, "", badRequest("surface is none of issue, sync, stream", "")
	}
	if laws := q["law"]; len(laws) > 0 {
		if err := verdict.CheckLaws(laws...); err != nil {
			return nil, "", badRequest(err.Error(), "")
		}
		options = append(options, verdict.ForLaws(laws...))
	}
	switch level := judge.Level(q.Get("level")); level {
	case "":
	case judge.Must, judge.Should, judge.Info:
		options = append(options, verdict.AtLevel(level))
	default:
		return nil, "", badRequest("level is none of must, should, info", "")
	}
	return options, format, nil
}
