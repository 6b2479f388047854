package clipboard

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/trustline/trustline/agent/control"
	sensor "github.com/trustline/trustline/agent/sensor/clipboard"
)

// Bounds on what of the files copied together is looked at.
const (
	maxFiles   = 100
	maxEntries = 2_000    // looked through in folders
	maxBytes   = 64 << 20 // of all files
	maxHead    = 1 << 20  // of a file that is larger than what is left of that
	chunk      = 256 << 10

	// stalled is how long one step of reading may take: a share or a file system
	// of somebody's own may never answer.
	stalled = 3 * time.Second
)

// found is a file to be read.
type found struct {
	path string
	size int64
}

// gathered is what there is of the copied files and folders.
type gathered struct {
	files []found
	left  []string // copied, and not to be looked at as a whole
}

// paths answers those of the files from one on.
func (g gathered) paths(from int) []string {
	var list []string
	for _, f := range g.files[from:] {
		list = append(list, f.path)
	}
	return list
}

// gather looks for what can be read, the small files first so that a big one
// takes no room from them. What the person may not read leaves with nobody and
// is passed over, as is what is no file.
func gather(paths []string) gathered {
	var g gathered
	entries := maxEntries
	for _, p := range paths {
		if !g.add(p, &entries) {
			g.left = append(g.left, p)
		}
	}
	slices.SortStableFunc(g.files, func(a, b found) int { return int(min(max(a.size-b.size, -1), 1)) })
	return g
}

// add takes a file, or those in a folder, and answers whether that is all of it.
func (g *gathered) add(path string, entries *int) bool {
	info, err := os.Stat(path) // a link leads where it leads whoever pastes it
	switch {
	case err != nil:
		return true
	case info.IsDir():
		return g.walk(path, entries)
	}
	return g.file(path, info)
}

func (g *gathered) file(path string, info os.FileInfo) bool {
	switch {
	case !info.Mode().IsRegular(), info.Size() == 0:
		return true
	case len(g.files) == maxFiles, elsewhere(info):
		return false
	}
	g.files = append(g.files, found{path, info.Size()})
	return true
}

// walk takes the files in a folder and in those beneath it. Links in it are
// copied as links.
func (g *gathered) walk(folder string, entries *int) bool {
	f, err := os.Open(folder)
	if err != nil {
		return true
	}
	list, err := f.ReadDir(*entries + 1)
	f.Close()
	whole := (err == nil || errors.Is(err, io.EOF)) && len(list) <= *entries
	list = list[:min(len(list), *entries)]
	*entries -= len(list)
	for _, e := range list {
		path := filepath.Join(folder, e.Name())
		if e.IsDir() {
			whole = g.walk(path, entries) && whole
		} else if info, err := e.Info(); err == nil {
			whole = g.file(path, info) && whole
		}
	}
	return whole
}

// piece is what the reader of a pile hands over: the beginning of a file, some
// of its content, or its end.
type piece struct {
	begin bool
	index int // of the file among those gathered
	data  []byte
	end   bool
	why   string // what was read is not everything
	full  bool   // there is no room for this file and those after it
}

// pile is what was copied, as it is read by a goroutine of its own: one that
// gets stuck is left behind.
type pile struct {
	gathered chan gathered
	pieces   chan piece // closed after the last one
	done     chan struct{}
}

// open begins to read. release is called when nothing is being read any more,
// which may be never.
func open(paths []string, release func()) *pile {
	p := &pile{gathered: make(chan gathered), pieces: make(chan piece), done: make(chan struct{})}
	go func() {
		defer release()
		g := gather(paths)
		select {
		case p.gathered <- g:
		case <-p.done:
			return
		}
		room := int64(maxBytes)
		for index, f := range g.files {
			if room == 0 {
				p.hand(piece{index: index, full: true})
				break
			}
			if !p.read(index, f, &room) {
				return
			}
		}
		close(p.pieces)
	}()
	return p
}

// close gives up what was not read.
func (p *pile) close() { close(p.done) }

// hand answers false when nobody takes it any more.
func (p *pile) hand(piece piece) bool {
	select {
	case p.pieces <- piece:
		return true
	case <-p.done:
		return false
	}
}

// read hands over one file, if the person may read it. What grows meanwhile
// ends where the room does.
func (p *pile) read(index int, f found, room *int64) bool {
	in, err := openFile(f.path)
	if err != nil {
		return true
	}
	defer in.Close()
	if info, err := in.Stat(); err != nil || !info.Mode().IsRegular() {
		return true // it was replaced
	}
	most := *room
	if f.size > most {
		most = min(most, maxHead)
	}
	for next := (piece{begin: true, index: index}); ; {
		if !p.hand(next) {
			return false
		}
		if next.end {
			return true
		}
		next = part(in, most)
		most -= int64(len(next.data))
		*room -= int64(len(next.data))
	}
}

// part reads the next piece of a file of which so much is to be read at most.
func part(in io.Reader, most int64) piece {
	data := make([]byte, min(chunk, most+1))
	n, err := io.ReadFull(in, data)
	switch {
	case int64(n) > most:
		return piece{data: data[:most], end: true, why: sensor.TooLarge}
	case err == nil:
		return piece{data: data}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return piece{data: data[:n], end: true}
	}
	return piece{data: data[:n], end: true, why: sensor.Corrupt}
}

// gather waits for what there is; false when it takes too long.
func (p *pile) gather(ctx context.Context) (gathered, bool) {
	timer := time.NewTimer(2 * stalled) // many steps
	defer timer.Stop()
	select {
	case g := <-p.gathered:
		return g, true
	case <-timer.C:
	case <-ctx.Done():
	}
	return gathered{}, false
}

// next waits for the next piece: false when there is none, and with a reason
// when it does not come.
func (p *pile) next(ctx context.Context) (next piece, ok bool, why string) {
	timer := time.NewTimer(stalled)
	defer timer.Stop()
	select {
	case next, ok = <-p.pieces:
		return next, ok, ""
	case <-timer.C:
	case <-ctx.Done():
	}
	return piece{}, false, sensor.TimedOut
}

// content is one file of a pile, as it is read.
type content struct {
	ctx  context.Context
	pile *pile
	rest []byte
	end  bool
	why  string
}

var _ control.Content = (*content)(nil)

func (c *content) Incomplete() string { return c.why }

func (c *content) Read(b []byte) (int, error) {
	for len(c.rest) == 0 && !c.end {
		next, ok, why := c.pile.next(c.ctx)
		c.rest, c.end, c.why = next.data, next.end || !ok, cmp.Or(next.why, why)
	}
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
