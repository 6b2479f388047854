package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/winfsp/cgofuse/fuse"
	"golang.org/x/sys/windows/svc"

	"github.com/trustline/trustline/agent/disk"
	"github.com/trustline/trustline/agent/guard/letters"
	"github.com/trustline/trustline/rules/activity"
)

// Supported: whether a medium is guarded here depends on what is installed and
// on its file system; CanGuard tells.
const Supported = false

// Guard is one medium under guard.
type Guard struct {
	medium  Medium
	overlay *overlay
	host    *fuse.FileSystemHost
	letters *letters.Keeper
	taken   letters.Taken
	log     *slog.Logger
	cancel  context.CancelFunc
	ended   chan struct{}
	ours    atomic.Bool // the end is our own
	state   atomic.Value
}

// Options are what a guard needs besides its judge.
type Options struct {
	// Scratch is a folder on a local disk, for the service alone. What lies there
	// while it is looked at is deleted by the system with the process.
	Scratch string
	// Letters takes the drives' letters and gives them back.
	Letters *letters.Keeper
	Log     *slog.Logger
}

// mounting bounds how long WinFsp may take to stand at a letter.
const mounting = 15 * time.Second

// Start takes a drive over: its letter is taken from the volume, and a file
// system that has everything judged stands there instead.
func Start(ctx context.Context, m Medium, judge Judge, o Options) (*Guard, error) {
	if err := os.MkdirAll(o.Scratch, 0o700); err != nil {
		return nil, fmt.Errorf("make the scratch folder: %w", err)
	}
	if err := CanGuard(m); err != nil {
		return nil, fmt.Errorf("guard %s: %w", m.MountPoint, err)
	}
	serial, label := numberOf(m.MountPoint), m.Device.Label
	taken, err := o.Letters.Take(m.Device.Node)
	if err != nil {
		return nil, err
	}
	v, err := openVolume(taken.Volume)
	if err != nil {
		return nil, errors.Join(err, o.Letters.GiveBack(taken))
	}
	if fat(m.Device.FileSystem) {
		v.largest = 1<<32 - 1
	}
	g := &Guard{medium: m, log: o.Log, ended: make(chan struct{}), letters: o.Letters, taken: taken}
	if err := g.serve(ctx, judge, v, options(m.Device.FileSystem, label, serial), o.Scratch); err != nil {
		return nil, err
	}
	go g.watch()
	return g, nil
}

// serve puts the guard at the medium's letter. Where that fails, everything is as
// before.
func (g *Guard) serve(ctx context.Context, judge Judge, v *volume, options []string, scratch string) error {
	living, cancel := context.WithCancel(context.Background()) // the guard outlives the call that starts it
	g.cancel = cancel
	g.state.Store(ReadOnly)
	g.overlay = newOverlay(living, g.medium, judge, v, scratch, g.log)
	volume := v.root.Name()
	f := &face{o: g.overlay, actor: asks, size: func() (int64, int64, error) { return room(volume) }, started: make(chan struct{})}
	g.host = fuse.NewFileSystemHost(f)
	g.host.SetCapCaseInsensitive(true)
	g.host.SetCapReaddirPlus(true)
	result := make(chan error, 1)
	go func() {
		defer close(g.ended)
		result <- g.mount(options)
		g.finish()
	}()
	if err := g.stands(ctx, f.started, result); err != nil {
		stop, done := context.WithTimeout(context.WithoutCancel(ctx), mounting)
		defer done()
		err = errors.Join(err, g.Stop(stop))
		go g.undo(f.started)
		return err
	}
	g.state.Store(Guarding)
	return nil
}

// undo takes away what comes to stand after it was given up.
func (g *Guard) undo(started <-chan struct{}) {
	select {
	case <-started:
		g.host.Unmount()
	case <-g.ended:
	}
}

// mount serves WinFsp until the file system is gone.
func (g *Guard) mount(options []string) (err error) {
	letter := g.medium.Device.Node
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("mount at %s: %v", letter, r)
		}
	}()
	if !g.host.Mount(letter, options) {
		return fmt.Errorf("mount at %s: WinFsp refuses (is its driver running?)", letter)
	}
	return nil
}

// stands waits until people find the guard at its letter.
func (g *Guard) stands(ctx context.Context, started <-chan struct{}, result <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, mounting)
	defer cancel()
	for there := started; ; {
		select {
		case err := <-result:
			return errors.Join(fmt.Errorf("the guard at %s ended at once", g.medium.Device.Node), err)
		case <-ctx.Done():
			return fmt.Errorf("the guard does not come to stand at %s: %w", g.medium.Device.Node, ctx.Err())
		case <-there:
			there = nil
		case <-time.After(50 * time.Millisecond):
			if there == nil && reachable(g.medium.Device.Node) {
				return nil
			}
		}
	}
}

// reachable tells whether a letter leads anywhere.
func reachable(letter string) bool {
	_, err := letters.Device(letter)
	return err == nil
}

