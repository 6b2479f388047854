// Package tenure knows how the service's runs end: told to and permitted, told
// to without permission, to be removed or upgraded, with the machine, killed, or with the power. What
// happens while the service is not there can only be judged by that.
package tenure

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/trustline/trustline/agent/identity"
)

// Ending is how a run ended.
type Ending string

// The endings.
const (
	None      Ending = ""          // there was no run before this one
	Permitted Ending = "permitted" // by an administrator with a code
	Stopped   Ending = "stopped"   // by somebody without one
	Shutdown  Ending = "shutdown"  // with the machine
	Killed    Ending = "killed"    // it crashed, or somebody killed it
	PowerLoss Ending = "power"     // the machine went down without a word
	Removed   Ending = "removed"   // by somebody without a code, and the program with it
	Upgraded  Ending = "upgraded"  // by what was about to put another version in its place
	Replaced  Ending = "replaced"  // killed, and another version runs in its place
	Pretended Ending = "pretended" // as if for an upgrade, but the version is the same
)

// ErrShutdown is the cause of a run's end where the service manager says that
// the machine goes down.
var ErrShutdown = errors.New("the machine goes down")

// leaving is the file, beside the one that notes the run, by which whatever
// removes or replaces the program says so; noted is how long that holds, as it
// may not come to it.
const (
	leaving = "leaving"
	noted   = 10 * time.Minute
)

// Leave notes in the service's folder that the program is about to be Removed
// or Upgraded. Where there is no such folder nothing has run.
func Leave(folder string, how Ending) error {
	err := os.WriteFile(filepath.Join(folder, leaving), []byte(how), 0o600)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("note that the service is %s: %w", how, err)
	}
	return nil
}

// Leaving answers whether the program is about to be Removed or Upgraded; None
// says that it is not.
func (t *Tenure) Leaving(now time.Time) Ending {
	path := filepath.Join(filepath.Dir(t.path), leaving)
	info, err := os.Stat(path)
	if err != nil || now.Sub(info.ModTime()).Abs() > noted || info.Size() > 64 {
		return None
	}
	how, err := os.ReadFile(path)
	if e := Ending(how); err == nil && (e == Removed || e == Upgraded) {
		return e
	}
	return None
}

// run is the file.
type run struct {
	Started time.Time `json:"started"` // UTC
	Boot    string    `json:"boot"`    // of the machine; "" where the system has no name for it
	Version string    `json:"version"` // of the program
	Ended   time.Time `json:"ended,omitzero"`
	How     Ending    `json:"how,omitempty"`
}

// Tenure is the run that goes on.
type Tenure struct {
	path string
	run  run
}

// Begin answers how the run before ended, and when it had begun, and notes that
// another one has. A file that cannot be read counts as no run.
func Begin(path, version string, now time.Time) (t *Tenure, before Ending, since time.Time, err error) {
	return begin(path, version, bootID(), now)
}

func begin(path, version, boot string, now time.Time) (*Tenure, Ending, time.Time, error) {
	var last run
	if raw, err := os.ReadFile(path); err == nil && len(raw) < 4096 {
		_ = json.Unmarshal(raw, &last) // a damaged file is none
	}
	// It runs, hence it was not removed after all, or is here again.
	_ = os.Remove(filepath.Join(filepath.Dir(path), leaving))
	t := &Tenure{path: path, run: run{Started: now.UTC(), Boot: boot, Version: version}}
	return t, last.ending(version, boot), last.Started, t.write()
}

func (r run) ending(version, boot string) Ending {
	switch {
	case r.Started.IsZero():
		return None
	case r.How == Upgraded && r.Version == version:
		return Pretended
	case r.How != "":
		return r.How
	case r.Version != version:
		// Packages of Linux kill the old program, so that media stay read-only meanwhile.
		return Replaced
	case r.Boot != boot:
		return PowerLoss
	}
	return Killed
}

// End notes how the run ends.
func (t *Tenure) End(how Ending, now time.Time) error {
	t.run.Ended, t.run.How = now.UTC(), how
	return t.write()
}

func (t *Tenure) write() error {
	raw, err := json.Marshal(t.run)
	if err == nil {
		err = identity.WriteDurably(t.path, raw)
	}
	if err != nil {
		return fmt.Errorf("note how the service runs: %w", err)
	}
	return nil
}
