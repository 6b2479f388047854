package file

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/sensor/mounts"
	"github.com/trustline/trustline/agent/sensor/share"
)

// A share may be mounted long after the service has begun, and once more after
// its server was away. The system tells nobody who watches the folder, but those
// who watch the mounts.
func TestFolderThatIsMountedLater(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: this test mounts a file system and needs root")
	}
	t.Run("and heard of", func(t *testing.T) { mountedLater(t, mounts.Watch) })
	t.Run("and looked for", func(t *testing.T) {
		mountedLater(t, func(context.Context, func()) error { return errors.New("no watch can be had") })
	})
}

func mountedLater(t *testing.T, mounted func(context.Context, func()) error) {
	folder := t.TempDir()
	found := make(chan string, 1000)
	w := &Watcher{Folders: []string{folder}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Mount: share.Mount, Mounted: mounted,
		Finished: func(_ context.Context, path string) { found <- filepath.Base(path) }}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		syscall.Unmount(folder, syscall.MNT_DETACH)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	seen := func(name string) {
		t.Helper()
		for end := time.Now().Add(present * 2 / 3); time.Now().Before(end); {
			write(t, filepath.Join(folder, name))
			for again := time.After(3 * time.Second); again != nil; {
				select {
				case got := <-found:
					if got == name {
						return
					}
				case <-again:
					again = nil
				}
			}
		}
		t.Fatalf("%s was not seen", name)
	}
	seen("before")
	for _, name := range []string{"mounted", "mounted again"} {
		if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=1m"); err != nil {
			t.Fatal(err)
		}
		seen(name)
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Fatal(err)
		}
	}
	seen("afterwards")
}
