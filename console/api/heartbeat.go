package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// maxAhead is how far ahead a machine's clock may be and still be believed.
const maxAhead = 365 * 24 * time.Hour

// beat keeps the last heartbeat of a machine.
func (a *API) beat(w http.ResponseWriter, r *http.Request, who speaker) {
	var h incident.Heartbeat
	var tooLarge *http.MaxBytesError
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, incident.MaxSize)).Decode(&h)
	switch {
	case errors.As(err, &tooLarge):
		fail(w, http.StatusRequestEntityTooLarge, "the heartbeat is too large")
		return
	case err != nil:
		fail(w, http.StatusBadRequest, "the heartbeat is not JSON of the expected shape")
		return
	}
	err = h.Validate()
	if err == nil && time.Until(h.Time) > maxAhead {
		err = errors.New(`field "time" is out of range`)
	}
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, "the heartbeat is not one an agent makes: "+err.Error())
		return
	}
	if h.Machine.ID != who.id {
		a.impostor(w, r, who, h.Machine.ID)
		return
	}
	if err := a.Store.Beat(r.Context(), h, time.Now()); err != nil {
		a.broken(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
