package destroy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// folder is an open directory.
type folder struct {
	*os.Root
}

// openFolder opens a folder on whose way there is no link.
func openFolder(path string) (*folder, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, told(err, "open the folder")
	}
	if !strings.EqualFold(real, filepath.Clean(path)) {
		return nil, ErrNotFile
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, told(err, "open the folder")
	}
	return &folder{root}, nil
}

func told(err error, what string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return ErrGone
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (d *folder) open(name string) (*os.File, error) {
	before, err := d.Lstat(name)
	if err != nil {
		return nil, told(err, "open the file")
	}
	if !before.Mode().IsRegular() {
		return nil, ErrNotFile
	}
	f, err := d.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, told(err, "open the file")
	}
	if info, err := f.Stat(); err != nil || !os.SameFile(info, before) {
		return nil, errors.Join(ErrNotFile, f.Close())
	}
	return f, nil
}

func linked(f *os.File, _ fs.FileInfo) bool {
	var info windows.ByHandleFileInformation
	err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info)
	return err != nil || info.NumberOfLinks != 1
}

// markOf: the name that nobody can guess has to do.
func markOf(fs.FileInfo) string { return "file" }

func (d *folder) move(from, to string) error {
	if _, err := d.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return told(d.Rename(from, to), "rename")
}

func (d *folder) back(from, to string) error { return d.move(from, to) }

func (d *folder) remove(name string) error { return d.Root.Remove(name) }

func (d *folder) sync() error { return nil }
