package guard

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOtherFileSystems does the main things on what sticks are formatted with.
// Kinds whose tools are missing are left out, but not in CI.
func TestOtherFileSystems(t *testing.T) {
	kinds := []struct {
		name, packages string
		size           int64
		make, mount    []string
		device         bool // is mounted from a device, not from a file
	}{
		{"xfs", "xfsprogs", 400 << 20, []string{"mkfs.xfs", "-q", "-f"}, []string{"mount", "-o", "loop"}, false},
		{"btrfs", "btrfs-progs", 256 << 20, []string{"mkfs.btrfs", "-q", "-f"}, []string{"mount", "-o", "loop"}, false},
		{"ntfs", "ntfs-3g", 64 << 20, []string{"mkfs.ntfs", "-q", "-F", "-Q"}, []string{"ntfs-3g", "-o", "allow_other,uid=2000,gid=2000"}, false},
		{"exfat", "exfat-fuse exfatprogs", 64 << 20, []string{"mkfs.exfat"}, []string{"mount.exfat-fuse", "-o", "allow_other,uid=2000,gid=2000"}, true},
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			needRoot(t)
			for _, tool := range []string{k.make[0], k.mount[0]} {
				if _, err := exec.LookPath(tool); err != nil {
					if os.Getenv("CI") != "" {
						t.Fatalf("%s is missing: apt-get install %s", tool, k.packages)
					}
					t.Skipf("SKIPPED: %s is missing: apt-get install %s", tool, k.packages)
				}
			}
			s := bareStick(t, k.size)
			s.run(k.make[0], append(k.make[1:], s.image)...)
			source := s.image
			if k.device {
				out, err := exec.Command("losetup", "--find", "--show", s.image).Output()
				must(t, err)
				source = strings.TrimSpace(string(out))
				t.Cleanup(func() { exec.Command("losetup", "-d", source).Run() })
			}
			s.run(k.mount[0], append(k.mount[1:], source, s.path)...)
			onAnyFileSystem(t, s)
		})
	}
}

func onAnyFileSystem(t *testing.T, s *stick) {
	g := s.guard()
	at := func(name string) string { return filepath.Join(s.path, name) }
	data := content(3<<20, false)
	must(t, os.Mkdir(at("folder"), 0o777))
	must(t, os.WriteFile(at("folder/报告.txt"), data, 0o644))
	expect(t, at("folder/报告.txt"), string(data))
	must(t, os.WriteFile(at("folder/报告.txt"), data[:1000], 0o644))
	expect(t, at("folder/报告.txt"), string(data[:1000]))
	denied(t, os.WriteFile(at("folder/报告.txt"), content(200_000, true), 0o644), "overwrite")
	expect(t, at("folder/报告.txt"), string(data[:1000]))
	denied(t, os.WriteFile(at("bad"), content(2<<20, true), 0o644), "create")
	must(t, os.Rename(at("folder/报告.txt"), at("b")))
	f, err := os.OpenFile(at("b"), os.O_RDWR|os.O_APPEND, 0)
	must(t, err)
	f.WriteString("more")
	must(t, f.Close())
	expect(t, at("b"), string(data[:1000])+"more")
	must(t, os.Truncate(at("b"), 10))
	expect(t, at("b"), string(data[:10]))
	entries, err := os.ReadDir(at("folder"))
	if err != nil || len(entries) != 0 {
		t.Errorf("%v %v", entries, err)
	}
	must(t, os.Remove(at("folder")))
	if _, err := os.Lstat(at("bad")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the denied file: %v", err)
	}
	must(t, g.Stop(t.Context()))
	if got, err := os.ReadFile(at("b")); err != nil || !bytes.Equal(got, data[:10]) {
		t.Errorf("after it was given back: %d bytes, %v", len(got), err)
	}
	must(t, unix.Unmount(s.path, 0))
	if s.holds(marker) {
		t.Error("the marker is on the raw medium")
	}
}
