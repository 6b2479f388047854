package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// Guard is one medium under guard.
type Guard struct {
	medium   Medium
	takeover *takeover
	server   *fuse.Server
	log      *slog.Logger
	ended    chan struct{}
	ours     atomic.Bool // the unmount is our own
	state    atomic.Value
}

// Options are what a guard needs besides its judge.
type Options struct {
	// Scratch is a folder on a local disk, for the service alone.
	Scratch string
	Log     *slog.Logger
}

// Start takes a mounted medium over. From then on nothing is written to it
// that the judge has not allowed.
func Start(ctx context.Context, m Medium, judge Judge, o Options) (*Guard, error) {
	if err := os.MkdirAll(o.Scratch, 0o700); err != nil {
		return nil, fmt.Errorf("make the scratch folder: %w", err)
	}
	t, err := takeOver(m.MountPoint)
	if err != nil {
		return nil, fmt.Errorf("take over %s: %w", m.MountPoint, err)
	}
	g := &Guard{medium: m, takeover: t, log: o.Log, ended: make(chan struct{})}
	g.state.Store(ReadOnly)
	if !t.writable {
		// A medium that nobody can write to needs no guard on it.
		return g, nil
	}
	f := &fileSystem{root: t.root, medium: m, judge: judge, scratch: &scratch{dir: o.Scratch}, fresh: map[string]*node{}}
	unix.Umask(0) // the kernel has applied the caller's already
	f.sweep()
	if err := g.mount(f); err != nil {
		return nil, errors.Join(fmt.Errorf("mount the guard on %s: %w", m.MountPoint, err), t.giveBack())
	}
	g.state.Store(Guarding)
	return g, nil
}

func (g *Guard) mount(f *fileSystem) error {
	never := time.Duration(0)
	server, err := fs.Mount(g.medium.MountPoint, &node{fs: f}, &fs.Options{
		EntryTimeout: &never, AttrTimeout: &never, NegativeTimeout: &never,
		MountOptions: fuse.MountOptions{
			AllowOther: true, FsName: g.source(), Name: "trustline",
			DirectMountStrict: true, DirectMountFlags: g.flags(),
			MaxWrite: 1 << 20, MaxBackground: 64,
			Options: []string{"default_permissions"},
		},
	})
	if err != nil {
		return err
	}
	g.server = server
	go func() {
		server.Wait()
		g.unmounted()
	}()
	return nil
}

func (g *Guard) source() string {
	if g.medium.Device.Node != "" {
		return g.medium.Device.Node
	}
	return "trustline"
}

// flags are those of the medium's own mount, and never more.
func (g *Guard) flags() uintptr {
	flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV)
	if g.takeover.flags&unix.ST_NOEXEC != 0 {
		flags |= unix.MS_NOEXEC
	}
	return flags
}

// unmounted follows when the guard's mount is gone: by our own doing, or
// because somebody ejects the medium, which then has to be let go as a whole.
func (g *Guard) unmounted() {
	defer close(g.ended)
	if g.ours.Load() {
		if err := g.takeover.giveBack(); err != nil {
			g.log.Error("cannot give the medium back", "mount", g.medium.MountPoint, "error", err)
		}
		g.state.Store(Released)
		return
	}
	if err := g.takeover.letGo(); err != nil {
		g.log.Warn("cannot flush the medium", "mount", g.medium.MountPoint, "error", err)
	}
	if err := unix.Unmount(g.medium.MountPoint, 0); err != nil && !errors.Is(err, unix.EINVAL) {
		g.log.Warn("cannot let the medium go, it stays read-only", "mount", g.medium.MountPoint, "error", err)
	}
	g.state.Store(Gone)
}

// State answers how far protection reaches now.
func (g *Guard) State() State {
	s, _ := g.state.Load().(State)
	return s
}

// Ended is closed once the guard guards no more.
func (g *Guard) Ended() <-chan struct{} { return g.ended }

// Stop gives the medium back as it was. What is being written and not yet
// allowed is lost to its writer.
func (g *Guard) Stop(ctx context.Context) error {
	if g.server == nil {
		g.state.Store(Released)
		return g.takeover.giveBack()
	}
	g.ours.Store(true)
	for {
		err := g.server.Unmount()
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			// Somebody still uses it: they keep a dead file system, the medium
			// itself is given back.
			if err := unix.Unmount(g.medium.MountPoint, unix.MNT_DETACH); err != nil {
				return fmt.Errorf("detach the guard from %s: %w", g.medium.MountPoint, err)
			}
			return nil
		case <-g.ended:
			return nil
		case <-time.After(50 * time.Millisecond):
		}
	}
	<-g.ended
	return nil
}
