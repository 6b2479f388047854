package incident

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// How agent and console talk: HTTPS POST over TLS 1.3, with the certificate that
// package enrol gives a machine.
const (
	// IngestPath takes a batch: incidents as JSON, one a line, compressed with
	// zstd, and answers an IngestReply once all of it is committed.
	IngestPath = "/api/v1/ingest"
	IngestType = "application/x-ndjson"
	// HeartbeatPath takes a Heartbeat as JSON, about once a minute.
	HeartbeatPath = "/api/v1/heartbeat"
)

// Bounds on one batch; the console answers 413 to more.
const (
	MaxBatch      = 500     // incidents
	MaxBatchBytes = 8 << 20 // before compression
)

// IngestReply says what became of each incident of a batch. One that the
// console had already counts as accepted.
type IngestReply struct {
	Accepted []string  `json:"accepted"` // ids
	Refused  []Refusal `json:"refused"`
}

// Refusal is one incident the console will never take.
type Refusal struct {
	// ID is what the line gave as its id; Line is its number in the batch,
	// from 1, for lines without a usable one.
	ID     string `json:"id"`
	Line   int    `json:"line"`
	Reason string `json:"reason"` // short, never data: "invalid", "too-large"
}

// Heartbeat says that a machine is alive and how it is. It holds no customer
// data.
type Heartbeat struct {
	Schema  int       `json:"schema"`
	Time    time.Time `json:"time"` // the machine's clock, UTC
	Machine Machine   `json:"machine"`
	Version string    `json:"version"` // of the agent
	Started time.Time `json:"started"` // UTC
	Mode    string    `json:"mode"`    // enforce, report-only
	Policy  string    `json:"policy"`  // version in force
	// Waiting is how many incidents are still to be sent.
	Waiting int       `json:"waiting"`
	Oldest  time.Time `json:"oldest,omitzero"` // of those waiting, UTC
	// Media is how many removable media are under guard, Unguarded how many
	// should be and are not.
	Media     int       `json:"media"`
	Unguarded int       `json:"unguarded"`
	Warnings  []Warning `json:"warnings,omitempty"`
	// Guards tells how each of the media is; Capabilities what this machine
	// can enforce: channel -> prevented, undone, reported or none.
	Guards       []Guard           `json:"guards,omitempty"`
	Capabilities map[string]string `json:"capabilities,omitempty"`
	// Search is how looking through folders goes; nil where none are named.
	Search *Search `json:"search,omitempty"`
}

// Search is the present or the last search of a machine's folders.
type Search struct {
	Began  time.Time `json:"began,omitzero"` // UTC
	Ended  time.Time `json:"ended,omitzero"` // UTC; zero while it goes on
	Looked int       `json:"looked"`         // files
	Known  int       `json:"known"`          // files that had been looked at before
	Found  int       `json:"found"`          // of those looked at, what should not lie there
	Failed int       `json:"failed"`         // what could not be looked at
}

// Guard is how one removable medium is.
type Guard struct {
	MountPoint string `json:"mountPoint"`
	Device     string `json:"device"`
	State      string `json:"state"` // guarding, read-only, failed
}

// Warning is one thing on the machine that is not as it should be.
type Warning struct {
	Code     string    `json:"code"` // stable: "policy-broken"
	Severity Severity  `json:"severity"`
	Since    time.Time `json:"since"` // UTC
}

// MaxListed bounds each list of a heartbeat.
const MaxListed = 200

// Validate answers every way in which the heartbeat is not one that an agent
// can have made. Errors name fields, never values.
func (h *Heartbeat) Validate() error {
	var errs []error
	bad := func(ok bool, field string) {
		if !ok {
			errs = append(errs, fmt.Errorf("field %q is missing or out of range", field))
		}
	}
	bad(h.Machine.ID != "", "machine.id")
	bad(h.Waiting >= 0, "waiting")
	bad(h.Media >= 0 && h.Unguarded >= 0, "media")
	bad(len(h.Warnings) <= MaxListed, "warnings")
	bad(len(h.Guards) <= MaxListed, "guards")
	bad(len(h.Capabilities) <= MaxListed, "capabilities")
	if s := h.Search; s != nil {
		bad(min(s.Looked, s.Known, s.Found, s.Failed) >= 0, "search")
	}
	for _, t := range h.texts() {
		bad(len(t.value) <= MaxText && utf8.ValidString(t.value), t.field)
	}
	return errors.Join(errs...)
}

func (h *Heartbeat) texts() []text {
	t := []text{
		{"machine.id", h.Machine.ID}, {"machine.name", h.Machine.Name}, {"machine.os", h.Machine.OS},
		{"version", h.Version}, {"mode", h.Mode}, {"policy", h.Policy},
	}
	for _, w := range h.Warnings {
		t = append(t, text{"warnings.code", w.Code}, text{"warnings.severity", string(w.Severity)})
	}
	for _, g := range h.Guards {
		t = append(t, text{"guards.mountPoint", g.MountPoint}, text{"guards.device", g.Device}, text{"guards.state", g.State})
	}
	for k, v := range h.Capabilities {
		t = append(t, text{"capabilities", k}, text{"capabilities", v})
	}
	return t
}
