package sandbox

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/extract"
)

const testMemory = 512 << 20

// cacheFolder keeps compiled code for all tests: making it takes seconds.
var cacheFolder string

func runTests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "trustline-code-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	cacheFolder = folder
	return m.Run()
}

// TestMain is also the worker: an honest one, and several that are not.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "stdin" { // in the place of tesseract
		_, _ = io.Copy(io.Discard, os.Stdin) // the picture
		attackAll()
		os.Exit(0)
	}
	if len(os.Args) < 2 || !strings.HasPrefix(os.Args[1], "worker-") {
		os.Exit(runTests(m))
	}
	ctx := context.Background()
	switch os.Args[1] {
	case "worker-honest":
		if err := Work(ctx, os.Stdin, os.Stdout, testMemory); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "worker-idle":
		time.Sleep(time.Hour)
	case "worker-dead":
		os.Exit(3)
	case "worker-greedy":
		if err := confine(128 << 20); err != nil {
			panic(err)
		}
		var kept [][]byte
		for {
			p := make([]byte, 16<<20)
			for i := range p {
				p[i] = 1
			}
			kept = append(kept, p)
		}
	case "worker-liar":
		frames := map[string][]byte{
			"length":  {textFrame, 0xFF, 0xFF, 0xFF, 0xFF},
			"kind":    {'?', 0, 0, 0, 0},
			"early":   {textFrame, 1, 0, 0, 0, 'x'},
			"row":     {beginFrame, 0, 0, 0, 0, rowFrame, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF},
			"read":    {readFrame, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF},
			"reason":  append([]byte{doneFrame, 4, 0, 0, 0}, "ok\x00x"...),
			"no type": append([]byte{doneFrame, 2, 0, 0, 0}, "ok"...),
		}
		os.Stdout.Write(frames[os.Args[2]])
		time.Sleep(time.Hour)
	case "worker-attack":
		attack()
	}
	os.Exit(0)
}

func zipOf(t testing.TB, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write(content)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func command(args ...string) []string {
	program, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return append([]string{program}, args...)
}

func newSandbox(t testing.TB, args ...string) *Sandbox {
	s := New(Options{Command: command(args...), Cache: cacheFolder, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	t.Cleanup(func() { s.Close() })
	return s
}

// transcript is a Sink that writes down what it is given.
type transcript struct{ text strings.Builder }

func (t *transcript) Begin(location string) { fmt.Fprintf(&t.text, "[%s]\n", location) }
func (t *transcript) Write(p []byte)        { t.text.Write(p) }
func (t *transcript) Row(number int, cells []extract.Cell) {
	fmt.Fprintf(&t.text, "%d:", number)
	for _, c := range cells {
		fmt.Fprintf(&t.text, " %d=%s", c.Column, c.Text)
	}
	t.text.WriteByte('\n')
}

type extractor func(context.Context, io.ReaderAt, int64, extract.Limits, extract.Sink) (extract.Result, error)

func transcribe(t testing.TB, x extractor, content []byte) (string, extract.Result) {
	t.Helper()
	var out transcript
	result, err := x(context.Background(), bytes.NewReader(content), int64(len(content)), extract.Limits{}, &out)
	if err != nil {
		t.Fatal(err)
	}
	return out.text.String(), result
}

// TestSameAsWithout reads real files in several workers at once and compares
// with reading them here.
func TestSameAsWithout(t *testing.T) {
	files, err := filepath.Glob("../../rules/extract/testdata/real/*")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d real files, %v", len(files), err)
	}
	s := newSandboxReady(t)
	here := extract.New(extract.Options{Cache: s.ready()})
	defer here.Close()
	var all sync.WaitGroup
	for _, name := range files {
		all.Go(func() {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Error(err)
				return
			}
			wantText, want := transcribe(t, here.Extract, content)
			for range 3 {
				if text, got := transcribe(t, s.Extract, content); text != wantText || got != want {
					t.Errorf("%s: %+v and %d bytes, want %+v and %d", filepath.Base(name), got, len(text), want, len(wantText))
				}
			}
		})
	}
	all.Wait()
	if n := len(s.idle); n == 0 || n > defaultWorkers {
		t.Errorf("%d workers are left", n)
	}
}

// TestBadWorkers has the file read by workers that hang, die, eat memory or
// lie: the answer is a reason, the next file is read by a new worker.
func TestBadWorkers(t *testing.T) {
	tests := []struct {
		args   []string
		reason extract.Reason
	}{
		{[]string{"worker-idle"}, extract.TimedOut},
		{[]string{"worker-dead"}, extract.Corrupt},
		{[]string{"worker-greedy"}, extract.TooLarge},
		{[]string{"worker-liar", "length"}, extract.Corrupt},
		{[]string{"worker-liar", "kind"}, extract.Corrupt},
		{[]string{"worker-liar", "early"}, extract.Corrupt},
		{[]string{"worker-liar", "row"}, extract.Corrupt},
		{[]string{"worker-liar", "read"}, extract.Corrupt},
		{[]string{"worker-liar", "reason"}, extract.Corrupt},
		{[]string{"worker-liar", "no type"}, extract.Corrupt},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t, tt.args...)
			start := time.Now()
			limits := extract.Limits{Time: time.Millisecond}
			if tt.reason != extract.TimedOut {
				limits.Time = time.Minute
			}
			result, err := s.Extract(context.Background(), strings.NewReader("text"), 4, limits, &transcript{})
			if err != nil || result.Reason != tt.reason {
				t.Fatalf("%+v, %v; want %q", result, err, tt.reason)
			}
			if took := time.Since(start); took > 2*time.Minute {
				t.Errorf("took %v", took)
			}
			s.options.Command = command("worker-honest")
			if text, result := transcribe(t, s.Extract, []byte("hello")); result.Reason != "" || text != "[]\nhello" {
				t.Errorf("the next file: %q, %+v", text, result)
			}
		})
	}
}

