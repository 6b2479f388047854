package letters

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
const FileName = "letters.json"

const (
	maxRecord = 16 << 10 // bytes
	maxTaken  = 26
)

// record remembers on disk which letters were taken.
type record struct {
	path  string
	taken []Taken
}

// readRecord reads what an earlier run has left. A file that is damaged is as good
// as none: the letters are back when the drives are plugged in anew.
func readRecord(path string) (*record, error) {
	r := &record{path: path}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("read which letters were taken: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxRecord))
	if err == nil {
		r.taken, err = parse(raw)
	}
	if err != nil {
		return r, fmt.Errorf("read which letters were taken: %s is damaged (drives have them again once plugged in anew): %w", path, err)
	}
	return r, nil
}

// parse reads a record; whatever could lead elsewhere than to a drive is no record.
func parse(raw []byte) ([]Taken, error) {
	var list []Taken
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	if len(list) > maxTaken {
		return nil, errors.New("more letters than there are")
	}
	for _, t := range list {
		if len(t.Letter) != 2 || t.Letter[0] < 'A' || t.Letter[0] > 'Z' || t.Letter[1] != ':' || !isVolume(t.Volume) {
			return nil, fmt.Errorf("%q of %q is no letter of a volume", t.Letter, t.Volume)
		}
	}
	return list, nil
}

const (
	volumeHead = `\\?\Volume{`
	volumeTail = `}\`
)

func isVolume(name string) bool {
	if len(name) != len(volumeHead)+36+len(volumeTail) || name[:len(volumeHead)] != volumeHead || name[len(volumeHead)+36:] != volumeTail {
		return false
	}
	for _, c := range name[len(volumeHead) : len(volumeHead)+36] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') && c != '-' {
			return false
		}
	}
	return true
}

func (r *record) add(t Taken) error {
	return r.keep(append(slices.DeleteFunc(slices.Clone(r.taken), func(o Taken) bool { return o.Letter == t.Letter }), t))
}

func (r *record) drop(t Taken) error {
	if !slices.Contains(r.taken, t) {
		return nil
	}
	return r.keep(slices.DeleteFunc(slices.Clone(r.taken), func(o Taken) bool { return o == t }))
}

func (r *record) keep(taken []Taken) error {
	raw, err := json.Marshal(taken)
	if err == nil {
		err = identity.WriteDurably(r.path, raw)
	}
	if err != nil {
		return fmt.Errorf("write down which letters were taken: %w", err)
	}
	r.taken = taken
	return nil
}
