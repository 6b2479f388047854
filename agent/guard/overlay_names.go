package guard

import (
	"io/fs"
	"strings"
	"syscall"

	"github.com/trustline/trustline/rules/activity"
)

// Mkdir makes a folder.
func (o *overlay) Mkdir(who activity.Actor, path string) error {
	name, err := o.target(path)
	if err == nil {
		err = o.mayName(who, name)
	}
	switch {
	case err != nil:
		return err
	case o.holds(name):
		return syscall.EEXIST
	}
	return o.volume.root.Mkdir(name, 0o777)
}

// Remove takes a file away, with what is written to it.
func (o *overlay) Remove(path string) error {
	name, err := o.here(path)
	if err != nil {
		return err
	}
	o.mu.Lock()
	n := o.nodes[o.volume.means(name)]
	o.mu.Unlock()
	if n == nil {
		return o.removeKind(name, false)
	}
	n.mu.Lock()
	defer n.unlock()
	fresh := n.fresh
	if !fresh {
		n.put()
		if err := o.removeKind(name, false); err != nil {
			return err
		}
	}
	n.gone, n.fresh = true, false
	n.drop()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.detach(n)
	return nil
}

// RemoveFolder takes an empty folder away.
func (o *overlay) RemoveFolder(path string) error {
	name, err := o.here(path)
	switch {
	case err != nil:
		return err
	case name == ".":
		return syscall.EACCES
	case o.busyBelow(name):
		return syscall.ENOTEMPTY
	}
	return o.removeKind(name, true)
}

func (o *overlay) removeKind(name string, folder bool) error {
	info, err := o.volume.root.Lstat(name)
	switch {
	case err != nil:
		return err
	case info.IsDir() && !folder:
		return syscall.EISDIR
	case !info.IsDir() && folder:
		return syscall.ENOTDIR
	}
	return o.volume.remove(name)
}

// busyBelow tells whether somebody has a file of a folder open.
func (o *overlay) busyBelow(name string) bool {
	below := o.volume.means(name) + "/"
	o.mu.Lock()
	defer o.mu.Unlock()
	for key := range o.nodes {
		if strings.HasPrefix(key, below) {
			return true
		}
	}
	return false
}

// Rename gives another name, over a file that has it if need be. What is being
// written is judged first: under its new name nobody would look for it.
func (o *overlay) Rename(who activity.Actor, from, to string) error {
	old, err := o.here(from)
	if err != nil {
		return err
	}
	name, err := o.target(to)
	if err != nil {
		return err
	}
	if err := o.mayName(who, name); err != nil {
		return err
	}
	o.renaming.Lock()
	defer o.renaming.Unlock()
	n, err := o.reserve(o.volume.means(old), o.volume.means(name))
	if err != nil {
		return err
	}
	defer o.moved()
	switch {
	case o.busyBelow(old):
		return syscall.EBUSY
	case n != nil:
		return n.rename(name)
	}
	return o.move(old, name)
}

// reserve keeps others from opening or making anything under names that are being
// moved, and answers who has the first one open.
func (o *overlay) reserve(from, to string) (*node, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, other := o.nodes[from], o.nodes[to]
	if other != nil && other != n {
		return nil, syscall.EBUSY
	}
	o.moving[from], o.moving[to] = true, true
	return n, nil
}

func (o *overlay) moved() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.moving)
}

// moves tells whether a name, or a folder it lies in, is being moved. The lock is held.
func (o *overlay) moves(key string) bool {
	for ; key != "."; key = parentOf(key) {
		if o.moving[key] {
			return true
		}
	}
	return false
}

// move renames on the medium. A file replaces a file only.
func (o *overlay) move(old, name string) error {
	from, err := o.volume.root.Lstat(old)
	if err != nil {
		return err
	}
	if !from.IsDir() && !from.Mode().IsRegular() {
		return syscall.EACCES
	}
	if there, err := o.volume.root.Lstat(name); err == nil && o.volume.means(old) != o.volume.means(name) && (there.IsDir() || from.IsDir()) {
		return syscall.EEXIST
	}
	ours := o.left(old, from)
	if err := o.volume.root.Rename(old, name); err != nil {
		return err
	}
	o.renamed(old, name)
	if ours {
		o.wrote(name, from.Size())
	}
	return nil
}

