package guard

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// shown shows bytes to the judge that follow those before.
func (n *node) shown(data []byte) Verdict {
	ctx, cancel := context.WithTimeout(n.o.ctx, patience)
	defer cancel()
	return n.follow().Write(ctx, data)
}

// settle has the content judged and lets it reach the medium. The lock is held.
func (n *node) settle(why occasion) error {
	switch {
	case n.denied:
		return syscall.EACCES
	case n.gone, !n.dirty && !n.fresh:
		return nil
	case why != forGood && (n.fresh && n.size == 0 || n.held == n.version && n.held > 0):
		return nil // nothing to decide yet
	}
	switch n.verdict(why == forGood) {
	case Allow:
	case Wait:
		if why != forGood {
			n.held = n.version
			return nil
		}
		fallthrough
	default:
		n.deny()
		return syscall.EACCES
	}
	if err := n.flush(); err != nil {
		return err
	}
	n.restart()
	return nil
}

func (n *node) verdict(final bool) Verdict {
	if !n.dirty && n.size == 0 {
		return Allow
	}
	if n.next != n.size {
		n.lose()
	}
	n.activity.Subject.Size = n.size
	v, answered := finish(n.o.ctx, &n.o.asked, n.follow(), readerAt(n.readAt), n.size, final)
	if !answered {
		n.judgement = nil
		n.o.log.Error("the judge did not answer, the file is stopped", "mount", n.o.medium.MountPoint)
	}
	return v
}

// flush brings what was allowed to the medium.
func (n *node) flush() error {
	var err error
	revealed := n.fresh
	if revealed {
		err = n.reveal()
	} else {
		err = n.rewrite()
	}
	if err != nil {
		return err
	}
	n.fresh, n.dirty = false, false
	n.shows, n.length = n.size, n.size
	n.store.cut(extent{0, maxFileSize})
	if revealed {
		n.moved()
	}
	n.finishTouch()
	n.o.wrote(n.name, n.size)
	return nil
}

// finishTouch sets what comes after the content.
func (n *node) finishTouch() {
	v := n.o.volume
	if n.times != nil {
		if err := v.setTimes(n.name, *n.times); err != nil {
			n.o.log.Warn("times of a file are not kept", "error", err)
		}
	}
	n.times = nil
	if info, err := v.root.Lstat(n.name); err == nil {
		n.modified = info.ModTime()
	}
}

// finishAttributes sets what would keep writers out, once there is none.
func (n *node) finishAttributes() {
	if n.attributes == 0 || n.fresh || n.gone || n.written() {
		return
	}
	n.put()
	err := n.o.keepKnown(n.name, func() error { return n.o.volume.setAttributes(n.name, n.attributes) })
	if err != nil {
		n.o.log.Warn("attributes of a file are not kept", "error", err)
	}
	n.attributes = 0
}

// reveal writes a file that is not there yet under a hidden name and gives it
// its own once it is whole.
func (n *node) reveal() error {
	root, temp := n.o.volume.root, temporaryName()
	n.o.temp(temp, true)
	defer n.o.temp(temp, false)
	f, err := root.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if err = n.fill(f); err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		switch _, there := root.Lstat(n.name); {
		case there == nil:
			err = syscall.EEXIST // came past the guard
		case !errors.Is(there, fs.ErrNotExist):
			err = there
		default:
			err = root.Rename(temp, n.name)
		}
	}
	if err != nil {
		_ = n.o.volume.remove(temp)
	}
	return err
}

// rewrite changes a file where it lies. It is made as long as it will be first:
// for what there is no room, nothing of it is touched.
func (n *node) rewrite() error {
	base, err := n.file(true)
	if err != nil {
		return err
	}
	if n.size > n.length {
		if err := base.Truncate(n.size); err != nil {
			return errors.Join(err, base.Truncate(n.length))
		}
	}
	if n.length > n.shows {
		if err := base.Truncate(n.shows); err != nil {
			return err
		}
	}
	n.length = n.shows
	if err := n.fill(base); err != nil {
		n.length = max(n.length, lengthOf(base))
		return err
	}
	n.length = n.size
	err = base.Sync()
	n.put() // closed later, it would take the time that is set now back
	return err
}