// finish is the end of a guard: what is harmless is on the medium, the rest is
// nowhere.
func (g *Guard) finish() {
	g.overlay.Finish()
	g.cancel()
	_ = g.overlay.volume.root.Close() // nothing waits in it
	if g.letters != nil {
		if err := g.letters.GiveBack(g.taken); err != nil {
			g.log.Error("letter is not given back", "drive", g.taken.Letter, "error", err)
		}
	}
	if g.ours.Load() {
		g.state.Store(Released)
	} else {
		g.state.Store(Gone)
	}
}

// away is how often a volume may not answer before it counts as pulled out.
const (
	away     = 2
	presence = time.Second
)

// watch ends the guard of a volume that is pulled out.
func (g *Guard) watch() {
	for missed := 0; missed < away; {
		select {
		case <-g.ended:
			return
		case <-time.After(presence):
		}
		missed++
		if g.present() {
			missed = 0
		}
	}
	g.log.Info("medium is gone", "mount", g.medium.MountPoint)
	g.host.Unmount()
}

// present tells whether the volume is there, and is the one that was taken over:
// one that was plugged in anew in between answers by its name alone.
func (g *Guard) present() bool {
	_, _, err := room(g.taken.Volume)
	_, same := g.overlay.volume.root.Lstat(".")
	return err == nil && same == nil
}

// State answers how far protection reaches now.
func (g *Guard) State() State {
	s, _ := g.state.Load().(State)
	return s
}

// Ended is closed once the guard guards no more.
func (g *Guard) Ended() <-chan struct{} { return g.ended }

// Volume answers the path at which whoever knows it finds the medium past the guard.
func (g *Guard) Volume() string { return g.taken.Volume }

// Wrote tells whether a file of the medium is as the guard has left it.
func (g *Guard) Wrote(name string, info os.FileInfo) bool {
	return g.overlay.Wrote(filepath.ToSlash(name), info)
}

// Holdouts answers none: what was open when a drive was taken over was closed.
func (*Guard) Holdouts() []Holdout { return nil }

// settling is how long what was closed a moment ago has to be told of.
const settling = 2 * time.Second

// Stop gives the medium back. What was written and is harmless is on it then.
func (g *Guard) Stop(ctx context.Context) error {
	g.ours.Store(true)
	for end := time.Now().Add(settling); g.overlay.Waits() && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(20 * time.Millisecond)
	}
	g.host.Unmount()
	select {
	case <-g.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("take the guard away from %s: %w", g.medium.MountPoint, ctx.Err())
	}
}

// CanGuard answers why a drive cannot be guarded, nil when it can. File systems
// that keep who may read what are left alone: the guard would read for everybody.
func CanGuard(m Medium) error {
	switch system := m.Device.FileSystem; {
	case len(m.Device.Node) != 2 || m.Device.Node[1] != ':':
		return fmt.Errorf("%q is no drive: %w", m.Device.Node, errors.ErrUnsupported)
	case !fat(system) && system != "exfat":
		return fmt.Errorf("the file system %q: %w", system, errors.ErrUnsupported)
	}
	if err := Possible(); err != nil {
		return err
	}
	switch takes, err := disk.Writable(m.Device.Node); {
	case err != nil:
		return err
	case !takes:
		return fmt.Errorf("it is read-only: %w", errors.ErrUnsupported)
	}
	return nil
}

func fat(system string) bool { return system == "fat" || system == "fat32" }

// ErrService: WinFsp's FUSE layer asks the service manager to be its own service,
// once in a process, and ends every file system of it when that is refused. A
// process that is a service already is always refused.
var ErrService = errors.New("WinFsp's FUSE layer cannot be used by a process that is a service")

// Possible answers why no medium can be guarded by this process, nil when one can.
func Possible() error {
	if service, err := svc.IsWindowsService(); err != nil || service {
		return errors.Join(ErrService, err)
	}
	_, err := Library()
	return err
}

// options are what WinFsp is told of a medium: programs look at it as at any
// drive of its kind, and everybody may do what they may on one. Nothing is kept
// of what it was told before, and a judge at work does not stop the others.
func options(system, label string, serial uint32) []string {
	list := "uid=-1,gid=-1,FileInfoTimeout=0,ThreadCount=16,FileSecurity=D:P(A;;FA;;;WD)"
	switch system {
	case "exfat":
		list += ",ExactFileSystemName=exFAT"
	default:
		list += ",ExactFileSystemName=" + strings.ToUpper(system)
	}
	if serial != 0 {
		list += fmt.Sprintf(",VolumeSerialNumber=%x", serial)
	}
	if label != "" && !strings.ContainsAny(label, `,\`) {
		list += ",volname=" + label
	}
	return []string{"-o", list}
}

// Source answers the file a program copies from, which cannot be told here.
func Source(activity.Activity) string { return "" }