func (n *node) rename(name string) error {
	n.mu.Lock()
	defer n.unlock()
	if n.gone {
		return fs.ErrNotExist
	}
	if err := n.settle(forGood); err != nil {
		return err
	}
	n.put()
	if err := n.o.move(n.name, name); err != nil {
		return err
	}
	n.activity.Subject.Name = name
	n.o.mu.Lock()
	n.o.detach(n)
	n.name, n.key = name, n.o.volume.means(name)
	n.o.nodes[n.key] = n
	n.o.mu.Unlock()
	n.moved()
	return nil
}

// Stat tells of a file or folder.
func (o *overlay) Stat(path string) (entry, error) {
	name, err := o.here(path)
	if err != nil {
		return entry{}, err
	}
	o.mu.Lock()
	n := o.nodes[o.volume.means(name)]
	o.mu.Unlock()
	if n != nil {
		if e, there := n.stat(); there {
			return e, nil
		}
		return entry{}, fs.ErrNotExist
	}
	info, err := o.volume.root.Lstat(name)
	if err != nil {
		return entry{}, err
	}
	if !ordinary(info) {
		return entry{}, syscall.EACCES
	}
	return o.entry(info), nil
}

// StatOf tells of a file that is open, whatever its name is now.
func (o *overlay) StatOf(fh uint64) (entry, error) {
	h, err := o.opened(fh)
	if err != nil {
		return entry{}, err
	}
	e, _ := h.node.stat()
	return e, nil
}

// ordinary tells whether something is what an overlay knows.
func ordinary(info fs.FileInfo) bool { return info.IsDir() || info.Mode().IsRegular() }

func (o *overlay) entry(info fs.FileInfo) entry {
	e := entry{Name: info.Name(), Dir: info.IsDir(), Size: info.Size(), Modified: info.ModTime(), Accessed: info.ModTime(), Born: info.ModTime()}
	if e.Dir {
		e.Size = 0
	}
	o.volume.describe(info, &e)
	return e
}

// stat tells of a file as those see it who use it, and whether it has a name.
func (n *node) stat() (e entry, there bool) {
	t := n.told.Load()
	if t == nil { // it is being looked at for the first time
		n.mu.Lock()
		n.unlock()
		t = n.told.Load()
	}
	e = entry{Accessed: t.modified, Born: t.modified}
	if !t.pending && !t.gone {
		if info, err := n.o.volume.root.Lstat(t.name); err == nil {
			e = n.o.entry(info)
		}
	}
	if t.attributes != 0 {
		e.Attributes = t.attributes
	}
	e.Name, e.Size, e.Modified = t.name[strings.LastIndexByte(t.name, '/')+1:], t.size, t.modified
	return e, !t.gone
}

// List tells of all that is in a folder, as those see it who use it.
func (o *overlay) List(path string) ([]entry, error) {
	name, err := o.here(path)
	if err != nil {
		return nil, err
	}
	folder, err := o.volume.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	infos, err := folder.Readdir(-1)
	if err != nil {
		return nil, err
	}
	open := o.openIn(name)
	var list []entry
	for _, info := range infos {
		key := o.volume.means(info.Name())
		switch n := open[key]; {
		case reserved(info.Name()) || !ordinary(info):
		case n != nil:
			list = n.listed(list)
		default:
			list = append(list, o.entry(info))
		}
		delete(open, key)
	}
	for _, n := range open {
		list = n.listed(list)
	}
	return list, nil
}

func (n *node) listed(list []entry) []entry {
	if e, there := n.stat(); there {
		list = append(list, e)
	}
	return list
}

// openIn answers the files of a folder that somebody has open, by their last name.
func (o *overlay) openIn(dir string) map[string]*node {
	key := o.volume.means(dir)
	o.mu.Lock()
	defer o.mu.Unlock()
	found := map[string]*node{}
	for name, n := range o.nodes {
		if parentOf(name) == key {
			found[name[strings.LastIndexByte(name, '/')+1:]] = n
		}
	}
	return found
}
