package guard

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"unicode/utf8"
)

const maxNameLength = 255

// place answers the name below the medium that a path means, "." for the medium
// itself. What Windows takes for something else than the name of a file, a
// stream of one or a device, is not let near it.
func place(path string) (string, error) {
	name := strings.TrimPrefix(path, "/")
	if name == "" {
		return ".", nil
	}
	for part := range strings.SplitSeq(name, "/") {
		if !plain(part) {
			return "", syscall.EACCES
		}
	}
	return name, nil
}

func plain(part string) bool {
	switch {
	case part == "" || len(part) > maxNameLength*utf8.UTFMax || !utf8.ValidString(part):
		return false
	case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
		return false
	case reserved(strings.ToLower(part)):
		return false
	}
	return !strings.ContainsFunc(part, func(r rune) bool { return r < ' ' || strings.ContainsRune(`\:*?"<>|`, r) })
}

// here is place for what exists.
func (o *overlay) here(path string) (string, error) {
	name, err := place(path)
	if err == nil {
		err = o.long(name)
	}
	if err != nil {
		return "", err
	}
	return name, nil
}

// target is place for what is about to exist.
func (o *overlay) target(path string) (string, error) {
	name, err := place(path)
	if err != nil {
		return "", err
	}
	if err := o.long(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return name, nil
}

// long refuses short names that the file system has made up for other ones: they
// would be a second way to the same file.
func (o *overlay) long(name string) error {
	if !strings.Contains(name, "~") {
		return nil
	}
	parent, at := ".", ""
	for part := range strings.SplitSeq(name, "/") {
		if at = part; parent != "." {
			at = parent + "/" + part
		}
		if strings.Contains(part, "~") && !o.holds(at) && !o.listed(parent, part) {
			if _, err := o.volume.root.Lstat(at); err == nil {
				return syscall.EACCES
			}
			return syscall.ENOENT
		}
		parent = at
	}
	return nil
}

func (o *overlay) listed(dir, part string) bool {
	folder, err := o.volume.root.Open(dir)
	if err != nil {
		return false
	}
	defer folder.Close()
	for {
		names, err := folder.Readdirnames(256)
		for _, n := range names {
			if o.volume.means(n) == o.volume.means(part) {
				return true
			}
		}
		if err != nil || len(names) == 0 {
			return false
		}
	}
}

// holds tells whether somebody has a file of a name open.
func (o *overlay) holds(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.nodes[o.volume.means(name)] != nil
}