func lengthOf(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// fill writes what is held to a file and gives it its length.
func (n *node) fill(f *os.File) error {
	err := n.store.each(func(b []byte, off int64) error {
		_, err := f.WriteAt(b, off)
		return err
	})
	if err == nil {
		err = f.Truncate(n.size)
	}
	return err
}

// deny drops what was written; what the file held before is what it holds.
func (n *node) deny() {
	n.denied = true
	n.drop()
	n.o.mu.Lock()
	n.o.detach(n) // the name is free again
	n.o.mu.Unlock()
	if n.born && !n.fresh {
		// Made by those who write it, after parts had been allowed.
		n.put()
		if err := n.o.volume.remove(n.name); err != nil {
			n.o.log.Warn("what was allowed of a file that was stopped stays", "error", err)
		}
	}
	n.gone = n.born
}

// drop forgets what is not on the medium.
func (n *node) drop() {
	if n.judgement != nil {
		n.judgement.Close()
		n.judgement = nil
	}
	_ = n.store.Close() // nothing in it counts
	n.store = n.o.scratch.store()
	n.dirty, n.times, n.attributes, n.announced = false, nil, 0, 0
	n.size = n.length
	n.shows = n.length
	n.next = lost
	if n.size == 0 {
		n.next = 0
	}
}

// conclude is the end of the last writer.
func (n *node) conclude() {
	n.mu.Lock()
	defer n.unlock()
	err := n.settle(forGood)
	if err == nil {
		n.finishAttributes()
	}
	if err == nil || n.denied {
		return
	}
	n.o.log.Error("content does not reach the medium", "mount", n.o.medium.MountPoint, "error", err)
	n.o.mu.Lock()
	alone := n.writers == 0
	if alone && n.fresh {
		n.o.detach(n)
	}
	n.o.mu.Unlock()
	if alone {
		n.gone = n.gone || n.fresh
		n.drop()
	}
}

// close ends a node that nobody uses.
func (n *node) close() {
	n.mu.Lock()
	defer n.unlock()
	if n.judgement != nil {
		n.judgement.Close()
		n.judgement = nil
	}
	_ = n.store.Close() // what is in it was never allowed
	n.put()
}

// Sync has what was written on the medium, or says that it may not be there.
func (o *overlay) Sync(fh uint64) error {
	h, err := o.opened(fh)
	if err != nil {
		return err
	}
	h.node.mu.Lock()
	defer h.node.unlock()
	return h.node.settle(forSync)
}

// SetTimes is what programs that copy do last: the moment at which they can be
// told.
func (o *overlay) SetTimes(path string, times [2]time.Time) error {
	return o.touch(path, func(n *node, name string) error {
		if n == nil {
			return o.volume.setTimes(name, times)
		}
		n.times, n.modified = &times, times[1]
		return nil
	}, false)
}

// SetAttributes is as SetTimes.
func (o *overlay) SetAttributes(path string, attributes uint32) error {
	return o.touch(path, func(n *node, name string) error {
		if n == nil {
			return o.volume.setAttributes(name, attributes)
		}
		n.attributes = attributes
		return nil
	}, true)
}

// touch has what is pending of a file judged and then does something to the
// file, or to what is still pending of it: what is not whole yet, or empty. What
// would keep writers out waits for the last of them.
func (o *overlay) touch(path string, do func(pending *node, name string) error, keepsOut bool) error {
	name, err := o.here(path)
	if err != nil || name == "." {
		return err
	}
	o.mu.Lock()
	n := o.nodes[o.volume.means(name)]
	o.mu.Unlock()
	if n == nil {
		return o.keepKnown(name, func() error { return do(nil, name) })
	}
	n.mu.Lock()
	defer n.unlock()
	if err := n.settle(forSync); err != nil {
		return err
	}
	if n.dirty || n.fresh || keepsOut && n.written() {
		return do(n, name)
	}
	err = o.keepKnown(name, func() error { return do(nil, name) })
	if info, gone := o.volume.root.Lstat(name); gone == nil {
		n.modified = info.ModTime()
	}
	return err
}

// keepKnown does something to a file that is the guard's own afterwards if it
// was before.
func (o *overlay) keepKnown(name string, do func() error) error {
	info, err := o.volume.root.Lstat(name)
	ours := err == nil && o.left(name, info)
	err = do()
	if err == nil && ours {
		o.wrote(name, info.Size())
	}
	return err
}
