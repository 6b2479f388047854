package task

import (
	"errors"
	"strconv"
)

// Codes of the records by which a machine answers; their detail names the task.
const (
	CodeChecked   = "spot-check-done"
	CodeDestroyed = "file-destroyed"
	CodeKept      = "file-not-destroyed"
)

// Why a file was not destroyed.
const (
	KeptExpired     = "expired"     // the time for it is over
	KeptClock       = "clock"       // the machine's clock was set back
	KeptUnknown     = "unknown"     // the machine does not know this file
	KeptGone        = "gone"        // there is nothing at the path
	KeptChanged     = "changed"     // the content is another one
	KeptLinked      = "linked"      // the content has a second name elsewhere
	KeptNotFile     = "not-a-file"  // a link or something else stands there, or on the way
	KeptFailed      = "failed"      // the system did not let it be done
	KeptInterrupted = "interrupted" // the content is overwritten in part; what is left has to be looked at
)

// Result is what a machine answers to a task.
type Result struct {
	Task string `json:"task"`
	// About is the order of a check, the incident of a destruction.
	About string `json:"about"`

	// Of a check:
	Seen       int  `json:"seen,omitempty"`       // files the sample was drawn from
	Looked     int  `json:"looked,omitempty"`     // files that were looked at
	Found      int  `json:"found,omitempty"`      // of those, over a threshold
	Unreadable int  `json:"unreadable,omitempty"` // of those, which nobody could look into
	Failed     int  `json:"failed,omitempty"`     // files and folders that could not be opened
	Cut        bool `json:"cut,omitempty"`        // the machine ran out of time
	Nowhere    bool `json:"nowhere,omitempty"`    // none of the folders is there

	// Of a destruction:
	Kept  string `json:"kept,omitempty"`  // why it was not done, "" when it was
	Where string `json:"where,omitempty"` // at-rest, quarantine
	Bytes int64  `json:"bytes,omitempty"`
}

// Detail puts a result into a record.
func (r Result) Detail() map[string]string {
	d := map[string]string{"task": r.Task}
	if r.Kept != "" || r.Where != "" {
		d["incident"], d["kept"], d["where"], d["bytes"] = r.About, r.Kept, r.Where, strconv.FormatInt(r.Bytes, 10)
		return d
	}
	d["order"] = r.About
	for name, n := range r.counts() {
		d[name] = strconv.Itoa(*n)
	}
	d["cut"], d["nowhere"] = strconv.FormatBool(r.Cut), strconv.FormatBool(r.Nowhere)
	return d
}

func (r *Result) counts() map[string]*int {
	return map[string]*int{"seen": &r.Seen, "looked": &r.Looked, "found": &r.Found, "unreadable": &r.Unreadable, "failed": &r.Failed}
}

// ParseResult reads a result out of a record of this code.
func ParseResult(code string, detail map[string]string) (Result, error) {
	r := Result{Task: detail["task"]}
	broken := errors.New("this is no result of a task")
	if !isID(r.Task) {
		return r, broken
	}
	switch code {
	case CodeChecked:
		r.About, r.Cut, r.Nowhere = detail["order"], detail["cut"] == "true", detail["nowhere"] == "true"
		for name, n := range r.counts() {
			var err error
			if *n, err = strconv.Atoi(detail[name]); err != nil || *n < 0 {
				return r, broken
			}
		}
	case CodeDestroyed, CodeKept:
		r.About, r.Kept, r.Where = detail["incident"], detail["kept"], detail["where"]
		var err error
		if r.Bytes, err = strconv.ParseInt(detail["bytes"], 10, 64); err != nil || (code == CodeKept) != (r.Kept != "") {
			return r, broken
		}
	default:
		return r, broken
	}
	if !isID(r.About) {
		return r, broken
	}
	return r, nil
}
