package guard

import "io/fs"

// Past is a way to a medium past its guard, for those who know it: what arrives
// there can only be taken back.
type Past struct {
	Medium Medium
	Path   string
	// Wrote tells whether a file, by its name below the path, is as the guard has left it.
	Wrote func(name string, info fs.FileInfo) bool
}

// Past answers the ways past the guards that stand now; none where the system
// closes them.
func (k *Keeper) Past() []Past {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []Past
	for _, e := range k.kept {
		if e.guard == nil || e.guard.State() != Guarding {
			continue
		}
		if path := e.guard.Volume(); path != "" {
			list = append(list, Past{Medium: e.medium, Path: path, Wrote: e.guard.Wrote})
		}
	}
	return list
}
