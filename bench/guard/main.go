//go:build linux

// Command guard measures what the guard costs: the same files are copied by
// the same tool to a bare loop device and to one under guard, by turns, in the
// same run. It judges with the product's own judge and default policy. It
// needs root.
//
// It prints megabytes and files a second and the guard's share of the bare
// device, both for a device as fast as this machine and for one throttled to
// what a real stick takes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
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
	fmt.Printf("%-10s %-22s %16s %16s %8s %8s\n", "device", "copied", "bare", "guarded", "share", "returned")
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

// device measures one kind of device.
func (b *bench) device(ctx context.Context, name string, rate int64) error {
	work, err := os.MkdirTemp(b.dir, "trustline-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	bare, err := newStick(work, "bare", b.big+b.big/2+1<<28, rate)
	if err != nil {
		return err
	}
	defer bare.close()
	guarded, err := newStick(work, "guarded", b.big+b.big/2+1<<28, rate)
	if err != nil {
		return err
	}
	defer guarded.close()
	stop, err := guardStick(ctx, guarded, work)
	if err != nil {
		return err
	}
	defer stop()
	for _, what := range []struct {
		label, source, unit string
		amount              float64
	}{
		{fmt.Sprintf("1 file of %d MiB", b.big>>20), "big", "MB/s", float64(b.big) / 1e6},
		{fmt.Sprintf("%d files of 4 KiB", b.files), "small", "files/s", float64(b.files)},
	} {
		var bares, guardeds, bareReturns, guardedReturns []float64
		for range b.rounds {
			for _, on := range []struct {
				stick             *stick
				durable, returned *[]float64
			}{{bare, &bares, &bareReturns}, {guarded, &guardeds, &guardedReturns}} {
				returned, durable, err := b.copy(ctx, what.source, on.stick.path)
				if err != nil {
					return fmt.Errorf("%s device, %s: %w", name, what.label, err)
				}
				*on.durable = append(*on.durable, durable.Seconds())
				*on.returned = append(*on.returned, returned.Seconds())
			}
		}
		fmt.Printf("%-10s %-22s %8.0f %-7s %8.0f %-7s %7.2fx %7.2fx\n", name, what.label,
			what.amount/median(bares), what.unit, what.amount/median(guardeds), what.unit,
			median(bares)/median(guardeds), median(bareReturns)/median(guardedReturns))
	}
	return nil
}

// copy answers how long it took until the tool returned and until everything
// was on the medium.
func (b *bench) copy(ctx context.Context, what, to string) (returned, durable time.Duration, err error) {
	target := filepath.Join(to, what)
	start := time.Now()
	if err := run(ctx, "cp", "-r", filepath.Join(b.source, what), target); err != nil {
		return 0, 0, err
	}
	returned = time.Since(start)
	syscall.Sync()
	durable = time.Since(start)
	if err := os.RemoveAll(target); err != nil {
		return 0, 0, err
	}
	syscall.Sync()
	return returned, durable, nil
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
