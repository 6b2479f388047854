//go:build !windows

package drives

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/trustline/trustline/agent/holdings"
)

// Supported: Linux has a guard instead, macOS nothing yet.
const Supported = false

var errNoDrives = fmt.Errorf("drives are made read-only on Windows only: %w", errors.ErrUnsupported)

// New answers a keeper for which there are no drives.
func New(_ string, log *slog.Logger) (*Keeper, error) {
	return &Keeper{system: nowhere{}, ours: holdings.New("", record()), pause: func() {}, now: time.Now, log: log, kept: map[string]Report{}}, nil
}

// Try answers that it is not possible here.
func Try() error { return errNoDrives }

// nowhere has no drives.
type nowhere struct{}

func (nowhere) disks(string) ([]Disk, error)  { return nil, errNoDrives }
func (nowhere) drives(Disk) []string          { return nil }
func (nowhere) present(Disk) bool             { return false }
func (nowhere) isSystem(Disk) (bool, error)   { return false, errNoDrives }
func (nowhere) readOnly(Disk) (bool, error)   { return false, errNoDrives }
func (nowhere) setReadOnly(Disk, bool) error  { return errNoDrives }
func (nowhere) writable(string) (bool, error) { return false, errNoDrives }
func (nowhere) open(string) (volume, error)   { return nil, errNoDrives }
