//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/sandbox"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/extract"
	"github.com/trustline/trustline/rules/synthetic"
)

// The parts this program plays besides the main one, each in a process of its
// own so that its memory is its own.
const (
	workerRole  = "worker"
	verdictRole = "verdicts" // folder of compiled code, file, how often
	extractRole = "extract"  // the same, text thrown away
	textRole    = "text"     // size in MiB
)

// answer is what such a part prints.
type answer struct {
	Times  []time.Duration
	Own    int64 // VmHWM in bytes
	Worker int64 // largest resident set of the worker in bytes
	People int
	Reason rules.Reason
}

// role plays a part, if args name one.
func role(args []string) (played bool, err error) {
	if len(args) == 0 {
		return false, nil
	}
	ctx := context.Background()
	switch args[0] {
	case workerRole:
		return true, sandbox.Work(ctx, os.Stdin, os.Stdout, 512<<20)
	case verdictRole, extractRole:
		times, err := strconv.Atoi(args[3])
		if err != nil {
			return true, err
		}
		return true, file(ctx, args[0], args[1], args[2], times)
	case textRole:
		megabytes, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return true, err
		}
		return true, text(ctx, megabytes<<20)
	}
	return false, nil
}

// play starts this program in another part.
func play(args ...string) (a answer, err error) {
	program, err := os.Executable()
	if err != nil {
		return a, err
	}
	c := exec.Command(program, args...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return a, fmt.Errorf("%s: %w", args[0], err)
	}
	return a, json.Unmarshal(out, &a)
}

type nothing struct{}

func (nothing) Begin(string)            {}
func (nothing) Write([]byte)            {}
func (nothing) Row(int, []extract.Cell) {}

// file looks at one file again and again, its name and place never part of it.
func file(ctx context.Context, part, cache, path string, times int) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	box := sandbox.New(sandbox.Options{Command: []string{program, workerRole}, Cache: cache, Workers: 1})
	engine := rules.NewEngine(detect.DefaultPack(), rules.Limits{}).Isolated(box.Extract)
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var a answer
	for i := range times + 1 { // the first one starts the worker and does not count
		begun := time.Now()
		if part == verdictRole {
			content, err := engine.Scan(ctx, "", f, info.Size())
			if err != nil {
				return err
			}
			a.People, a.Reason = content.Summary.People, content.Reason
		} else {
			result, err := box.Extract(ctx, f, info.Size(), extract.Limits{}, nothing{})
			if err != nil {
				return err
			}
			a.Reason = result.Reason
		}
		if i > 0 {
			a.Times = append(a.Times, time.Since(begun))
		}
	}
	if err := box.Close(); err != nil {
		return err
	}
	return a.print()
}

// text streams so many bytes of a customer list, made on the way.
func text(ctx context.Context, size int64) error {
	var list strings.Builder
	if err := synthetic.CSV(&list, synthetic.New(9).People(10_000), "zh"); err != nil {
		return err
	}
	engine := rules.NewEngine(detect.DefaultPack(), rules.Limits{})
	begun := time.Now()
	stream := engine.Stream("")
	block := []byte(list.String())
	for left := size; left > 0; left -= int64(len(block)) {
		block = block[:min(int64(len(block)), left)]
		for rest := block; len(rest) > 0; {
			n := min(256<<10, len(rest))
			stream.Write(rest[:n])
			rest = rest[n:]
		}
	}
	content, err := stream.Finish(ctx, nil, size)
	if err != nil {
		return err
	}
	a := answer{Times: []time.Duration{time.Since(begun)}, People: content.Summary.People, Reason: content.Reason}
	return a.print()
}

// print adds what memory it took.
func (a answer) print() error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(rest, &a.Own); err != nil {
		return fmt.Errorf("read VmHWM: %w", err)
	}
	var children unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &children); err != nil {
		return err
	}
	a.Own, a.Worker = a.Own<<10, children.Maxrss<<10
	return json.NewEncoder(io.Writer(os.Stdout)).Encode(a)
}
