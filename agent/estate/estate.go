// Package estate is what a service that is removed leaves on its machine: keys,
// records, what it keeps for people, its first configuration. All of it goes with
// the service, unless something in it is nowhere else: then everything stays until
// somebody decides, for records and files can only be read with the keys beside
// them. The package ends no service and must not be used while one runs.
package estate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/trustline/trustline/agent/enforce/quarantine"
	"github.com/trustline/trustline/uploader/spool"
)

// Fate is what is to become of an estate.
type Fate string

// The fates.
const (
	Clear Fate = ""      // it goes, unless something in it is nowhere else
	Keep  Fate = "keep"  // it stays, for a service that comes back
	Purge Fate = "purge" // it goes, whatever is in it
)

// ErrFate: what was asked for is none of the fates.
var ErrFate = errors.New(`want "keep", "purge", or nothing to clear it`)

// Set, String and Type make a fate a flag.
func (f *Fate) Set(s string) error {
	if !slices.Contains([]Fate{Clear, Keep, Purge}, Fate(s)) {
		return ErrFate
	}
	*f = Fate(s)
	return nil
}

func (f *Fate) String() string { return string(*f) }

// Type is what stands for it in a usage text.
func (*Fate) Type() string { return string(Keep + "|" + Purge) }

// Estate is where it lies.
type Estate struct {
	State   string   // folder of the service's data
	Folders []string // that go as well, such as caches
	Spared  []string // files in these folders that somebody else has put there
}

// Sole is what of an estate is nowhere else.
type Sole struct {
	Incidents int // that the console does not have: not yet, or because it refused them
	Files     int // in quarantine
}

// Sole answers what is nowhere else.
func (e Estate) Sole() (Sole, error) {
	waiting, err := spool.Inspect(filepath.Join(e.State, "spool"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Sole{}, err
	}
	files, err := quarantine.Count(filepath.Join(e.State, "quarantine"))
	if err != nil {
		return Sole{}, err
	}
	return Sole{waiting.Waiting + waiting.Refused, files}, nil
}

// Settle does with an estate what was asked for, and answers what of it is
// nowhere else, and whether it is gone.
func (e Estate) Settle(f Fate) (s Sole, gone bool, err error) {
	// What cannot be looked at may be the only copy.
	if s, err = e.Sole(); f != Purge && (err != nil || f == Keep || s != Sole{}) {
		return s, false, err
	}
	err = nil
	for _, folder := range append([]string{e.State}, e.Folders...) {
		err = errors.Join(err, e.clearFolder(folder))
	}
	if err != nil {
		return s, false, fmt.Errorf("clear away what the service leaves: %w", err)
	}
	return s, true, nil
}

// clearFolder removes a folder, also one that a link has moved elsewhere: what is
// behind it goes before the link does.
func (e Estate) clearFolder(path string) error {
	kept := false
	where, err := filepath.EvalSymlinks(path)
	if err == nil && where != path {
		kept, err = e.clear(where)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) || kept {
		return err
	}
	_, err = e.clear(path)
	return err
}

// clear removes a file, or a folder with all there is in it, but what is spared,
// and answers whether something was. It goes file by file: os.RemoveAll asks for
// what Wine does not do.
func (e Estate) clear(path string) (kept bool, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil || e.spares(info):
		return true, err
	}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		for _, entry := range entries {
			k, failed := e.clear(filepath.Join(path, entry.Name()))
			kept, err = kept || k, errors.Join(err, failed)
		}
		if err != nil || kept {
			return true, err
		}
	}
	return false, os.Remove(path)
}

// spares tells whether a file is spared, however its path was written: with
// other slashes, or other capitals on Windows.
func (e Estate) spares(info fs.FileInfo) bool {
	return slices.ContainsFunc(e.Spared, func(path string) bool {
		spared, err := os.Lstat(path)
		return err == nil && os.SameFile(spared, info)
	})
}
