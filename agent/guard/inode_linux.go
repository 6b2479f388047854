package guard

import (
	"errors"
	"path"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// inode is a file, folder or link of the medium that the kernel knows.
type inode struct {
	id  uint64 // the kernel's name for it
	key inodeKey

	// Guarded by the tree's lock.
	parent   *inode
	name     string
	lookups  uint64
	children int
	fresh    map[string]*inode // files in this folder that exist for their writers only

	mu      sync.Mutex
	folder  *descriptor
	moving  *descriptor // while its name changes, and after it was replaced
	pend    *pending
	stopped *pending // denied, and its writers still have it open
	readers map[*handle]struct{}

	cached  atomic.Bool // what the kernel keeps of the content is what the medium holds
	aclless atomic.Bool // the folder is known to have no default access list
}

// inodeKey tells the objects of a medium apart. The kind is part of it: a
// number may be used again for something else.
type inodeKey struct {
	ino  uint64
	kind uint32
}

// descriptor is something open on the medium, shared by those who use it.
type descriptor struct {
	fd    int
	users atomic.Int32
}

func newDescriptor(fd int) *descriptor {
	d := &descriptor{fd: fd}
	d.users.Store(1)
	return d
}

func (d *descriptor) use() *descriptor {
	d.users.Add(1)
	return d
}

// done closes it once nobody uses it any more.
func (d *descriptor) done() {
	if d.users.Add(-1) == 0 {
		unix.Close(d.fd)
	}
}

// tree is what the kernel knows of the medium.
type tree struct {
	mu    sync.RWMutex
	last  uint64
	byID  map[uint64]*inode
	byKey map[inodeKey]*inode
}

func (f *fileSystem) plant(st *unix.Stat_t, root int) {
	f.tree.byID, f.tree.byKey = map[uint64]*inode{}, map[inodeKey]*inode{}
	top := &inode{id: fuse.FUSE_ROOT_ID, key: keyOf(st), lookups: 1, folder: newDescriptor(root)}
	f.tree.last = fuse.FUSE_ROOT_ID
	f.tree.byID[top.id], f.tree.byKey[top.key] = top, top
}

func keyOf(st *unix.Stat_t) inodeKey { return inodeKey{st.Ino, st.Mode & unix.S_IFMT} }

// inode answers the one the kernel means; it exists as long as the kernel's
// request does.
func (f *fileSystem) inode(id uint64) (*inode, error) {
	f.tree.mu.RLock()
	defer f.tree.mu.RUnlock()
	i := f.tree.byID[id]
	if i == nil {
		return nil, unix.ESTALE
	}
	return i, nil
}

// know answers the inode of what stands under a name, counting that the
// kernel has been told of it, and whether it was known before. What has just
// been made is always a new one.
func (f *fileSystem) know(dir *inode, name string, st *unix.Stat_t, made bool) (*inode, bool) {
	f.tree.mu.Lock()
	defer f.tree.mu.Unlock()
	key := keyOf(st)
	i := f.tree.byKey[key]
	known := i != nil && !made
	if !known {
		f.tree.last++
		i = &inode{id: f.tree.last, key: key}
		f.tree.byID[i.id], f.tree.byKey[key] = i, i
	}
	i.lookups++
	f.place(i, dir, name)
	return i, known
}

// place remembers where an inode stands. The lock is held.
func (f *fileSystem) place(i, dir *inode, name string) {
	if i.parent == dir {
		i.name = name
		return
	}
	dir.children++
	old := i.parent
	i.parent, i.name = dir, name
	f.abandon(old)
}

// abandon takes one child away from a folder. The lock is held.
func (f *fileSystem) abandon(dir *inode) {
	if dir == nil {
		return
	}
	dir.children--
	f.retire(dir)
}

// retire forgets an inode that nobody knows any more. The lock is held.
func (f *fileSystem) retire(i *inode) {
	if i.lookups > 0 || i.children > 0 || f.tree.byID[i.id] != i || i.pending() != nil {
		return
	}
	delete(f.tree.byID, i.id)
	if f.tree.byKey[i.key] == i {
		delete(f.tree.byKey, i.key)
	}
	i.shut()
	f.abandon(i.parent)
}

// shut closes what is open of an inode for the guard's own use.
func (i *inode) shut() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, d := range []**descriptor{&i.folder, &i.moving} {
		if *d != nil {
			(*d).done()
			*d = nil
		}
	}
}

// Forget implements fuse.RawFileSystem.
func (f *fileSystem) Forget(id, lookups uint64) {
	f.tree.mu.Lock()
	defer f.tree.mu.Unlock()
	if i := f.tree.byID[id]; i != nil && i.id != fuse.FUSE_ROOT_ID {
		i.lookups -= min(lookups, i.lookups)
		f.retire(i)
	}
}

// gone says that the last name of an object was removed. Its number may be
// another's already.
func (f *fileSystem) gone(i *inode) {
	f.tree.mu.Lock()
	defer f.tree.mu.Unlock()
	if i != nil && f.tree.byKey[i.key] == i {
		delete(f.tree.byKey, i.key)
	}
}

// known answers the inode of an object, nil when the kernel does not know it.
func (f *fileSystem) known(key inodeKey) *inode {
	f.tree.mu.RLock()
	defer f.tree.mu.RUnlock()
	return f.tree.byKey[key]
}

// moved follows what a rename did to an object.
func (f *fileSystem) moved(key inodeKey, dir *inode, name string) {
	f.tree.mu.Lock()
	defer f.tree.mu.Unlock()
	if i := f.tree.byKey[key]; i != nil {
		f.place(i, dir, name)
	}
}

