package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// wayland is the clipboard of a compositor without a screen.
func wayland() board {
	return board{
		copying:  []string{"wl-copy", "--type", "text/plain"}, // left to itself it takes long to guess
		pasting:  []string{"wl-paste", "--no-newline"},
		programs: []string{"sway", "wl-copy", "wl-paste"},
		start:    startCompositor,
	}
}

// startCompositor begins a Wayland session on the desktop there is, as somebody
// else: the compositor refuses to run as root.
func startCompositor(t *testing.T) {
	t.Helper()
	const nobody = 65534
	dir, err := os.MkdirTemp("/tmp", "wayland")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := filepath.Join(dir, "config")
	if err := os.WriteFile(config, []byte("xwayland disable\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sway", "-c", config)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "XDG_RUNTIME_DIR=" + dir, "WLR_BACKENDS=headless", "WLR_LIBINPUT_NO_DEVICES=1", "WLR_RENDERER=pixman"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	background(t, cmd)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("DISPLAY", "") // nothing but Wayland from here on
	var found []string
	eventually(t, "the compositor runs", func() bool {
		found, _ = filepath.Glob(filepath.Join(dir, "wayland-*[0-9]"))
		return len(found) > 0
	})
	t.Setenv("WAYLAND_DISPLAY", filepath.Base(found[0]))
}
