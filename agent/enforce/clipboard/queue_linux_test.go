package clipboard

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/control"
	sensor "github.com/trustline/trustline/agent/sensor/clipboard"
)

// However many copies of files wait, judging goes on, and each of them is told
// of: by itself or counted.
func TestCopiesOfFilesNeverHoldUpJudging(t *testing.T) {
	const copies = 60
	release := make(chan struct{})
	var mu sync.Mutex
	var told []string
	socket := filepath.Join(t.TempDir(), "control.sock")
	l, err := control.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &control.Server{Log: slog.New(slog.DiscardHandler),
		Clip: func(context.Context, control.Caller, control.Clip) (control.Verdict, error) {
			return control.Verdict{Action: "allow"}, nil
		},
		ClipFile: func(_ context.Context, _ control.Caller, f control.ClipFile) (control.Verdict, error) {
			<-release // whoever waits for this waits for long
			io.Copy(io.Discard, f.Content)
			mu.Lock()
			defer mu.Unlock()
			told = append(told, f.Path)
			return control.Verdict{Action: "report"}, nil
		}}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	wg.Go(func() { server.Serve(ctx, l) })

	c := &Clipboard{Socket: socket, Environment: func(string) string { return "" }, Log: slog.New(slog.DiscardHandler)}
	q, s, dir := newQueue(), sensor.New(c.Environment, c.Log), t.TempDir()
	wg.Go(func() { c.lookAtFiles(ctx, q.waiting) })
	wg.Go(func() { c.tellOfGivenUp(ctx, q) })
	judged := make(chan struct{})
	wg.Go(func() {
		defer close(judged)
		for n := range copies {
			file := write(t, filepath.Join(dir, fmt.Sprintf("%d.csv", n)), "harmless")
			c.judge(ctx, s, sensor.Copy{Time: time.Now(), Files: []string{file}, Source: sensor.Source{PID: n % 3}}, q)
		}
	})
	select {
	case <-judged:
	case <-time.After(25 * time.Second): // the first alone would wait longer
		t.Error("copies of files hold up the judging of what comes after them")
	}
	close(release)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		mu.Lock()
		n, list := counted(t, told), len(told)
		mu.Unlock()
		if n == copies && list < copies {
			return
		}
		if n > copies || time.Now().After(deadline) {
			t.Fatalf("told of %d of %d copies, %d times", n, copies, list)
		}
	}
}

// counted answers how many files the service was told of.
func counted(t *testing.T, told []string) (n int) {
	more := regexp.MustCompile(`… \(\+(\d+)\)$`)
	for _, names := range told {
		n += strings.Count(names, ".csv")
		if m := more.FindStringSubmatch(names); m != nil {
			beyond, err := strconv.Atoi(m[1])
			if err != nil {
				t.Fatal(err)
			}
			n += beyond
		}
	}
	return n
}

// What is given up takes no more room however much it is.
func TestGivenUpIsBounded(t *testing.T) {
	q := newQueue()
	for n := range 10_000 {
		q.put(lookup{copied: sensor.Copy{Files: []string{"a.csv", "b.csv"}, Source: sensor.Source{PID: n}}})
	}
	files, all := 0, q.take()
	for _, l := range all {
		files += len(l.copied.Files) + l.more
		if len(l.copied.Files) > maxNamed {
			t.Errorf("%d files are named", len(l.copied.Files))
		}
	}
	if want := 2 * (10_000 - maxWaiting); files != want || len(all) != maxWaiting {
		t.Errorf("%d files in %d, want %d", files, len(all), want)
	}
	if last := all[maxWaiting-1].copied.Source.PID; last != 9_999 {
		t.Errorf("the latest copy is not what may be taken off: %d", last)
	}
}
