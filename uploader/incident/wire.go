package incident

import "time"

// How agent and console talk: HTTPS POST with a bearer token.
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
}

// Warning is one thing on the machine that is not as it should be.
type Warning struct {
	Code     string    `json:"code"` // stable: "policy-broken"
	Severity Severity  `json:"severity"`
	Since    time.Time `json:"since"` // UTC
}
