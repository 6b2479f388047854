package guard

import (
	"os"
	"syscall"
)

// claim takes a file of the medium for this node alone. File systems have more
// names for one file than are told apart here; through a second one each half of
// a content would be judged without the other.
func (n *node) claim(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	n.o.mu.Lock()
	defer n.o.mu.Unlock()
	if n.o.top != nil && os.SameFile(n.o.top, info) {
		return nil // this file system does not tell its files apart
	}
	for _, other := range n.o.nodes {
		if other != n && other.stands != nil && os.SameFile(other.stands, info) {
			return syscall.EBUSY
		}
	}
	n.stands = info
	return nil
}

// called answers nil unless a name is that of another file, which the file system
// tells apart though it means the same here.
func (n *node) called(name string) error {
	if n.told.Load().name == name {
		return nil
	}
	info, err := n.o.volume.root.Lstat(name)
	n.o.mu.Lock()
	defer n.o.mu.Unlock()
	if err == nil && (n.stands == nil && n.told.Load().pending || n.stands != nil && !os.SameFile(n.stands, info)) {
		return syscall.EBUSY
	}
	return nil
}

// moved claims the file anew after it got its name: with some file systems the
// place of the name is what a file is known by.
func (n *node) moved() {
	n.o.mu.Lock()
	n.stands = nil
	n.o.mu.Unlock()
	if _, err := n.file(false); err == nil {
		n.put()
	}
}