// TestKilledAtWork kills the worker in the middle of a file.
func TestKilledAtWork(t *testing.T) {
	s := newSandbox(t, "worker-honest")
	transcribe(t, s.Extract, []byte("warm up"))
	w := s.idle[0]
	r := readerAt(func(p []byte, offset int64) (int, error) {
		if offset > 1<<20 {
			w.process.Process.Kill()
		}
		return len(p), nil
	})
	result, err := s.Extract(context.Background(), r, 1<<30, extract.Limits{}, &transcript{})
	if err != nil || result.Reason != extract.Corrupt {
		t.Errorf("%+v, %v", result, err)
	}
	if text, result := transcribe(t, s.Extract, []byte("hello")); result.Reason != "" || text != "[]\nhello" {
		t.Errorf("the next file: %q, %+v", text, result)
	}
}

type readerAt func([]byte, int64) (int, error)

func (f readerAt) ReadAt(p []byte, offset int64) (int, error) { return f(p, offset) }

// TestFailingFile tells a broken disk from a broken document, and stops when
// asked to.
func TestFailingFile(t *testing.T) {
	s := newSandbox(t, "worker-honest")
	broken := errors.New("broken disk")
	fail := readerAt(func([]byte, int64) (int, error) { return 0, broken })
	if _, err := s.Extract(context.Background(), fail, 100, extract.Limits{}, &transcript{}); !errors.Is(err, broken) {
		t.Errorf("broken disk answers %v", err)
	}
	if len(s.idle) != 1 {
		t.Errorf("the worker was not kept")
	}
	ctx, cancel := context.WithCancel(context.Background())
	slow := readerAt(func(p []byte, _ int64) (int, error) { cancel(); return len(p), nil })
	if _, err := s.Extract(ctx, slow, 1<<40, extract.Limits{}, &transcript{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled reading answers %v", err)
	}
	s.Close()
	if _, err := s.Extract(context.Background(), fail, 100, extract.Limits{}, &transcript{}); !errors.Is(err, errClosed) {
		t.Errorf("closed sandbox answers %v", err)
	}
}

func BenchmarkSmallFile(b *testing.B) {
	content, err := os.ReadFile("../../rules/extract/testdata/real/writer.docx")
	if err != nil {
		b.Fatal(err)
	}
	for name, x := range map[string]extractor{"here": extract.Extract, "sandbox": newSandbox(b, "worker-honest").Extract} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				transcribe(b, x, content)
			}
		})
	}
}

func FuzzRow(f *testing.F) {
	f.Add(appendRow(nil, 7, []extract.Cell{{Column: 1, Text: []byte("a")}, {Column: 3, Text: []byte("bc")}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		number, cells, err := decodeRow(b, nil)
		if err == nil && !slices.Equal(appendRow(nil, number, cells), b) {
			t.Error("a row does not come back as it went")
		}
	})
}
