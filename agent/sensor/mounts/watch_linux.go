package mounts

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"
)

// Watch calls changed once when it has begun to watch, and then whenever the
// mount table changes, until the context ends. It sleeps in between.
func Watch(ctx context.Context, changed func()) error {
	// Not os.Open: the runtime would poll the file too, and of two who poll one
	// open file the kernel tells only the first that asks.
	table, err := unix.Open("/proc/self/mountinfo", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("watch the mount table: %w", err)
	}
	defer unix.Close(table)
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return fmt.Errorf("watch the mount table: %w", err)
	}
	defer unix.Close(wake)
	stopped := make(chan struct{})
	defer func() { <-stopped }()
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		unix.Write(wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})
	defer func() {
		if stop() {
			close(stopped)
		}
	}()
	changed() // what was mounted before anybody watched
	for {
		fds := []unix.PollFd{{Fd: int32(table), Events: unix.POLLPRI}, {Fd: int32(wake), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return fmt.Errorf("watch the mount table: %w", err)
		}
		if ctx.Err() != nil {
			return nil
		}
		if fds[0].Revents != 0 {
			changed()
		}
	}
}
