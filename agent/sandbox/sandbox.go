package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trustline/trustline/rules/extract"
)

// Options say what workers are and how many.
type Options struct {
	// Command starts a worker: an absolute path and its arguments.
	Command []string
	// Workers is how many files are read at once; more wait. Default 2.
	Workers int
	// Cache is the folder for compiled code. Default: the system's folder for
	// caches for root, the account's for others.
	Cache string
	// Recognize reads the text in pictures. Default: the Tesseract of this
	// system, in a process that can do nothing else; see FindTesseract.
	Recognize extract.Recognizer
	Logger    *slog.Logger
}

const (
	defaultWorkers = 2
	mostJobs       = 200              // a worker is replaced after so many files
	grace          = 3 * time.Second  // beyond Limits.Time, which the worker keeps itself
	restTime       = 10 * time.Minute // an idle worker ends after
)

// Sandbox reads files in workers. It is safe for concurrent use.
type Sandbox struct {
	options Options
	slots   chan struct{}

	mu     sync.Mutex
	idle   []*worker
	code   string // folder of compiled code, "" as long as there is none
	closed bool

	compiling  sync.Mutex
	unprepared error // why there is no compiled code

	blind sync.Once // says why text in pictures is not read
}

// New answers a Sandbox. Workers start when they are needed.
func New(o Options) *Sandbox {
	if o.Workers <= 0 {
		o.Workers = defaultWorkers
	}
	if o.Cache == "" {
		o.Cache = defaultCache()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sandbox{options: o, slots: make(chan struct{}, o.Workers)}
	if o.Recognize == nil {
		s.options.Recognize = s.recognize
	}
	return s
}

// errClosed is what a closed Sandbox answers.
var errClosed = errors.New("sandbox is closed")

// Extract does what extract.Extract does, in a worker. A worker that dies, or
// is not done in time, is replaced; its file is then unreadable: timed-out,
// too-large when memory ran out, otherwise corrupt.
func (s *Sandbox) Extract(ctx context.Context, r io.ReaderAt, size int64, limits extract.Limits, sink extract.Sink) (extract.Result, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return extract.Result{}, ctx.Err()
	}
	if s.ready() == "" && extract.IsPDF(r, size) {
		if err := s.Prepare(ctx); err != nil {
			s.options.Logger.Warn("every PDF takes longer to read", "error", err)
		}
	}
	w, err := s.take()
	if err != nil {
		return extract.Result{}, err
	}
	patience := limits.Time
	if patience <= 0 {
		patience = extract.DefaultTime
	}
	timer := time.AfterFunc(patience+grace, w.expire)
	defer timer.Stop()
	stop := context.AfterFunc(ctx, w.kill)
	defer stop()

	looking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	result, err := w.run(looking, s.options.Recognize, r, size, limits, sink)
	var broken *deadWorker
	switch {
	case err == nil:
		s.give(w)
		return result, nil
	case ctx.Err() != nil:
		w.kill()
		return extract.Result{}, ctx.Err()
	case errors.As(err, &broken):
		w.kill()
		reason := w.reason()
		s.options.Logger.Warn("worker reading a file died", "reason", reason, "error", broken.error, "said", w.said.first())
		return extract.Result{Reason: reason}, nil
	default: // the file itself failed; the worker is fine
		s.give(w)
		return extract.Result{}, err
	}
}

// Close ends all idle workers; one at work ends with its file.
func (s *Sandbox) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	for _, w := range idle {
		w.rest.Stop()
		w.kill()
	}
	return nil
}

// take answers an idle worker that has loaded what there is, or a new one.
func (s *Sandbox) take() (*worker, error) {
	code := s.ready()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	for n := len(s.idle); n > 0; n = len(s.idle) {
		w := s.idle[n-1]
		s.idle = s.idle[:n-1]
		if w.rest.Stop() && w.code == code {
			return w, nil
		}
		go w.kill()
	}
	w, err := start(s.options.Command)
	if err != nil {
		return nil, err
	}
	w.code = code
	if err := w.send(beginWorkFrame, []byte(code)); err != nil {
		w.kill()
		return nil, fmt.Errorf("start worker: %w", err)
	}
	return w, nil
}

func (s *Sandbox) give(w *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || w.jobs >= mostJobs {
		go w.kill()
		return
	}
	w.rest = time.AfterFunc(restTime, func() { s.retire(w) })
	s.idle = append(s.idle, w)
}

// retire ends a worker nobody needed for long.
func (s *Sandbox) retire(w *worker) {
	s.mu.Lock()
	s.idle = slices.DeleteFunc(s.idle, func(other *worker) bool { return other == w })
	s.mu.Unlock()
	w.kill()
}

// worker is one process.
type worker struct {
	*wire
	process *exec.Cmd
	input   io.Closer
	said    tail
	code    string // folder of what it has loaded
	jobs    int
	rest    *time.Timer // ends it when idle
	once    sync.Once

	mu      sync.Mutex
	expired bool
}

