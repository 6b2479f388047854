package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Contents is what a spool's folder holds, as anybody who may list it sees.
type Contents struct {
	Waiting, Damaged, Refused int
	Bytes                     int64 // of those waiting
	Oldest                    time.Time
}

// Inspect looks at a spool without opening it: no key is needed, and a service
// may be using it meanwhile.
func Inspect(dir string) (Contents, error) {
	var c Contents
	files, err := os.ReadDir(dir)
	if err != nil {
		return c, fmt.Errorf("look at spool: %w", err)
	}
	for _, f := range files {
		e, ok := parseName(f.Name())
		if !ok {
			continue
		}
		info, err := f.Info()
		if err != nil { // sent meanwhile
			continue
		}
		c.Waiting++
		c.Bytes += info.Size()
		if at := madeAt(e.id); c.Oldest.IsZero() || at.Before(c.Oldest) {
			c.Oldest = at
		}
	}
	for name, n := range map[string]*int{damagedFolder: &c.Damaged, refusedFolder: &c.Refused} {
		aside, err := os.ReadDir(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return c, fmt.Errorf("look at spool: %w", err)
		}
		*n = len(aside)
	}
	return c, nil
}
