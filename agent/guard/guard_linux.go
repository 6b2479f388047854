package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/guard/letters"
)

// Supported: this system can have guards.
const Supported = true

// Guard is one medium under guard.
type Guard struct {
	medium   Medium
	takeover *takeover
	fs       *fileSystem
	server   *fuse.Server
	log      *slog.Logger
	cancel   context.CancelFunc
	served   chan struct{} // closed when the kernel asks nothing any more
	ended    chan struct{}
	ours     atomic.Bool // the unmount is our own
	state    atomic.Value
}

// Options are what a guard needs besides its judge.
type Options struct {
	// Scratch is a folder on a local disk, for the service alone. What lies
	// there while it is looked at has no name and is gone with the process.
	Scratch string
	Letters *letters.Keeper // not here: media have no letters
	Log     *slog.Logger

	// sameProcess: tests write to the medium from the guard's own process.
	sameProcess bool
}

// Start takes a mounted medium over. From then on nothing is written to it
// that the judge has not allowed.
func Start(ctx context.Context, m Medium, judge Judge, o Options) (*Guard, error) {
	if err := os.MkdirAll(o.Scratch, 0o700); err != nil {
		return nil, fmt.Errorf("make the scratch folder: %w", err)
	}
	t, err := takeOver(ctx, m.MountPoint, o)
	if err != nil {
		return nil, fmt.Errorf("take over %s: %w", m.MountPoint, err)
	}
	g := &Guard{medium: m, takeover: t, log: o.Log, served: make(chan struct{}), ended: make(chan struct{})}
	g.state.Store(ReadOnly)
	if !t.writable {
		// A medium that nobody can write to needs no guard on it.
		return g, nil
	}
	if err := g.serve(judge, o); err != nil {
		return nil, errors.Join(fmt.Errorf("mount the guard on %s: %w", m.MountPoint, err), t.giveBack())
	}
	g.state.Store(Guarding)
	return g, nil
}

func (g *Guard) serve(judge Judge, o Options) error {
	// The guard outlives the call that starts it.
	ctx, cancel := context.WithCancel(context.Background())
	g.cancel = cancel
	f := &fileSystem{
		RawFileSystem: fuse.NewDefaultRawFileSystem(), ctx: ctx, root: g.takeover.root, medium: g.medium, judge: judge,
		scratch: &scratch{dir: o.Scratch}, log: o.Log, acl: hasACL(g.takeover.root), umask: ownUmask(), live: map[*pending]struct{}{},
	}
	var st unix.Stat_t
	if err := unix.Fstat(f.root, &st); err != nil {
		cancel()
		return err
	}
	root, err := unix.FcntlInt(uintptr(f.root), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		cancel()
		return err
	}
	f.plant(&st, root)
	f.sweep()
	if g.server, err = g.mount(f); err != nil {
		cancel()
		unix.Close(root)
		return err
	}
	g.fs = f
	go g.run()
	if o.sameProcess {
		settlePoll(g.medium.MountPoint)
	}
	return nil
}

// run serves the kernel until the guard's mount is gone, then lets go.
func (g *Guard) run() {
	defer close(g.ended)
	defer g.cancel()
	g.server.Serve()
	close(g.served)
	g.fs.finishAll()
	if g.ours.Load() {
		if err := g.takeover.giveBack(); err != nil {
			g.log.Error("cannot give the medium back", "mount", g.medium.MountPoint, "error", err)
		}
		g.state.Store(Released)
		return
	}
	if err := g.takeover.letGo(); err != nil {
		g.log.Warn("cannot let the medium go, it stays read-only", "mount", g.medium.MountPoint, "error", err)
	}
	g.state.Store(Gone)
}

// finishAll ends what the kernel has not ended: closing does not wait for the
// guard, so an unmount may come first.
func (f *fileSystem) finishAll() {
	f.notices.Wait()
	f.mu.Lock()
	all := make([]*pending, 0, len(f.live))
	for p := range f.live {
		all = append(all, p)
	}
	f.mu.Unlock()
	for _, p := range all {
		p.abandon()
	}
	f.notices.Wait()
	f.handles.mu.Lock()
	for _, h := range f.handles.open {
		if h.file != nil {
			h.file.done()
		}
	}
	f.handles.open = nil
	f.handles.mu.Unlock()
	f.tree.mu.Lock()
	defer f.tree.mu.Unlock()
	for _, i := range f.tree.byID {
		i.shut()
	}
}

// State answers how far protection reaches now.
func (g *Guard) State() State {
	s, _ := g.state.Load().(State)
	return s
}

// Holdouts answers the programs that had files of the medium open for writing
// when it was taken over and may still write to them, unseen. Empty is how it
// should be.
func (g *Guard) Holdouts() []Holdout { return g.takeover.holdouts() }

// Volume answers none: the medium's own mount is read-only for everybody else.
func (g *Guard) Volume() string { return "" }

// Wrote is not asked here.
func (g *Guard) Wrote(string, os.FileInfo) bool { return false }

// Ended is closed once the guard guards no more.
func (g *Guard) Ended() <-chan struct{} { return g.ended }

// Stop gives the medium back as it was. Whoever still uses it when the context
// ends loses their hold of it; what they were writing and was not allowed yet
// is lost to them.
func (g *Guard) Stop(ctx context.Context) error {
	if g.server == nil {
		g.state.Store(Released)
		return g.takeover.giveBack()
	}
	g.ours.Store(true)
	for {
		err := unix.Unmount(g.medium.MountPoint, unix.UMOUNT_NOFOLLOW)
		if err == nil || errors.Is(err, unix.EINVAL) {
			break // EINVAL: somebody else has unmounted it
		}
		select {
		case <-g.ended:
			return nil
		case <-time.After(50 * time.Millisecond):
			continue
		case <-ctx.Done():
		}
		// Force ends what the kernel still waits for.
		if err := unix.Unmount(g.medium.MountPoint, unix.MNT_FORCE|unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("detach the guard from %s: %w", g.medium.MountPoint, err)
		}
		break
	}
	<-g.ended
	return nil
}

// CanGuard answers nil: every medium can be guarded here.
func CanGuard(Medium) error { return nil }

// Possible answers why no medium can be guarded on this machine, nil when one
// can: it asks for the device every guard needs.
func Possible() error {
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open the device of FUSE: %w", err)
	}
	return f.Close()
}
