package guard

import (
	"io/fs"
	"time"
)

// stamp tells whether a file is as the guard wrote it.
type stamp struct {
	size     int64
	modified time.Time
}

// maxStamps bounds what is remembered of what the guard wrote.
const maxStamps = 4096

// wrote remembers a file as the guard has left it.
func (o *overlay) wrote(name string) {
	info, err := o.volume.root.Lstat(name)
	if err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.written) >= maxStamps {
		o.written = map[string]stamp{}
	}
	o.written[o.volume.means(name)] = stamp{info.Size(), info.ModTime()}
}

// Wrote tells whether a file of the medium is as the guard has left it, or is
// one of its own that are about to be.
func (o *overlay) Wrote(name string, info fs.FileInfo) bool {
	o.mu.Lock()
	n := o.nodes[o.volume.means(name)]
	o.mu.Unlock()
	if n != nil { // what is on its way is written down once it is there
		n.mu.Lock()
		n.unlock()
	}
	return o.left(name, info)
}

// left is Wrote for who has the lock of the file, or for files that nobody has open.
func (o *overlay) left(name string, info fs.FileInfo) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if reserved(name) {
		return o.temps[name]
	}
	s, ok := o.written[o.volume.means(name)]
	return ok && s.size == info.Size() && s.modified.Equal(info.ModTime())
}

// temp says that a file of the guard's own is there, or is not any more.
func (o *overlay) temp(name string, there bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if there {
		o.temps[name] = true
	} else {
		delete(o.temps, name)
	}
}
