//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

const (
	slowArgument = "serve-slow-image"
	slowName     = "image"
)

// serveSlow serves one file that takes no more than so many bytes a second: a
// device as slow as a real stick, whatever this machine offers.
func serveSlow(args []string) error {
	if len(args) != 3 {
		return errors.New("image, mount point and bytes a second are needed")
	}
	rate, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(args[0], os.O_RDWR, 0)
	if err != nil {
		return err
	}
	server, err := fs.Mount(args[1], &slowFolder{image: &slowImage{file: f, rate: rate}}, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMountStrict: true, MaxWrite: 1 << 20, FsName: "slow"},
	})
	if err != nil {
		return err
	}
	server.Wait()
	return nil
}

type slowFolder struct {
	fs.Inode
	image *slowImage
}

// OnAdd implements fs.NodeOnAdder.
func (d *slowFolder) OnAdd(ctx context.Context) {
	d.AddChild(slowName, d.NewPersistentInode(ctx, d.image, fs.StableAttr{Mode: syscall.S_IFREG}), true)
}

type slowImage struct {
	fs.Inode
	file *os.File
	rate int64

	mu   sync.Mutex
	free time.Time // when the device has done all it was given
}

// Open implements fs.NodeOpener. Nothing is cached: the device is as slow as
// it is.
func (i *slowImage) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, 0, 0
}

// Getattr implements fs.NodeGetattrer.
func (i *slowImage) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	info, err := i.file.Stat()
	if err != nil {
		return fs.ToErrno(err)
	}
	out.Mode, out.Size = syscall.S_IFREG|0o600, uint64(info.Size())
	return 0
}

// Setattr implements fs.NodeSetattrer; what it is asked for does not matter.
func (i *slowImage) Setattr(ctx context.Context, h fs.FileHandle, _ *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	return i.Getattr(ctx, h, out)
}

// Read implements fs.NodeReader.
func (i *slowImage) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	return fuse.ReadResultFd(i.file.Fd(), off, len(dest)), 0
}

// Write implements fs.NodeWriter.
func (i *slowImage) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	if _, err := i.file.WriteAt(data, off); err != nil {
		return 0, fs.ToErrno(err)
	}
	i.mu.Lock()
	now := time.Now()
	if i.free.Before(now) {
		i.free = now
	}
	i.free = i.free.Add(time.Duration(int64(len(data)) * int64(time.Second) / i.rate))
	wait := i.free.Sub(now)
	i.mu.Unlock()
	time.Sleep(wait)
	return uint32(len(data)), 0
}

// Fsync implements fs.NodeFsyncer: what was written is on the device.
func (i *slowImage) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno { return 0 }
