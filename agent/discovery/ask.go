package discovery

import "time"

// What the administrator of a machine asks the service; Status answers the
// first two, Results the third.
const (
	AskStatus  = "discovery-status"
	AskRun     = "discovery-run"
	AskResults = "discovery-results"
)

// Why no search is begun.
const (
	NoFolders = "no-folders"
	Searching = "searching" // one goes on
)

// MaxResults bounds one answer.
const MaxResults = 300

// Status is how the search of the machine stands.
type Status struct {
	Folders []string `json:"folders"`
	Progress
	Next time.Time `json:"next,omitzero"`
}

// Results is what was found, newest first.
type Results struct {
	All   int     `json:"all"`
	Found []Found `json:"found"`
}
