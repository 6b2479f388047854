package guard

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// handle is one open file: of a reader (read) or of a writer (pend).
type handle struct {
	node *node
	read *os.File
	pend *pending
}

var _ interface {
	fs.FileReader
	fs.FileWriter
	fs.FileFlusher
	fs.FileFsyncer
	fs.FileReleaser
	fs.FileAllocater
} = (*handle)(nil)

func (h *handle) stat(st *unix.Stat_t) error {
	f := h.read
	if h.pend != nil {
		f = h.pend.base
	}
	return unix.Fstat(int(f.Fd()), st)
}

// Read sees what is being written to the file by anybody: like everywhere,
// there is one content for all who have it open.
func (h *handle) Read(ctx context.Context, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	if h.pend == nil {
		if p := h.node.pending(); p != nil {
			return p.result(dest, off)
		}
		return fuse.ReadResultFd(h.read.Fd(), off, len(dest)), 0
	}
	return h.pend.result(dest, off)
}

func (p *pending) result(dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n, err := p.ReadAt(dest, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errno(err)
	}
	return fuse.ReadResultData(dest[:n]), 0
}

func (h *handle) Write(ctx context.Context, data []byte, off int64) (uint32, syscall.Errno) {
	if h.pend == nil {
		return 0, syscall.EBADF
	}
	if err := h.pend.write(ctx, data, off); err != nil {
		return 0, errno(err)
	}
	return uint32(len(data)), 0
}

// Flush comes with every close: the last moment at which the program that
// writes can be told.
func (h *handle) Flush(ctx context.Context) syscall.Errno {
	if h.pend == nil {
		return 0
	}
	return errno(h.pend.commit(ctx, false))
}

func (h *handle) Fsync(ctx context.Context, flags uint32) syscall.Errno {
	if h.pend == nil {
		return 0
	}
	if err := h.pend.commit(ctx, false); err != nil {
		return errno(err)
	}
	return errno(h.pend.base.Sync())
}

func (h *handle) Release(ctx context.Context) syscall.Errno {
	if h.pend == nil {
		return errno(h.read.Close())
	}
	return errno(h.node.release(ctx, h.pend))
}

// Allocate makes room; the other kinds of fallocate are refused, and programs
// then write instead.
func (h *handle) Allocate(ctx context.Context, off, size uint64, mode uint32) syscall.Errno {
	if h.pend == nil {
		return syscall.EBADF
	}
	switch mode {
	case 0:
		h.pend.mu.Lock()
		grown := int64(off+size) > h.pend.size
		h.pend.mu.Unlock()
		if !grown {
			return 0
		}
		return errno(h.pend.truncate(int64(off + size)))
	case unix.FALLOC_FL_KEEP_SIZE:
		return 0
	}
	return syscall.EOPNOTSUPP
}
