//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/ledger"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/uploader/incident"
)

// stick is a loop-mounted image.
type stick struct {
	path    string
	backing *exec.Cmd // serves the image slowly
	slow    string    // mount of the slow image
}

// newStick makes and mounts an image; a rate above 0 throttles it.
func newStick(work, name string, size, rate int64) (*stick, error) {
	s := &stick{path: filepath.Join(work, name)}
	image := s.path + ".img"
	if rate > 0 {
		s.slow = s.path + ".slow"
		if err := s.throttle(image, size, rate); err != nil {
			return nil, err
		}
		image = filepath.Join(s.slow, slowName)
	} else if err := makeImage(image, size); err != nil {
		return nil, err
	}
	if err := os.Mkdir(s.path, 0o755); err != nil {
		return nil, err
	}
	ctx := context.Background()
	if err := run(ctx, "mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image); err != nil {
		return nil, err
	}
	return s, run(ctx, "mount", "-o", "loop", image, s.path)
}

func makeImage(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Truncate(size)
}

// throttle has another process serve the image at no more than rate.
func (s *stick) throttle(image string, size, rate int64) error {
	if err := makeImage(image, size); err != nil {
		return err
	}
	if err := os.Mkdir(s.slow, 0o755); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s.backing = exec.Command(self, slowArgument, image, s.slow, fmt.Sprint(rate))
	s.backing.Stderr = os.Stderr
	if err := s.backing.Start(); err != nil {
		return err
	}
	for range 100 {
		if _, err := os.Stat(filepath.Join(s.slow, slowName)); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the throttled image is not served")
}

func (s *stick) close() {
	ctx := context.Background()
	for _, path := range []string{s.path, s.slow} {
		for range 20 {
			if path == "" || run(ctx, "umount", path) == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	if s.backing != nil {
		_ = s.backing.Wait()
	}
}

// guardStick puts the product's guard and judge over a stick.
func guardStick(ctx context.Context, s *stick, work string) (stop func(), err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	totals, err := ledger.Open(filepath.Join(work, "ledger.db"), log)
	if err != nil {
		return nil, err
	}
	var key detect.Key
	rand.Read(key[:])
	pack, policy := detect.NewPack(key), rules.DefaultPolicy()
	judge := &agent.Judge{
		Engine: rules.NewEngine(pack, rules.Limits{}), Pack: pack, Policy: func() *rules.Policy { return policy }, Ledger: totals,
		Record: func(context.Context, ...incident.Incident) error { return nil },
		Tell:   func(context.Context, incident.Incident, prompt.Words) {},
		Log:    log,
	}
	g, err := guard.Start(ctx, guard.Medium{MountPoint: s.path, Channel: activity.RemovableMedia}, judge,
		guard.Options{Scratch: filepath.Join(work, "scratch"), Log: log})
	if err != nil {
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := g.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "bench/guard:", err)
		}
		_ = totals.Close()
	}, nil
}

func (b *bench) makeSources() error {
	if err := b.makeFile(filepath.Join(b.source, "big"), b.big, 1); err != nil {
		return err
	}
	for i := range b.files {
		dir := filepath.Join(b.source, "small", fmt.Sprintf("folder %d", i/500))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := b.makeFile(filepath.Join(dir, fmt.Sprintf("note %d.txt", i)), 4096, uint64(i)); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) makeFile(path string, size int64, seed uint64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if b.mixed {
		_, err := io.CopyN(f, mathrand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}), size)
		return err
	}
	w := bufio.NewWriterSize(f, int(min(size, 1<<20)))
	r := mathrand.New(mathrand.NewPCG(seed, 7))
	for size > 0 {
		s := sentence(r)
		s = s[:min(int64(len(s)), size)]
		size -= int64(len(s))
		if _, err := w.WriteString(s); err != nil {
			return err
		}
	}
	return w.Flush()
}

var words = strings.Fields(`the meeting of our team moved to Thursday because the room was taken please bring
	the notes from last week we will look at the budget and at what is left of the plan 本周 会议 改到 星期四 请 带上 上次 的 记录
	and a second look at version numbers of the release before anybody signs off on it`)

// sentence answers prose with a number here and there.
func sentence(r *mathrand.Rand) string {
	var s strings.Builder
	for range 8 + r.IntN(12) {
		s.WriteString(words[r.IntN(len(words))])
		s.WriteByte(' ')
	}
	fmt.Fprintf(&s, "(item %d, page %d).\n", r.IntN(1000), r.IntN(90))
	return s.String()
}

func run(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}
