package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/atotto/clipboard"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
)

// Reasons that only the command line knows: what could not even be opened.
const (
	reasonMissing     rules.Reason = "not-found"
	reasonDenied      rules.Reason = "permission-denied"
	reasonFailed      rules.Reason = "read-error"
	reasonSpecial     rules.Reason = "not-a-file"
	clipboardPath                  = "clipboard"
	clipboardPatience              = 10 * time.Second
	mostHeld                       = 1 << 30 // bytes of standard input kept for formats that need it whole
)

// scanned is the answer about one file.
type scanned struct {
	path    string
	content rules.Content
	err     error // why it could not be read, said to people
}

// unread answers a file that could not be read at all.
func unread(path string, err error) scanned {
	reason := reasonFailed
	switch {
	case errors.Is(err, fs.ErrNotExist):
		reason = reasonMissing
	case errors.Is(err, fs.ErrPermission):
		reason = reasonDenied
	case errors.Is(err, errSpecial):
		reason = reasonSpecial
	}
	return scanned{path: path, content: rules.Content{Status: rules.Unreadable, Reason: reason}, err: err}
}

var errSpecial = errors.New("not a regular file")

// scanFiles goes through files and folders, several at once.
type scanFiles struct {
	engine   *rules.Engine
	stdin    io.Reader
	exclude  []string
	jobs     int
	progress *scanProgress
}

// job is one file on its way; done holds its answer when it is there.
type job struct {
	path string
	err  error // met while looking for files
	size int64
	done chan scanned
}

// each calls add for every file, in the order in which they were found. It
// ends early when ctx does, and with the error of add.
func (s *scanFiles) each(ctx context.Context, paths []string, add func(scanned) error) error {
	ctx, cancel := context.WithCancel(ctx)
	queue, ordered := make(chan *job), make(chan *job, 16*s.jobs)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	for range s.jobs {
		workers.Go(func() {
			for j := range queue {
				j.done <- s.answer(ctx, j)
			}
		})
	}
	if s.progress.visible() {
		workers.Go(func() { s.measure(ctx, paths) })
	}
	workers.Go(func() {
		defer close(queue)
		defer close(ordered)
		for _, path := range paths {
			s.find(ctx, path, func(j *job) bool {
				select {
				case ordered <- j:
				case <-ctx.Done():
					return false
				}
				select {
				case queue <- j:
					return true
				case <-ctx.Done():
					close(j.done)
					return false
				}
			})
		}
	})
	for j := range ordered {
		found, ok := <-j.done
		if !ok || errors.Is(found.err, context.Canceled) {
			continue // stopped before it was read; others may be done
		}
		if err := add(found); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// measure runs ahead of the scan and tells the progress bar how much there is.
func (s *scanFiles) measure(ctx context.Context, paths []string) {
	for _, path := range paths {
		s.find(ctx, path, func(j *job) bool {
			s.progress.expect(j.size)
			return ctx.Err() == nil
		})
	}
}

// find gives every regular file at or below path. Links are followed only
// where the caller named them; FIFOs, sockets and devices are left alone.
func (s *scanFiles) find(ctx context.Context, path string, give func(*job) bool) {
	if path == "-" {
		give(newJob(path, 0, nil))
		return
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		give(newJob(path, 0, err))
		return
	case !info.IsDir():
		give(newJob(path, info.Size(), nil))
		return
	}
	root := path
	if link, err := os.Lstat(path); err == nil && link.Mode()&fs.ModeSymlink != 0 {
		root += string(filepath.Separator) // the folder, not the link to it
	}
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return fs.SkipAll
		case err != nil:
			if !give(newJob(path, 0, err)) {
				return fs.SkipAll
			}
			return nil
		case path != root && s.excluded(root, path):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		size := int64(0)
		if info, err := d.Info(); err == nil {
			size = info.Size()
		}
		if !give(newJob(path, size, nil)) {
			return fs.SkipAll
		}
		return nil
	})
}

func newJob(path string, size int64, err error) *job {
	return &job{path: path, size: size, err: err, done: make(chan scanned, 1)}
}

