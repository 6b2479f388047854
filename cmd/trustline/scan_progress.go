package main

import (
	"os"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
)

// scanProgress shows how far a scan is, on a terminal and nowhere else. It is
// safe for concurrent use.
type scanProgress struct {
	mu    sync.Mutex
	bar   *progressbar.ProgressBar
	total int64
}

func newScanProgress(t *terminal) *scanProgress {
	f, ok := t.err.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return &scanProgress{}
	}
	return &scanProgress{bar: progressbar.NewOptions64(1,
		progressbar.OptionSetWriter(f),
		progressbar.OptionSetDescription(t.Text("scan.progress")),
		progressbar.OptionShowBytes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(true),
	)}
}

func (p *scanProgress) visible() bool { return p != nil && p.bar != nil }

// expect announces bytes to come. The bar stays one byte short of its end
// until finish, because more files may turn up.
func (p *scanProgress) expect(n int64) {
	if !p.visible() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total += n
	p.bar.ChangeMax64(p.total + 1)
}

// done counts bytes as looked at.
func (p *scanProgress) done(n int64) {
	if !p.visible() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.bar.Add64(n)
}

// clear takes the bar off the line so that something else can be printed.
func (p *scanProgress) clear() {
	if !p.visible() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.bar.Clear()
}

func (p *scanProgress) finish() {
	if !p.visible() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.bar.Finish()
}
