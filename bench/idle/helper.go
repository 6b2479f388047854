//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// helper starts the session helper on a desktop of its own: an X server, a bus, a
// program that shows notifications. It answers once the clipboard is watched and
// the service connected to.
func (w *workplace) helper() (pid int, err error) {
	bus, err := w.desktop()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(filepath.Join(w.programs, "trustline"), "session", "--verbose", "--socket", filepath.Join(w.dir, "socket"))
	cmd.Env = append(os.Environ(), bus...)
	said, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return 0, fmt.Errorf("start the helper: %w", err)
	}
	w.undo = append(w.undo, func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	watches, connected := false, false
	for lines := bufio.NewScanner(said); lines.Scan(); {
		watches = watches || strings.Contains(lines.Text(), "watching the clipboard")
		connected = connected || strings.Contains(lines.Text(), "connected to the service")
		if watches && connected {
			go func() {
				for lines.Scan() { // a full pipe would hold it up
				}
			}()
			return cmd.Process.Pid, nil
		}
	}
	return 0, errors.New("the helper does not watch the clipboard or does not reach the service within 30 s")
}

// desktop starts what a desktop has and answers the variables that lead there.
func (w *workplace) desktop() ([]string, error) {
	display := filepath.Join(w.dir, "display")
	number, err := os.Create(display)
	if err != nil {
		return nil, err
	}
	defer func() { _ = number.Close() }()
	x := exec.Command("Xvfb", "-screen", "0", "800x600x24", "-displayfd", "3")
	x.ExtraFiles = []*os.File{number}
	socket := filepath.Join(w.dir, "bus")
	address := "DBUS_SESSION_BUS_ADDRESS=unix:path=" + socket
	if err := w.beside(x, func() bool { text, _ := os.ReadFile(display); return strings.HasSuffix(string(text), "\n") }); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(display)
	if err != nil {
		return nil, err
	}
	vars := []string{"DISPLAY=:" + strings.TrimSpace(string(text)), address}
	bus := exec.Command("dbus-daemon", "--session", "--nofork", "--address=unix:path="+socket)
	if err := w.beside(bus, func() bool { _, err := os.Stat(socket); return err == nil }); err != nil {
		return nil, err
	}
	shows := exec.Command("dunst")
	shows.Env = append(os.Environ(), vars...)
	owned := func() bool {
		ask := exec.Command("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetNameOwner", "string:org.freedesktop.Notifications")
		ask.Env = shows.Env
		return ask.Run() == nil
	}
	return vars, w.beside(shows, owned)
}

// beside starts a program that runs until everything is closed, and waits until
// it is ready.
func (w *workplace) beside(cmd *exec.Cmd, ready func() bool) error {
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", cmd.Args[0], err)
	}
	w.undo = append(w.undo, func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 300 {
		if ready() {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("%s is not ready after 30 s", cmd.Args[0])
}
