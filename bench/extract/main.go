//go:build linux

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/trustline/trustline/agent/sandbox"
	"github.com/trustline/trustline/rules/extract"
)

func main() {
	played, err := role(os.Args[1:])
	if !played {
		err = run(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	people := flag.Int("people", 75_000, "rows of the customer list")
	largest := flag.Int("largest", 4096, "MiB of the longest text")
	times := flag.Int("times", 30, "verdicts on each document")
	flag.Parse()
	dir, err := os.MkdirTemp("", "trustline-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := documents(dir, *people); err != nil {
		return err
	}
	cache := filepath.Join(dir, "code")
	program, err := os.Executable()
	if err != nil {
		return err
	}
	box := sandbox.New(sandbox.Options{Command: []string{program, workerRole}, Cache: cache})
	if err := box.Prepare(context.Background()); err != nil {
		return err
	}
	if err := speeds(out, dir, cache); err != nil {
		return err
	}
	if err := verdicts(out, dir, cache, *times); err != nil {
		return err
	}
	return growth(out, *largest)
}

// officeProfile has LibreOffice keep its settings beside the documents.
const officeProfile = "-env:UserInstallation=file://"

// patient is how long a tool may take to be run three times.
const patient = 5 * time.Second

// peers are what other people read such files with.
var peers = []struct {
	file string
	tool []string
}{
	{"people.docx", []string{"unzip", "-p", "people.docx", "word/document.xml"}},
	{"people.docx", []string{"soffice", "--headless", officeProfile, "--convert-to", "txt:Text", "people.docx"}},
	{"people.xlsx", []string{"/usr/bin/python3", "-c", "import openpyxl\nfor r in openpyxl.load_workbook('people.xlsx', read_only=True).active.values: pass"}},
	{"people.doc", []string{"catdoc", "-d", "utf-8", "people.doc"}},
	{"people.pdf", []string{"pdftotext", "people.pdf", "/dev/null"}},
	{"people.zip", []string{"unzip", "-p", "people.zip"}},
	{"people.csv.gz", []string{"gzip", "-dc", "people.csv.gz"}},
	{"people.7z", []string{"7z", "e", "-so", "-bd", "people.7z"}},
}

// speeds compares the best of three, ours confined and with a worker that is
// there already, the tools with their own start.
func speeds(out io.Writer, dir, cache string) error {
	fmt.Fprint(out, "Text out of documents, best of three (one run where that takes over 5 s); MB of the file a second.\n\n| file | size | trustline | peer | MB/s | ratio |\n|---|---|---|---|---|---|\n")
	for _, p := range peers {
		runs := "3"
		if p.file == "people.pdf" {
			runs = "1"
		}
		a, err := play(extractRole, cache, filepath.Join(dir, p.file), runs)
		if err != nil {
			return err
		}
		if a.Reason != "" && a.Reason != extract.TooLarge {
			return fmt.Errorf("%s is %s", p.file, a.Reason)
		}
		other := time.Hour
		for range 3 {
			args := slices.Clone(p.tool[1:])
			if i := slices.Index(args, officeProfile); i >= 0 {
				args[i] += filepath.Join(dir, "office")
			}
			c := exec.Command(p.tool[0], args...)
			c.Dir = dir
			begun := time.Now()
			if err := c.Run(); err != nil {
				return fmt.Errorf("%s: %w", p.tool[0], err)
			}
			if other = min(other, time.Since(begun)); other > patient {
				break
			}
		}
		info, err := os.Stat(filepath.Join(dir, p.file))
		if err != nil {
			return err
		}
		own := slices.Min(a.Times)
		speed := func(d time.Duration) float64 { return float64(info.Size()) / 1e6 / d.Seconds() }
		fmt.Fprintf(out, "| %s | %.1f MB | %.1f%s | %s | %.1f | %.2fx |\n", filepath.Ext(p.file)[1:], float64(info.Size())/1e6, speed(own), remark(a), filepath.Base(p.tool[0]), speed(other), other.Seconds()/own.Seconds())
	}
	return nil
}

func remark(a answer) string {
	if a.Reason != "" {
		return " (" + string(a.Reason) + ")"
	}
	return ""
}

// verdicts are engine and confined reading together, as for a copy.
func verdicts(out io.Writer, dir, cache string, times int) error {
	fmt.Fprintf(out, "\nA whole verdict, %d times.\n\n| file | p50 | p99 | people | service at most | worker at most |\n|---|---|---|---|---|---|\n", times)
	for _, name := range []string{"people.docx", "people.xlsx", "people.pdf"} {
		n := times
		if name == "people.pdf" {
			n = min(times, 2) // the better part of a minute each
		}
		a, err := play(verdictRole, cache, filepath.Join(dir, name), strconv.Itoa(n))
		if err != nil {
			return err
		}
		slices.Sort(a.Times)
		at := func(share int) time.Duration { return a.Times[(len(a.Times)-1)*share/100].Round(time.Millisecond / 10) }
		fmt.Fprintf(out, "| %s%s | %v | %v (of %d) | %d | %d MB | %d MB |\n", name, remark(a), at(50), at(99), n, a.People, a.Own>>20, a.Worker>>20)
	}
	return nil
}

// growth streams ever more text, never stored.
func growth(out io.Writer, largest int) error {
	fmt.Fprint(out, "\nA customer list as a stream.\n\n| size | seconds | ms a MiB | VmHWM |\n|---|---|---|---|\n")
	for _, size := range []int{1, 16, 256, 1024, 4096} {
		if size > largest {
			break
		}
		a, err := play(textRole, strconv.Itoa(size))
		if err != nil {
			return err
		}
		took := a.Times[0]
		fmt.Fprintf(out, "| %d MiB%s | %.2f | %.1f | %d MB |\n", size, remark(a), took.Seconds(), took.Seconds()*1000/float64(size), a.Own>>20)
	}
	return nil
}
