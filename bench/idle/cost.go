//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// cost is what a process has used and uses.
type cost struct {
	seconds float64 // of processor time
	bytes   float64 // resident
	woken   int     // how often one of its threads went on after waiting
}

// costsOf answers what a process and its children cost, by their numbers.
func costsOf(pid int) (map[int32]cost, error) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return nil, err
	}
	costs := map[int32]cost{}
	children, _ := p.Children() // an error: there are none
	for _, one := range append(children, p) {
		memory, err := one.MemoryInfo()
		if err != nil {
			return nil, err
		}
		c := cost{bytes: float64(memory.RSS)}
		if c.seconds, err = worked(one.Pid); err != nil {
			return nil, err
		}
		if c.woken, err = waits(one.Pid); err != nil {
			return nil, err
		}
		costs[one.Pid] = c
	}
	return costs, nil
}

// worked asks the clock of a process: what /proc tells comes in hundredths of a
// second, which is much for what does nothing.
func worked(pid int32) (seconds float64, err error) {
	const scheduled = 2 // CPUCLOCK_SCHED of clock_getcpuclockid(3)
	var t unix.Timespec
	if err := unix.ClockGettime(^pid<<3|scheduled, &t); err != nil {
		return 0, fmt.Errorf("ask the clock of process %d: %w", pid, err)
	}
	return float64(t.Nano()) / 1e9, nil
}

func waits(pid int32) (n int, err error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		return 0, err
	}
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			continue // it has ended
		}
		for line := range strings.Lines(string(text)) {
			if count, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
				one, err := strconv.Atoi(strings.TrimSpace(count))
				if err != nil {
					return 0, err
				}
				n += one
			}
		}
	}
	return n, nil
}

// shares answers what of a process' memory is its own and its part of what it
// shares with others, in bytes.
func shares(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if kib, ok := strings.CutPrefix(line, "Pss:"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(kib), " kB"))
			return float64(n) * 1024, err
		}
	}
	return 0, errors.New("the kernel does not tell what a process shares")
}