// deadWorker says that a worker is of no more use.
type deadWorker struct{ error }

func start(command []string) (*worker, error) {
	if len(command) == 0 {
		return nil, errors.New("start worker: no command given")
	}
	p := exec.Command(command[0], command[1:]...)
	p.Env = []string{}
	p.Dir = "/"
	p.SysProcAttr = attributes()
	w := &worker{process: p}
	p.Stderr = &w.said
	in, err := p.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	if err := p.Start(); err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	w.input, w.wire = in, newWire(out, in)
	return w, nil
}

// kill ends the process and waits for it.
func (w *worker) kill() {
	w.once.Do(func() {
		_ = w.process.Process.Kill() // it may be gone already
		_ = w.input.Close()
		_ = w.process.Wait()
	})
}

func (w *worker) expire() {
	w.mu.Lock()
	w.expired = true
	w.mu.Unlock()
	w.kill()
}

// reason tells why the worker died.
func (w *worker) reason() extract.Reason {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.expired:
		return extract.TimedOut
	case w.said.has("out of memory"), w.said.has("cannot allocate memory"):
		return extract.TooLarge
	case w.said.has("SIGSEGV: segmentation violation") && !w.said.has("panic:"):
		// A fault of the runtime itself, not of the reader, which would panic:
		// memory it was refused when it had no words left for it.
		return extract.TooLarge
	}
	return extract.Corrupt
}

// run has the worker read one file and serves it the bytes. ctx ends looking at
// pictures only.
func (w *worker) run(ctx context.Context, eyes extract.Recognizer, r io.ReaderAt, size int64, limits extract.Limits, sink extract.Sink) (extract.Result, error) {
	w.jobs++
	if err := w.send(jobFrame, encodeJob(size, limits)); err != nil {
		return extract.Result{}, &deadWorker{err}
	}
	if err := w.w.Flush(); err != nil {
		return extract.Result{}, &deadWorker{err}
	}
	var failure error
	var cells []extract.Cell
	begun := false
	for {
		kind, payload, err := w.receive()
		if err != nil {
			return extract.Result{}, &deadWorker{err}
		}
		switch {
		case kind == readFrame:
			err = w.answer(r, payload, &failure)
		case kind == lookFrame && limits.Pictures:
			err = w.look(ctx, eyes, payload)
		case kind == beginFrame:
			begun = true
			sink.Begin(string(payload))
		case kind == textFrame && begun:
			sink.Write(payload)
		case kind == rowFrame && begun:
			var number int
			if number, cells, err = decodeRow(payload, cells[:0]); err == nil {
				sink.Row(number, cells)
			}
		case kind == doneFrame:
			result, err := decodeResult(payload)
			if err != nil {
				return extract.Result{}, &deadWorker{err}
			}
			return result, failure
		default:
			err = errProtocol
		}
		if err != nil {
			return extract.Result{}, &deadWorker{err}
		}
	}
}

// look has a picture read. What goes wrong with that costs its text only.
func (w *worker) look(ctx context.Context, eyes extract.Recognizer, payload []byte) error {
	if len(payload) < 8 {
		return errProtocol
	}
	width, height, grays := uint64(order.Uint32(payload)), uint64(order.Uint32(payload[4:])), payload[8:]
	if width == 0 || height == 0 || width > largestFrame || height > largestFrame || width*height != uint64(len(grays)) {
		return errProtocol
	}
	kind, text := byte(failFrame), ""
	if t, err := eyes(ctx, &image.Gray{Pix: grays, Stride: int(width), Rect: image.Rect(0, 0, int(width), int(height))}); err == nil {
		kind, text = lookFrame, t
	}
	if err := w.send(kind, []byte(text)); err != nil {
		return err
	}
	return w.w.Flush()
}

// answer reads what the worker wants. What goes wrong with the file itself is
// kept in failure and ends the job, not the worker.
func (w *worker) answer(r io.ReaderAt, want []byte, failure *error) error {
	if len(want) != 12 || order.Uint32(want[8:]) > largestRead {
		return errProtocol
	}
	p := make([]byte, order.Uint32(want[8:]))
	n, err := r.ReadAt(p, int64(order.Uint64(want)))
	kind := byte(dataFrame)
	switch {
	case errors.Is(err, io.EOF):
		kind = endFrame
	case err != nil:
		*failure = err
		kind, n = failFrame, 0
	}
	if err := w.send(kind, p[:n]); err != nil {
		return err
	}
	return w.w.Flush()
}

// tail keeps the last words of a process.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	const most = 8 << 10
	if len(t.text) < most { // the first words of a crash say why
		t.text = append(t.text, p[:min(len(p), most-len(t.text))]...)
	}
	return len(p), nil
}

// first answers the first line, which says what went wrong.
func (t *tail) first() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	line, _, _ := strings.Cut(string(t.text), "\n")
	return line
}

func (t *tail) has(words string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Contains(t.text, []byte(words))
}
