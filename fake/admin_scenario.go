package fake

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"mockamivoice/scenarios"
)

// listed is a scenario as the admin routes show it.
type listed struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Surface string   `json:"surface"`
	Level   string   `json:"level"`
	Basis   string   `json:"basis"`
	Parts   []string `json:"parts"`
}

func (s *Server) listing(sc *scenarios.Scenario) *listed {
	return &listed{sc.ID, s.redact.Text(sc.Title), string(sc.Surface), string(sc.Level), sc.Basis.String(), sc.Parts()}
}

func (s *Server) getScenarios(w http.ResponseWriter, _ *http.Request) error {
	all := []*listed{}
	for _, sc := range s.Scenarios() {
		all = append(all, s.listing(sc))
	}
	writeJSON(w, http.StatusOK, all)
	return nil
}

// getScenario answers null while nothing is played.
func (s *Server) getScenario(w http.ResponseWriter, _ *http.Request) error {
	sc := s.Scenario()
	if sc == nil {
		writeJSON(w, http.StatusOK, nil)
		return nil
	}
	writeJSON(w, http.StatusOK, s.listing(sc))
	return nil
}

func (s *Server) putScenario(w http.ResponseWriter, r *http.Request) error {
	sc, err := s.wantedScenario(w, r)
	if err != nil {
		return err
	}
	if err := s.SetScenario(sc); errors.Is(err, ErrUnshared) {
		return unshared(err)
	} else if err != nil {
		return badRequest(err.Error(), "GET /scenarios lists them; one with play among its parts can be played")
	}
	writeJSON(w, http.StatusOK, s.listing(sc))
	return nil
}

// wantedScenario is the one that a request names as JSON, or brings along as YAML.
func (s *Server) wantedScenario(w http.ResponseWriter, r *http.Request) (*scenarios.Scenario, error) {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml":
		return s.broughtScenario(w, r)
	case "application/json":
	default:
		return nil, &problem{
			http.StatusUnsupportedMediaType, "content-type", "the body must be application/json or application/yaml",
			`send {"name":"stream.no-answer-to-start"} as application/json, or a scenario as application/yaml`,
		}
	}
	var body struct {
		Name string `json:"name"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return nil, err
	}
	if body.Name == "" {
		return nil, badRequest("name is missing", `send {"name":"…"} with an id of GET /scenarios; DELETE /scenario plays nothing`)
	}
	sc, err := s.ScenarioNamed(body.Name)
	if err != nil {
		return nil, badRequest(err.Error(), "GET /scenarios lists them")
	}
	return sc, nil
}

func (s *Server) broughtScenario(w http.ResponseWriter, r *http.Request) (*scenarios.Scenario, error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAdminBody))
	if tooLarge, is := errors.AsType[*http.MaxBytesError](err); is {
		return nil, &problem{http.StatusRequestEntityTooLarge, "too-large", tooLarge.Error(), "a scenario has at most 1 MiB"}
	}
	if err != nil {
		return nil, badRequest("the body cannot be read: "+err.Error(), "")
	}
	sc, err := scenarios.ParseScenario("scenario.yaml", data)
	if err != nil {
		return nil, badRequest(err.Error(), "mockamivoice scenarios validate FILE says the same")
	}
	return sc, nil
}

func (s *Server) deleteScenario(w http.ResponseWriter, _ *http.Request) error {
	if err := s.SetScenario(nil); err != nil {
		return unshared(err) // nothing else can be wrong with it
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
