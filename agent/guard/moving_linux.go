package guard

import "golang.org/x/sys/unix"

// moving is an object of the medium whose name changes. It is held open
// meanwhile: whoever has looked its name up before, and goes on to open it, is
// not told that it is stale.
type moving struct {
	st    unix.Stat_t
	inode *inode // nil when the kernel does not know it
	path  *descriptor
	stays bool
}

// staysUpTo is how large a file may be that is replaced and stays open until
// the kernel forgets it. What is larger gives its room back at once.
const staysUpTo = 1 << 20

func (f *fileSystem) move(at int, name string) (*moving, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(at, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, err
	}
	m := &moving{path: newDescriptor(fd)}
	if err := statOf(fd, &m.st); err != nil {
		m.path.done()
		return nil, err
	}
	f.tree.mu.Lock()
	defer f.tree.mu.Unlock()
	if i := f.tree.byKey[keyOf(&m.st)]; i != nil {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.moving == nil {
			i.moving = m.path.use()
		}
		m.inode = i
	}
	return m, nil
}

// replaced says that another object has the name now.
func (f *fileSystem) replaced(m *moving) {
	if m.st.Nlink > 1 && m.st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return
	}
	f.gone(m.inode)
	m.stays = m.st.Size <= staysUpTo
}

// done ends the move.
func (m *moving) done() {
	if i := m.inode; i != nil && !m.stays {
		i.mu.Lock()
		if i.moving == m.path {
			i.moving = nil
			m.path.done()
		}
		i.mu.Unlock()
	}
	m.path.done()
}
