package e2e

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// bridge leads what the programs of a Wine write at E: to the stand-in for WinFsp
// (agent/guard/testdata/bridge.c). Wine knows a letter as a folder of Linux: while
// the stand-in serves, that is a file system of ours which asks it.
//
// Names, descriptions and what is read come from the medium itself. It is Wine's
// server that asks for them and opens files, for everybody; what stands behind the
// stand-in needs that server to answer, so that it must never wait for it. A file
// is therefore created on the other side with the first that is written to it.
type bridge struct {
	w        *windows
	listener net.Listener

	mu      sync.Mutex
	mounted *fuse.Server
	mounts  int
	idle    chan net.Conn
	open    map[string]int64 // by name, how long what is being written is
}

// connections is how many the stand-in opens; the last tells of its end alone.
const connections = 4

// The questions, as in bridge.c.
const (
	askCreate = iota + 1
	askOpen
	askWrite
	askTruncate
	askSync
	askRelease
	askTimes
)

// bridged answers a bridge that the stand-in finds.
func (w *windows) bridged() *bridge {
	w.t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	b := &bridge{w: w, listener: l, open: map[string]int64{}}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	w.write("bridge", port)
	w.t.Cleanup(func() { _ = l.Close(); b.ends() })
	go b.serve()
	return b
}

// serve has the letter lead to the stand-in for as long as there is one.
func (b *bridge) serve() {
	for {
		idle := make(chan net.Conn, connections)
		for n := range connections {
			c, err := b.listener.Accept()
			if err != nil {
				return
			}
			if n == 0 {
				b.begins(idle)
			}
			if n < connections-1 {
				idle <- c
			} else {
				go func() { _, _ = io.Copy(io.Discard, c); b.ends() }()
			}
			_, _ = c.Write([]byte{1})
		}
	}
}

func (b *bridge) begins(idle chan net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mounts++
	dir := filepath.Join(b.w.dir, fmt.Sprint("guarded", b.mounts))
	err := os.Mkdir(dir, 0o755)
	if err == nil {
		b.mounted, err = fs.Mount(dir, &place{b: b}, &fs.Options{MountOptions: fuse.MountOptions{DirectMount: true, FsName: "stand-in"}})
	}
	if err != nil {
		b.w.t.Errorf("the bridge: %v", err)
		return
	}
	b.idle = idle
	b.w.leads(dir)
}

// ends takes the letter away, as the driver does with the process it serves.
func (b *bridge) ends() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mounted == nil {
		return
	}
	b.w.leads("")
	_ = syscall.Unmount(filepath.Join(b.w.dir, fmt.Sprint("guarded", b.mounts)), syscall.MNT_DETACH)
	b.mounted = nil
	for range len(b.idle) { // who asks now is told that nobody is there
		c := <-b.idle
		_ = c.Close()
		b.idle <- c
	}
}

// leads has Wine find a folder at E:, or none.
func (w *windows) leads(dir string) {
	link := filepath.Join(w.dir, "prefix", "dosdevices", "e:")
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		w.t.Error(err)
	}
	if dir == "" {
		return
	}
	if err := os.Symlink(dir, link); err != nil {
		w.t.Error(err)
	}
}

// ask puts a question to the stand-in and answers what it answers.
func (b *bridge) ask(op int64, path string, more []byte, off int64, fh uint64) (int64, uint64, syscall.Errno) {
	b.mu.Lock()
	idle := b.idle
	b.mu.Unlock()
	c := <-idle
	q := binary.LittleEndian.AppendUint64(nil, uint64(op))
	for _, n := range []uint64{uint64(len(path)), uint64(len(more)), uint64(off), fh} {
		q = binary.LittleEndian.AppendUint64(q, n)
	}
	var answer [16]byte
	_, err := c.Write(append(append(q, path...), more...))
	if err == nil {
		_, err = io.ReadFull(c, answer[:])
	}
	idle <- c
	if err != nil {
		return 0, 0, syscall.EIO
	}
	n := int64(binary.LittleEndian.Uint64(answer[:]))
	if n < 0 {
		return 0, 0, syscall.Errno(-n)
	}
	return n, binary.LittleEndian.Uint64(answer[8:]), 0
}

// medium answers where a file lies on the medium.
func (b *bridge) medium(name string) string { return filepath.Join(b.w.e, name) }

// size answers how long a file is, on the medium or while it is written.
func (b *bridge) size(name string) (int64, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n, writes := b.open[name]; writes {
		return n, true
	}
	info, err := os.Lstat(b.medium(name))
	if err != nil {
		return 0, false
	}
	return info.Size(), true
}

func (b *bridge) sized(name string, size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open[name] = size
}