// excluded matches a pattern against the name, or against the path below the
// root where the pattern has a separator.
func (s *scanFiles) excluded(root, path string) bool {
	below, err := filepath.Rel(root, path)
	if err != nil {
		below = path
	}
	for _, pattern := range s.exclude {
		if ok, err := filepath.Match(pattern, filepath.Base(path)); ok && err == nil {
			return true
		}
		if ok, err := filepath.Match(filepath.FromSlash(pattern), below); ok && err == nil {
			return true
		}
	}
	return false
}

func checkPatterns(t *terminal, patterns []string) error {
	for _, p := range patterns {
		if _, err := filepath.Match(p, ""); err != nil {
			return errors.New(t.Text("scan.bad-pattern", message.Args{"Pattern": p}))
		}
	}
	return nil
}

// answer scans one file.
func (s *scanFiles) answer(ctx context.Context, j *job) scanned {
	defer s.progress.done(j.size)
	if j.err != nil {
		return unread(j.path, j.err)
	}
	var content rules.Content
	var err error
	if j.path == "-" {
		content, err = s.scanStream(ctx, s.stdin)
	} else {
		content, err = s.scanFile(ctx, j.path)
	}
	if err != nil {
		return unread(j.path, err)
	}
	return scanned{path: j.path, content: content}
}

// scanFile never waits: what turns out to be a FIFO is not read.
func (s *scanFiles) scanFile(ctx context.Context, path string) (rules.Content, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return rules.Content{}, errSpecial
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return rules.Content{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return rules.Content{}, err
	}
	if !info.Mode().IsRegular() {
		return rules.Content{}, errSpecial
	}
	return s.engine.Scan(ctx, filepath.Base(path), f, info.Size())
}

// scanStream reads standard input: text as it comes, in constant memory;
// formats that must be seen whole are held up to a bound.
func (s *scanFiles) scanStream(ctx context.Context, r io.Reader) (rules.Content, error) {
	stream := s.engine.Stream("")
	defer stream.Close()
	var held bytes.Buffer
	var size int64
	for c := range chunks(ctx, r) {
		stream.Write(c.bytes)
		size += int64(len(c.bytes))
		if stream.Held() {
			held.Write(c.bytes)
		} else {
			held = bytes.Buffer{}
		}
		switch {
		case held.Len() > mostHeld:
			return rules.Content{Status: rules.Unreadable, Reason: rules.TooLarge}, nil
		case errors.Is(c.err, io.EOF) && !stream.Held():
			return stream.Finish(ctx, nil, size)
		case errors.Is(c.err, io.EOF):
			return stream.Finish(ctx, bytes.NewReader(held.Bytes()), size)
		case c.err != nil:
			return rules.Content{}, c.err
		}
	}
	return rules.Content{}, ctx.Err()
}

// chunk is what one read answered.
type chunk struct {
	bytes []byte
	err   error
}

// chunks reads r until its end, an error or the end of ctx. A read that never
// returns is left behind: nothing else ends a read of a terminal.
func chunks(ctx context.Context, r io.Reader) iter.Seq[chunk] {
	return func(yield func(chunk) bool) {
		given, wanted := make(chan chunk), make(chan []byte, 1)
		defer close(wanted)
		go func() {
			for buf := range wanted {
				n, err := r.Read(buf)
				select {
				case given <- chunk{buf[:n], err}:
				case <-ctx.Done():
					return
				}
			}
		}()
		buf := make([]byte, 64<<10)
		for {
			wanted <- buf
			select {
			case c := <-given:
				if !yield(c) || c.err != nil {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// scanClipboard looks at the text on the clipboard of the session.
func scanClipboard(ctx context.Context, engine *rules.Engine) (scanned, error) {
	ctx, cancel := context.WithTimeout(ctx, clipboardPatience)
	defer cancel()
	type answer struct {
		text string
		err  error
	}
	read := make(chan answer, 1)
	go func() { // a program that owns the clipboard may never answer
		text, err := clipboard.ReadAll()
		read <- answer{text, err}
	}()
	select {
	case a := <-read:
		if a.err != nil {
			return scanned{}, a.err
		}
		text := []byte(a.text)
		content, err := engine.Scan(ctx, "", bytes.NewReader(text), int64(len(text)))
		return scanned{path: clipboardPath, content: content}, err
	case <-ctx.Done():
		return scanned{}, fmt.Errorf("no answer within %v", clipboardPatience)
	}
}
