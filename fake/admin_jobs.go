package fake

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"mockamivoice/protocol"
)

func (s *Server) getJobs(w http.ResponseWriter, r *http.Request) error {
	all, err := s.Jobs(r.Context())
	if err != nil {
		return &problem{http.StatusServiceUnavailable, "store", err.Error(), "GET /readyz tells whether the store answers"}
	}
	writeJSON(w, http.StatusOK, all)
	return nil
}

// postJob moves a job forward.
func (s *Server) postJob(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		State        protocol.JobState `json:"state"`
		ErrorMessage string            `json:"error_message"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if !slices.Contains(protocol.JobStates(), body.State) {
		names := make([]string, 0, len(protocol.JobStates()))
		for _, state := range protocol.JobStates() {
			names = append(names, string(state))
		}
		return badRequest("state is none of "+strings.Join(names, ", "), `send {"state":"completed"}`)
	}
	id := mux.Vars(r)["id"]
	err := s.MoveJob(r.Context(), id, JobMove{State: body.State, ErrorMessage: body.ErrorMessage})
	switch {
	case errors.Is(err, ErrNoJob):
		return &problem{http.StatusNotFound, "no-job", err.Error(), "GET /jobs lists them; a job ends its life by the clock"}
	case err != nil && !errors.Is(err, ErrJobMove):
		return &problem{http.StatusServiceUnavailable, "store", err.Error(), "GET /readyz tells whether the store answers"}
	case err != nil:
		return &problem{http.StatusConflict, "job-state", err.Error(), "GET /jobs shows where it stands"}
	}
	writeJSON(w, http.StatusOK, map[string]any{"id": id, "state": body.State})
	return nil
}
