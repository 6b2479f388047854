//go:build linux

// Command guard measures what the guard costs: harmless files copied with cp
// onto a loop-mounted medium, bare and guarded by the built program, in the
// same run.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	program := flag.String("program", "bin/trustline", "the program that guards")
	big := flag.Int64("big", 1<<30, "bytes of the one big file")
	small := flag.Int("small", 10_000, "how many files of 4 KiB")
	flag.Parse()
	if err := run(*program, *big, *small); err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1)
	}
}

func run(program string, big int64, small int) error {
	dir, err := os.MkdirTemp("", "trustline-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := samples(dir, big, small); err != nil {
		return err
	}
	image, stick := filepath.Join(dir, "image"), filepath.Join(dir, "stick")
	if err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, 2*big+512<<20), os.Mkdir(stick, 0o755)); err != nil {
		return err
	}
	for _, c := range [][]string{{"mkfs.ext4", "-qF", image}, {"mount", "-o", "loop", image, stick}} {
		if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", c[0], err, out)
		}
	}
	defer unix.Unmount(stick, unix.MNT_DETACH)
	fmt.Println("| files | bare | guarded | ratio |\n|---|---|---|---|")
	for _, what := range []string{"big", "small"} {
		bare, err := copyTo(stick, filepath.Join(dir, what))
		if err != nil {
			return err
		}
		guarded, err := guardedCopy(program, stick, filepath.Join(dir, what))
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.2f s | %.2f s | %.2fx |\n", what, bare.Seconds(), guarded.Seconds(), bare.Seconds()/guarded.Seconds())
	}
	return nil
}

// samples are what cameras and archives make, and small texts.
func samples(dir string, big int64, small int) error {
	f, err := os.Create(filepath.Join(dir, "big"))
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, rand.Reader, big)
	if err := errors.Join(err, f.Close(), os.Mkdir(filepath.Join(dir, "small"), 0o755)); err != nil {
		return err
	}
	raw := make([]byte, 3072)
	for n := range small {
		if _, err := rand.Read(raw); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "small", fmt.Sprintf("f%05d.txt", n)), []byte(base64.StdEncoding.EncodeToString(raw)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// copyTo copies and waits until all of it is on the medium; best of three.
func copyTo(stick, what string) (time.Duration, error) {
	var best time.Duration
	for range 3 {
		to := filepath.Join(stick, "copy")
		began := time.Now()
		if out, err := exec.Command("cp", "-r", what, to).CombinedOutput(); err != nil {
			return 0, fmt.Errorf("cp: %w: %s", err, out)
		}
		if out, err := exec.Command("sync", "-f", stick).CombinedOutput(); err != nil {
			return 0, fmt.Errorf("sync: %w: %s", err, out)
		}
		if took := time.Since(began); best == 0 || took < best {
			best = took
		}
		if err := os.RemoveAll(to); err != nil {
			return 0, err
		}
		unix.Sync()
	}
	return best, nil
}

func guardedCopy(program, stick, what string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "guard", stick)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}()
	for range 100 {
		table, err := os.ReadFile("/proc/self/mountinfo")
		if err != nil {
			return 0, err
		}
		if strings.Contains(string(table), stick+" ") && strings.Contains(string(table), "fuse.trustline") {
			return copyTo(stick, what)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return 0, errors.New("the guard did not start within 5 s")
}
