//go:build linux

package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/trustline/trustline/rules/detect"
	"golang.org/x/sys/unix"
)

// patterns are what the others look for: mobile, resident ID, card, e-mail.
var patterns = []string{
	`\b1[3-9]\d{9}\b`, `\b\d{17}[\dXx]\b`, `\b\d{16,19}\b`, `[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`,
}

type data struct {
	name, path string
	text       []byte
	aim        float64 // how many times as fast as Hyperscan, 0 for none
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	megabytes := flag.Int("mb", 64, "size of each corpus")
	keep := flag.Bool("keep", false, "keep the data in the temporary folder")
	from := flag.String("from", "/usr/share/doc,/usr/include,/usr/lib/python3,"+filepath.Join(runtime.GOROOT(), "src"), "folders with prose and source")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	dir, err := os.MkdirTemp("", "trustline-bench-")
	if err != nil {
		return err
	}
	if !*keep {
		defer os.RemoveAll(dir)
	}
	sets, err := write(dir, *megabytes<<20, strings.Split(*from, ","))
	if err != nil {
		return err
	}
	scanner := filepath.Join(dir, "hyperscan")
	if said, err := exec.Command("gcc", "-O2", "-o", scanner, "bench/detection/testdata/hyperscan.c", "-lhs").CombinedOutput(); err != nil {
		return fmt.Errorf("build the Hyperscan scanner (run from the top folder; needs gcc and libhyperscan-dev): %w\n%s", err, said)
	}
	return measure(out, sets, scanner)
}

func write(dir string, size int, from []string) ([]data, error) {
	english, err := ordinaryText(from, size)
	if err != nil {
		return nil, err
	}
	dense, err := customers(size * 5 / 8)
	if err != nil {
		return nil, err
	}
	sets := []data{{name: "clean prose and source", text: english, aim: 1.5}, {name: "clean Chinese", text: chineseText(size)}, {name: "dense customer CSV", text: dense, aim: 4}}
	for i := range sets {
		sets[i].path = filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(sets[i].path, sets[i].text, 0o600); err != nil {
			return nil, err
		}
	}
	return sets, nil
}

func measure(out io.Writer, sets []data, scanner string) error {
	fmt.Fprintf(out, "Speed in MB per second of processor time, one core, best of several in turns. trustline: the whole default pack; the others: four bare patterns.\n\n")
	fmt.Fprintf(out, "| data | trustline | Hyperscan | ratio | aim | ripgrep | Go regexp |\n|---|---|---|---|---|---|---|\n")
	pack := detect.DefaultPack()
	for _, d := range sets {
		mine, hs, err := sideBySide(func() { ours(pack, d.text, 256<<10) }, scanner, d)
		if err != nil {
			return err
		}
		rg, err := ripgrep(d)
		if err != nil {
			return err
		}
		own, other := speed(len(d.text), mine), speed(len(d.text), hs)
		fmt.Fprintf(out, "| %s (%d MB) | %.0f | %.0f | %.2fx | %s | %.0f | %.0f |\n", d.name, len(d.text)>>20, own, other, own/other, kept(own/other, d.aim), speed(len(d.text), rg), goRegexp(d.text))
		found := ours(pack, d.text, 256<<10)
		fmt.Fprintf(os.Stderr, "%s: %d people, %v\n", d.name, found.People, found.Classes)
	}
	return nil
}

// kept says what a ratio should be, and whether it is.
func kept(ratio, aim float64) string {
	switch {
	case aim == 0:
		return "none"
	case ratio < aim:
		return fmt.Sprintf("%.1fx: **missed**", aim)
	}
	return fmt.Sprintf("%.1fx", aim)
}

func speed(bytes int, t time.Duration) float64 { return float64(bytes) / 1e6 / t.Seconds() }

func best(rounds int, f func()) time.Duration {
	least := time.Hour
	for range rounds {
		start := processorTime()
		f()
		least = min(least, processorTime()-start)
	}
	return least
}

// processorTime is what this process has used, so that a busy machine slows
// nobody down more than others.
func processorTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// sideBySide measures ours and Hyperscan in turns, so that what else the
// machine does in the meantime slows neither down alone.
func sideBySide(ours func(), scanner string, d data) (mine, other time.Duration, err error) {
	mine, other = time.Hour, time.Hour
	for range 5 {
		mine = min(mine, best(2, ours))
		hs, err := hyperscan(scanner, d)
		if err != nil {
			return 0, 0, err
		}
		other = min(other, hs)
	}
	return mine, other, nil
}

func hyperscan(scanner string, d data) (time.Duration, error) {
	out, err := exec.Command(scanner, append([]string{d.path}, patterns...)...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("run Hyperscan: %w: %s", err, out)
	}
	var ns, matches int64
	if _, err := fmt.Sscan(string(out), &ns, &matches); err != nil {
		return 0, fmt.Errorf("read Hyperscan's answer %q: %w", out, err)
	}
	return time.Duration(ns), nil
}

// ripgrep counts matches; its start and the reading of a cached file
// are part of the time.
func ripgrep(d data) (time.Duration, error) {
	args := []string{"--threads", "1", "--count-matches", "--text", "--no-unicode", "--no-config"}
	for _, p := range patterns {
		args = append(args, "-e", p)
	}
	least := time.Hour
	for range 3 {
		rg := exec.Command("rg", append(args, d.path)...)
		err := rg.Run()
		if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() > 1) {
			return 0, fmt.Errorf("run ripgrep: %w", err)
		}
		least = min(least, rg.ProcessState.UserTime()+rg.ProcessState.SystemTime())
	}
	return least, nil
}

// goRegexp looks at four megabytes only: it takes its time.
func goRegexp(text []byte) float64 {
	text = text[:min(len(text), 4<<20)]
	all := regexp.MustCompile(strings.Join(patterns, "|"))
	return speed(len(text), best(1, func() { all.FindAllIndex(text, -1) }))
}
