package file

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/sensor/share"
)

// A share may be mounted long after the service has begun, and once more after
// its server was away. The system tells nobody who watches the folder.
func TestFolderThatIsMountedLater(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: this test mounts a file system and needs root")
	}
	folder := t.TempDir()
	found := make(chan string, 1000)
	w := &Watcher{Folders: []string{folder}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Mount: share.Mount,
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
		for end := time.Now().Add(60 * time.Second); time.Now().Before(end); {
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