// where answers the folder and the name under which an inode was last seen.
func (f *fileSystem) where(i *inode) (*inode, string) {
	f.tree.mu.RLock()
	defer f.tree.mu.RUnlock()
	return i.parent, i.name
}

// path answers where an inode stands, for the record only.
func (f *fileSystem) path(i *inode) string {
	f.tree.mu.RLock()
	defer f.tree.mu.RUnlock()
	p := ""
	for depth := 0; i != nil && i.parent != nil && depth < unix.PathMax; i, depth = i.parent, depth+1 {
		p = path.Join(i.name, p)
	}
	return p
}

// enter opens a folder for calls relative to it.
func (f *fileSystem) enter(dir *inode) (*descriptor, error) {
	if d := dir.entered(); d != nil {
		return d, nil
	}
	if dir.key.kind != unix.S_IFDIR {
		return nil, unix.ENOTDIR
	}
	fd := -1
	err := f.on(dir, func(at int) (err error) {
		fd, err = unix.FcntlInt(uintptr(at), unix.F_DUPFD_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	dir.mu.Lock()
	defer dir.mu.Unlock()
	if dir.folder != nil {
		unix.Close(fd)
	} else {
		dir.folder = newDescriptor(fd)
	}
	return dir.folder.use(), nil
}

func (i *inode) entered() *descriptor {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.folder == nil {
		return nil
	}
	return i.folder.use()
}

// find answers a path descriptor of an inode, by its name, and makes sure it is
// the one that is meant. ESTALE makes the kernel look the name up again.
func (f *fileSystem) find(i *inode) (int, error) {
	const path = unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC
	if i.id == fuse.FUSE_ROOT_ID {
		return retry(func() (int, error) { return unix.Openat(f.root, ".", path, 0) })
	}
	dir, name := f.where(i)
	if dir == nil {
		return -1, unix.ESTALE
	}
	at, err := f.enter(dir)
	if err != nil {
		return -1, err
	}
	defer at.done()
	fd, err := retry(func() (int, error) { return unix.Openat(at.fd, name, path, 0) })
	if err != nil {
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) {
			err = unix.ESTALE
		}
		return -1, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || keyOf(&st) != i.key {
		unix.Close(fd)
		return -1, errors.Join(err, unix.ESTALE)
	}
	return fd, nil
}

// on does something with an inode of any kind without opening its content.
func (f *fileSystem) on(i *inode, do func(fd int) error) error {
	if d := i.held(); d != nil {
		defer d.done()
		return do(d.fd)
	}
	fd, err := f.find(i)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return do(fd)
}

// held answers a descriptor by which somebody has the file open: it may have
// no name any more, or one that only the guard knows.
func (i *inode) held() *descriptor {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.pend != nil {
		return i.pend.base.use()
	}
	for h := range i.readers {
		return h.file.use()
	}
	if i.stopped != nil {
		return i.stopped.base.use()
	}
	for _, d := range []*descriptor{i.folder, i.moving} {
		if d != nil {
			return d.use()
		}
	}
	return nil
}

// denied tells whether what its writers have open was stopped.
func (i *inode) denied() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.stopped != nil && i.stopped.born
}

// enlist joins the writers of what is pending, if anything is; leave ends it.
func (i *inode) enlist() *pending {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.pend != nil {
		i.pend.writers++
	}
	return i.pend
}

func (i *inode) pending() *pending {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.pend
}

// freshAt answers the file under a name that exists for its writers only.
func (f *fileSystem) freshAt(dir *inode, name string) *inode {
	f.tree.mu.RLock()
	defer f.tree.mu.RUnlock()
	return dir.unborn(name)
}

// unborn is freshAt with the tree's lock held. What its last writer has left
// is no file any more, even while it is still being taken away.
func (i *inode) unborn(name string) *inode {
	if child := i.fresh[name]; child != nil && child.pending() != nil {
		return child
	}
	return nil
}

func (f *fileSystem) freshNames(dir *inode) []string {
	f.tree.mu.RLock()
	defer f.tree.mu.RUnlock()
	names := make([]string, 0, len(dir.fresh))
	for name := range dir.fresh {
		if dir.unborn(name) != nil {
			names = append(names, name)
		}
	}
	return names
}

// believed is how long the kernel may rely on what it was told: nobody else
// can change the medium. Shortly is for folders in which files are about to
// appear.
const (
	believed = 10 * time.Second
	shortly  = time.Second
)

// change is what is pending for an inode at one moment.
type change struct {
	pending  *pending
	waits    bool // something written is not on the medium yet
	unsteady bool // it went on changing while it was looked at
}

func (i *inode) change() change {
	p := i.pending()
	return change{pending: p, waits: p != nil && p.written.Load() != 0}
}

// observations bounds how often something that changes is looked at again.
const observations = 5

// believe answers how long the kernel may rely on what it is told about an
// inode's attributes, and on its name.
func (f *fileSystem) believe(i *inode, c change) (attributes, name time.Duration) {
	f.tree.mu.RLock()
	busy := len(i.fresh) > 0
	f.tree.mu.RUnlock()
	switch {
	case c.waits, c.unsteady:
		return 0, 0
	case busy:
		return shortly, believed
	case c.pending == nil:
		return believed, believed
	}
	return believed, 0
}

func retry[T any](do func() (T, error)) (T, error) {
	for {
		v, err := do()
		if !errors.Is(err, unix.EINTR) {
			return v, err
		}
	}
}
