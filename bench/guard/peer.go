//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// handOn puts a file system over a stick that hands everything on and looks at
// nothing. The kernel asks this process for all of it, as it asks the guard:
// it may not write past it.
func handOn(_ context.Context, s *stick, _ string) (stop func(), err error) {
	medium, err := os.OpenRoot(s.path) // keeps the medium reachable under the mount
	if err != nil {
		return nil, err
	}
	under, err := medium.Open(".")
	if err != nil {
		return nil, err
	}
	root, err := fs.NewLoopbackRoot(fmt.Sprintf("/proc/self/fd/%d", under.Fd()))
	if err != nil {
		return nil, err
	}
	believed := 10 * time.Second
	server, err := fs.Mount(s.path, root, &fs.Options{
		EntryTimeout: &believed, AttrTimeout: &believed, NegativeTimeout: &believed,
		MountOptions: fuse.MountOptions{
			DirectMountStrict: true, AllowOther: true, Options: []string{"default_permissions"},
			MaxWrite: 1 << 20, MaxBackground: 64, DisabledCapabilities: fuse.CAP_PASSTHROUGH,
			ExtraCapabilities: fuse.CAP_HANDLE_KILLPRIV_V2, FsName: "handed-on",
		},
	})
	if err != nil {
		return nil, err
	}
	return func() {
		if err := server.Unmount(); err != nil {
			fmt.Fprintln(os.Stderr, "bench/guard:", err)
		}
		_, _ = under.Close(), medium.Close()
	}, nil
}
