package discovery

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Sample is files picked at random.
type Sample struct {
	Paths  []string
	Seen   int  // files they were picked from
	Failed int  // folders that could not be read
	Cut    bool // not everything was seen in time
	// Nowhere: none of the folders is there.
	Nowhere bool
}

// Draw picks so many files from folders and what lies below, each as likely as
// any other of those seen within this time. Apart from patterns of names,
// folders to keep out of are given by their paths.
func Draw(ctx context.Context, folders, exclude, out []string, files int, within time.Duration) (Sample, error) {
	timed, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s := Sample{Nowhere: true}
	for _, folder := range folders {
		err := walk(timed, filepath.Clean(folder), exclude, func(path string, d fs.DirEntry) error {
			if slices.ContainsFunc(out, func(o string) bool { return strings.HasPrefix(path, o+string(filepath.Separator)) }) {
				return nil
			}
			s.Seen++
			if len(s.Paths) < files {
				s.Paths = append(s.Paths, path)
			} else if n := rand.IntN(s.Seen); n < files {
				s.Paths[n] = path
			}
			return nil
		}, func() { s.Failed++ })
		switch {
		case ctx.Err() != nil:
			return s, ctx.Err()
		case errors.Is(err, errNoFolder):
			continue
		case errors.Is(err, context.DeadlineExceeded):
			s.Cut = true
		case err != nil:
			return s, err
		}
		s.Nowhere = false
	}
	rand.Shuffle(len(s.Paths), func(i, j int) { s.Paths[i], s.Paths[j] = s.Paths[j], s.Paths[i] })
	return s, nil
}

// Pause rests after work that began then, so that it takes a part of one
// processor at most.
func Pause(ctx context.Context, began time.Time) error { return pause(ctx, began) }
