package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

func TestClipboardOfFilesOnWayland(t *testing.T) {
	o := openOffice(t, wayland())
	held := func() string { return output(t, "wl-paste", "--list-types") }
	for _, c := range []struct {
		name   string
		people int
		goes   bool
	}{{"two.csv", 2, false}, {"list.csv", 40, true}} {
		o.write(c.name, o.list(c.people))
		before := o.looked()
		cmd := exec.Command("wl-copy", "--type", "text/uri-list")
		cmd.Stdin = strings.NewReader(uriList([]string{filepath.Join(o.dir, c.name)}))
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		eventually(t, c.name+" was looked at", func() bool { return o.looked() > before })
		if c.goes {
			eventually(t, c.name+" is taken off", func() bool { return held() == "" })
		} else if !strings.Contains(held(), "text/uri-list") {
			t.Errorf("%s: %q is left", c.name, held())
		}
	}
	eventually(t, "the list is a case", func() bool { return len(o.cases()) == 1 })
}
