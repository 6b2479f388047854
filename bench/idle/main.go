// Command idle measures what the service costs while nothing happens: resident
// memory and processor time over a quiet minute, guarding one medium.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

func main() {
	program := flag.String("program", "bin/trustline", "the program to measure")
	medium := flag.String("medium", "", "a mounted medium to guard meanwhile (none: an empty service)")
	quiet := flag.Duration("for", time.Minute, "how long to watch")
	flag.Parse()
	if err := measure(*program, *medium, *quiet); err != nil {
		fmt.Fprintln(os.Stderr, "idle:", err)
		os.Exit(1)
	}
}

func measure(program, medium string, quiet time.Duration) error {
	dir, err := os.MkdirTemp("", "trustline-idle-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "control.sock")
	config := fmt.Sprintf("state: %s/state\nsocket: %s\n", dir, socket)
	if medium != "" {
		config += fmt.Sprintf("removable: [%q]\n", medium)
	}
	path := filepath.Join(dir, "agent.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return err
	}
	cmd := exec.Command(program, "run", "--config", path)
	cmd.Stderr = os.Stderr
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}()
	for {
		out, _ := exec.Command(program, "status", "--json", "--socket", socket).Output()
		if strings.Contains(string(out), `"version"`) {
			break
		}
		if time.Since(started) > 20*time.Second {
			return fmt.Errorf("the service did not answer after 20 s")
		}
		time.Sleep(10 * time.Millisecond)
	}
	ready := time.Since(started)
	time.Sleep(3 * time.Second)
	p, err := process.NewProcess(int32(cmd.Process.Pid))
	if err != nil {
		return err
	}
	before, err := p.Times()
	if err != nil {
		return err
	}
	time.Sleep(quiet)
	after, err := p.Times()
	if err != nil {
		return err
	}
	mem, err := p.MemoryInfo()
	if err != nil {
		return err
	}
	used := after.User + after.System - before.User - before.System
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	fmt.Printf("idle: ready after %d ms, %.1f MB resident (target < 60), %.3f %% of one core over %s (target < 0.1 %%), binary %.1f MB\n",
		ready.Milliseconds(), float64(mem.RSS)/1e6, max(0, 100*used/quiet.Seconds()), quiet, float64(info.Size())/1e6)
	return nil
}
