//go:build linux

// Command guard measures what the guard costs: the same files are copied by
// the same tool to a bare loop device and to one under guard, by turns, in the
// same run. It judges with the product's own judge and default policy. It
// needs root.
//
// It prints megabytes and files a second and the share of the bare device,
// both for a device as fast as this machine and for one throttled to what a
// real stick takes; beside the guard, for a file system that only hands
// everything on (what asking a process costs in any case). Processor time is
// that of the tool and of this process, for one file or one GiB: it says what
// a busy machine's clock does not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == slowArgument {
		if err := serveSlow(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench/guard:", err)
			os.Exit(1)
		}
		return
	}
	b := bench{}
	flag.IntVar(&b.rounds, "rounds", 3, "how often each copy is made; the median counts")
	flag.Int64Var(&b.big, "big", 1<<30, "size of the big file in `bytes`")
	flag.IntVar(&b.files, "files", 10000, "number of small files")
	flag.Int64Var(&b.rate, "rate", 100_000_000, "speed of the throttled device in `bytes` a second")
	flag.StringVar(&b.dir, "dir", os.TempDir(), "where the images lie")
	flag.StringVar(&b.only, "only", "", "run only fast or throttled")
	flag.BoolVar(&b.mixed, "binary", false, "copy random bytes instead of text")
	flag.StringVar(&b.profile, "profile", "", "write a processor profile of the copies through the guard to files called `so`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench/guard:", err)
		os.Exit(1)
	}
}

type bench struct {
	rounds, files int
	big, rate     int64
	dir, only     string
	mixed         bool
	profile       string
	source        string
}

func (b *bench) run(ctx context.Context) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("mounting needs root: run it with sudo")
	}
	// The sources are read from memory, so that only writing is measured.
	if b.source, err = os.MkdirTemp("/dev/shm", "trustline-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.source)
	if err := b.makeSources(); err != nil {
		return fmt.Errorf("make the files to copy: %w", err)
	}
	fmt.Printf("%-10s %-20s %-8s %16s %7s %8s %12s %12s\n", "device", "copied", "through", "durable", "share", "returned", "cpu tool", "cpu here")
	for _, d := range []struct {
		name string
		rate int64
	}{{"fast", 0}, {"throttled", b.rate}} {
		if b.only != "" && b.only != d.name {
			continue
		}
		if err := b.device(ctx, d.name, d.rate); err != nil {
			return err
		}
	}
	return nil
}

// way is one way to a medium.
type way struct {
	name   string
	stick  *stick
	copies []cost
}

// device measures one kind of device.
func (b *bench) device(ctx context.Context, name string, rate int64) error {
	work, err := os.MkdirTemp(b.dir, "trustline-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var ways []*way
	for _, w := range []struct {
		name string
		over func(ctx context.Context, s *stick, work string) (stop func(), err error)
	}{
		{"bare", func(context.Context, *stick, string) (func(), error) { return func() {}, nil }},
		{"handed on", handOn},
		{"guard", guardStick},
	} {
		s, err := newStick(work, strings.ReplaceAll(w.name, " ", "-"), b.big+b.big/2+1<<28, rate)
		if err != nil {
			return err
		}
		defer s.close()
		stop, err := w.over(ctx, s, work)
		if err != nil {
			return err
		}
		defer stop()
		ways = append(ways, &way{name: w.name, stick: s})
	}
	for _, what := range []struct {
		label, source, unit, each string
		amount, pieces            float64
	}{
		{fmt.Sprintf("1 file of %d MiB", b.big>>20), "big", "MB/s", "s/GiB", float64(b.big) / 1e6, float64(b.big) / (1 << 30)},
		{fmt.Sprintf("%d of 4 KiB", b.files), "small", "files/s", "ms/file", float64(b.files), float64(b.files) / 1000},
	} {
		if what.amount == 0 {
			continue
		}
		for _, w := range ways {
			w.copies = nil
		}
		for range b.rounds {
			for _, w := range ways {
				c, err := b.copy(ctx, what.source, w)
				if err != nil {
					return fmt.Errorf("%s device, %s: %w", name, what.label, err)
				}
				w.copies = append(w.copies, c)
			}
		}
		bare := middle(ways[0].copies)
		for _, w := range ways {
			c := middle(w.copies)
			fmt.Printf("%-10s %-20s %-9s %7.0f %-7s %6.2fx %7.2fx %6.3f %-7s %4.3f %-7s\n", name, what.label, w.name,
				what.amount/c.durable, what.unit, bare.durable/c.durable, bare.returned/c.returned,
				c.tool/what.pieces, what.each, c.here/what.pieces, what.each)
		}
	}
	return nil
}

// cost is what a copy took, in seconds: until the tool returned, until all was
// on the medium, and of the processors' time for the tool and for this process.
type cost struct{ returned, durable, tool, here float64 }

func (b *bench) copy(ctx context.Context, what string, w *way) (c cost, err error) {
	target := filepath.Join(w.stick.path, what)
	end, err := b.profiled(w, what)
	if err != nil {
		return c, err
	}
	defer end()
	tool, here, start := processors(syscall.RUSAGE_CHILDREN), processors(syscall.RUSAGE_SELF), time.Now()
	if err := run(ctx, "cp", "-r", filepath.Join(b.source, what), target); err != nil {
		return c, err
	}
	c.returned = time.Since(start).Seconds()
	syscall.Sync()
	c.durable = time.Since(start).Seconds()
	c.tool, c.here = processors(syscall.RUSAGE_CHILDREN)-tool, processors(syscall.RUSAGE_SELF)-here
	end()
	if err := os.RemoveAll(target); err != nil {
		return c, err
	}
	syscall.Sync()
	return c, nil
}

// profiled writes a profile of each copy through the guard, if one is wanted.
func (b *bench) profiled(w *way, what string) (end func(), err error) {
	if b.profile == "" || w.name != "guard" {
		return func() {}, nil
	}
	f, err := os.Create(fmt.Sprintf("%s.%s.%d", b.profile, what, len(w.copies)))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}), nil
}

// processors answers how many seconds of the processors' time were used.
func processors(by int) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(by, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// middle answers the median of each.
func middle(copies []cost) cost {
	of := func(get func(cost) float64) float64 {
		v := make([]float64, len(copies))
		for i, c := range copies {
			v[i] = get(c)
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	return cost{
		of(func(c cost) float64 { return c.returned }), of(func(c cost) float64 { return c.durable }),
		of(func(c cost) float64 { return c.tool }), of(func(c cost) float64 { return c.here }),
	}
}
