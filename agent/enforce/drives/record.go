package drives

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/trustline/trustline/agent/identity"
)

// FileName is the record's, in the folder of the service's data.
const FileName = "drives.json"

const (
	maxRecord = 64 << 10 // bytes
	maxDisks  = 256
)

// record remembers on disk which disks we have made read-only.
type record struct {
	path  string
	disks []Disk
}

// readRecord reads what an earlier run has left; a file that is damaged is as good
// as none, and then what is read-only counts as somebody else's.
func readRecord(path string) (*record, error) {
	r := &record{path: path}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("read which drives are read-only: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxRecord))
	if err == nil {
		err = json.Unmarshal(raw, &r.disks)
	}
	if err != nil || len(r.disks) > maxDisks {
		r.disks = nil
		return r, fmt.Errorf("read which drives are read-only: %s is damaged (they are writable again once plugged in anew): %w", path, errors.Join(err))
	}
	return r, nil
}

func (r *record) has(d Disk) bool { return slices.Contains(r.disks, d) }

func (r *record) all() []Disk { return slices.Clone(r.disks) }

func (r *record) add(d Disk) error {
	// Whatever had this number before is gone.
	disks := append(slices.DeleteFunc(r.all(), func(o Disk) bool { return o.Number == d.Number }), d)
	return r.keep(disks[max(0, len(disks)-maxDisks):])
}

func (r *record) drop(d Disk) error {
	if !r.has(d) {
		return nil
	}
	return r.keep(slices.DeleteFunc(r.all(), func(o Disk) bool { return o == d }))
}

func (r *record) keep(disks []Disk) error {
	raw, err := json.Marshal(disks)
	if err == nil {
		err = identity.WriteDurably(r.path, raw)
	}
	if err != nil {
		return fmt.Errorf("write down which drives are read-only: %w", err)
	}
	r.disks = disks
	return nil
}
