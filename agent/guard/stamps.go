package guard

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
)

// stamp tells whether a file is as the guard wrote it.
type stamp struct {
	size     int64
	modified time.Time
	number   uint64 // later ones have higher numbers
}

// maxStamps bounds what is remembered of what the guard wrote.
const maxStamps = 4096

// wrote remembers a file as the guard has left it, with as many bytes as it
// wrote: a file of another size is somebody else's work.
func (o *overlay) wrote(name string, size int64) {
	info, err := o.volume.root.Lstat(name)
	if err != nil || info.Size() != size {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.written) >= maxStamps {
		o.forgetOldest()
	}
	o.stamps++
	o.written[o.volume.means(name)] = stamp{size, info.ModTime(), o.stamps}
}

// forgetOldest makes room. The lock is held.
func (o *overlay) forgetOldest() {
	order := make([]uint64, 0, len(o.written))
	for _, s := range o.written {
		order = append(order, s.number)
	}
	slices.Sort(order)
	middle := order[len(order)/2]
	maps.DeleteFunc(o.written, func(_ string, s stamp) bool { return s.number < middle })
}

// renamed has what is remembered of a name, and of what lies below it, follow to
// another; what was remembered of that one is of a file that is gone.
func (o *overlay) renamed(old, name string) {
	from, to := o.volume.means(old), o.volume.means(name)
	if from == to {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	under := func(key, top string) bool { return key == top || strings.HasPrefix(key, top+"/") }
	moved := map[string]stamp{}
	for key, s := range o.written {
		if under(key, from) {
			moved[to+key[len(from):]] = s
		}
	}
	maps.DeleteFunc(o.written, func(key string, _ stamp) bool { return under(key, from) || under(key, to) })
	maps.Copy(o.written, moved)
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