// byServer tells whether Wine's server asks.
func byServer(ctx context.Context) bool {
	caller, ok := fuse.FromContext(ctx)
	if !ok {
		return true
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", caller.Pid))
	return err != nil || strings.HasPrefix(string(name), "wineserver")
}

// place is the folder that people find at the letter.
type place struct {
	fs.Inode
	b *bridge
}

func (p *place) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	size, there := p.b.size(name)
	if !there {
		return nil, syscall.ENOENT
	}
	out.Mode, out.Size = syscall.S_IFREG|0o666, uint64(size)
	return p.NewInode(ctx, &document{b: p.b, name: name}, fs.StableAttr{Mode: syscall.S_IFREG}), 0
}

func (p *place) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	list, err := os.ReadDir(p.b.w.e)
	if err != nil {
		return nil, syscall.EIO
	}
	var names []fuse.DirEntry
	for _, e := range list {
		names = append(names, fuse.DirEntry{Name: e.Name(), Mode: syscall.S_IFREG})
	}
	return fs.NewListDirStream(names), 0
}

func (p *place) Create(ctx context.Context, name string, _ uint32, _ uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	p.b.sized(name, 0)
	out.Mode = syscall.S_IFREG | 0o666
	d := &document{b: p.b, name: name}
	return p.NewInode(ctx, d, fs.StableAttr{Mode: syscall.S_IFREG}), &writing{d: d, cut: true}, fuse.FOPEN_DIRECT_IO, 0
}

// document is a file there.
type document struct {
	fs.Inode
	b    *bridge
	name string
}

func (d *document) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	size, _ := d.b.size(d.name)
	out.Mode, out.Size = syscall.S_IFREG|0o666, uint64(size)
	return 0
}

func (d *document) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return &writing{d: d, reads: flags&syscall.O_ACCMODE == syscall.O_RDONLY}, fuse.FOPEN_DIRECT_IO, 0
}

func (d *document) Setattr(ctx context.Context, f fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	w, _ := f.(*writing)
	if size, cut := in.GetSize(); cut {
		d.b.sized(d.name, int64(size))
		if w != nil {
			if errno := w.truncate(int64(size), byServer(ctx)); errno != 0 {
				return errno
			}
		}
	}
	if at, stamped := in.GetMTime(); stamped && w != nil && !byServer(ctx) {
		if errno := w.stamp(at); errno != 0 {
			return errno
		}
	}
	return d.Getattr(ctx, f, out)
}

// writing is a file that somebody has open.
type writing struct {
	d     *document
	reads bool

	mu    sync.Mutex
	begun bool
	cut   bool // before anything was written
	fh    uint64
}

// begin opens the file on the other side. The lock is held.
func (w *writing) begin() (errno syscall.Errno) {
	if w.begun {
		return 0
	}
	path := "/" + w.d.name
	if _, err := os.Lstat(w.d.b.medium(w.d.name)); err != nil {
		_, w.fh, errno = w.d.b.ask(askCreate, path, nil, 0, 0)
	} else if _, w.fh, errno = w.d.b.ask(askOpen, path, nil, syscall.O_RDWR, 0); errno == 0 && w.cut {
		_, _, errno = w.d.b.ask(askTruncate, path, nil, 0, w.fh)
	}
	w.begun = errno == 0
	return errno
}

func (w *writing) Write(_ context.Context, data []byte, off int64) (uint32, syscall.Errno) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if errno := w.begin(); errno != 0 {
		return 0, errno
	}
	n, _, errno := w.d.b.ask(askWrite, "/"+w.d.name, data, off, w.fh)
	if size, _ := w.d.b.size(w.d.name); errno == 0 {
		w.d.b.sized(w.d.name, max(size, off+n))
	}
	return uint32(n), errno
}

func (w *writing) truncate(size int64, server bool) syscall.Errno {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begun || server {
		w.cut = w.cut || size == 0
		return 0
	}
	_, _, errno := w.d.b.ask(askTruncate, "/"+w.d.name, nil, size, w.fh)
	return errno
}

func (w *writing) stamp(at time.Time) syscall.Errno {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begun {
		return 0
	}
	_, _, errno := w.d.b.ask(askTimes, "/"+w.d.name, nil, at.Unix(), 0)
	return errno
}

func (w *writing) Read(_ context.Context, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	f, err := os.Open(w.d.b.medium(w.d.name))
	if err != nil {
		return nil, syscall.EIO
	}
	defer f.Close()
	n, err := f.ReadAt(dest, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, syscall.EIO
	}
	return fuse.ReadResultData(dest[:n]), 0
}

// Flush answers at once: Wine's server closes files as well.
func (w *writing) Flush(context.Context) syscall.Errno { return 0 }

// Release is told of when nobody waits any more.
func (w *writing) Release(context.Context) syscall.Errno {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.reads && w.begin() == 0 {
		_, _, _ = w.d.b.ask(askRelease, "/"+w.d.name, nil, 0, w.fh)
	}
	w.d.b.mu.Lock()
	defer w.d.b.mu.Unlock()
	delete(w.d.b.open, w.d.name)
	return 0
}
