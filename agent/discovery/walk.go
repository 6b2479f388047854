package discovery

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

var errNoFolder = errors.New("there is no such folder")

// walk visits every file in a folder and below. Links are not followed, and
// other file systems are not entered: they are named on their own. Failed is
// told of every folder that cannot be read; others still can.
func walk(ctx context.Context, folder string, exclude []string, visit func(path string, d fs.DirEntry) error, failed func()) error {
	top, err := os.Lstat(folder)
	if err != nil || !top.IsDir() {
		return errNoFolder
	}
	system := deviceOf(top)
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed()
			return nil
		}
		if path != folder && excluded(exclude, d.Name()) {
			return skip(d)
		}
		if d.IsDir() {
			info, err := d.Info()
			if err != nil || deviceOf(info) != system || strings.Count(path, string(filepath.Separator)) > maxDepth {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		return visit(path, d)
	})
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func excluded(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		match, _ := filepath.Match(pattern, name)
		return match
	})
}
