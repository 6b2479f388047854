package installer

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

const (
	releasePatience = 30 * time.Second       // for processes to end by themselves
	releaseLook     = 200 * time.Millisecond // between two looks
)

// Release answers when no process but this one runs the program at the path any
// more, so that it can be replaced or removed: a service is said to have stopped a
// moment before its process ends. What still runs after patience is ended, such as
// a search that somebody began by hand. Call it once the service was stopped.
func Release(ctx context.Context, program string) error {
	return release(ctx, program, releasePatience)
}

func release(ctx context.Context, program string, patience time.Duration) error {
	file, err := os.Stat(program)
	if err != nil {
		return fmt.Errorf("find the program: %w", err)
	}
	for began := time.Now(); ; {
		running, err := runners(ctx, file)
		if err != nil {
			return err
		}
		if len(running) == 0 {
			return nil
		}
		waited := time.Since(began)
		if waited > 2*patience {
			return fmt.Errorf("%d processes of %s do not end", len(running), program)
		}
		if waited > patience {
			for _, p := range running {
				_ = p.KillWithContext(ctx) // it may have ended; the next look tells
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(releaseLook):
		}
	}
}

// runners answers the other processes that run a file.
func runners(ctx context.Context, file os.FileInfo) ([]*process.Process, error) {
	all, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the processes of this machine: %w", err)
	}
	var found []*process.Process
	for _, p := range all {
		if int(p.Pid) == os.Getpid() {
			continue
		}
		exe, err := p.ExeWithContext(ctx)
		if err != nil { // ended, of the kernel, or protected: none of ours
			continue
		}
		if its, err := os.Stat(exe); err == nil && os.SameFile(its, file) {
			found = append(found, p)
		}
	}
	return found, nil
}
