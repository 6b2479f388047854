package console_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// lockedWriter lets a log be read while it is written.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// browser opens a real Chromium whose console messages fail the test: a
// refused inline script or style, an exception, a missing file.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is missing: apt-get install chromium")
		}
		t.Skip("NOT TESTED: chromium is missing (apt-get install chromium)")
	}
	profile, err := os.MkdirTemp("", "console-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // its last processes may still be writing
		for end := time.Now().Add(5 * time.Second); os.RemoveAll(profile) != nil && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		}
	})
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("ignore-certificate-errors", true),
		chromedp.Flag("lang", "en-GB"), chromedp.Env("TZ=Asia/Shanghai"), chromedp.WindowSize(1280, 800),
		chromedp.UserDataDir(profile), chromedp.WSURLReadTimeout(time.Minute),
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("exception in the page: %s", e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			// Answers that are no pages (401, 404, 422) are logged too, and meant.
			if e.Entry.Level == log.LevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of 4") {
				t.Errorf("the browser complains: %s (%s)", e.Entry.Text, e.Entry.URL)
			}
		}
	})
	// The browser lives as long as the context of this first run.
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
}

// do runs actions, and fails the test when they take long.
func do(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// until waits for an expression of the page to become true; while one page
// gives way to the next there is nothing to ask.
func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	var last error
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var ok bool
		if last = chromedp.Run(ctx, chromedp.Evaluate(expression, &ok)); last == nil && ok {
			return
		}
	}
	t.Fatalf("it did not come true: %s (%v)", expression, last)
}

const (
	userName = "reviewer.li"
	password = "correct horse battery"
)

func setUp(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	do(t, ctx, chromedp.Navigate(r.Setup()), chromedp.SendKeys("[name=name]", userName),
		chromedp.SendKeys("[name=password]", password), chromedp.SendKeys("[name=again]", password), chromedp.Submit("main form"))
	until(t, ctx, "location.pathname === '/incidents' && document.readyState === 'complete'")
}
