package clipboard

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/trustline/trustline/agent/control"
	sensor "github.com/trustline/trustline/agent/sensor/clipboard"
)

const (
	// readFor bounds reading all files of one copy, askFiles having them judged.
	readFor  = time.Minute
	askFiles = 2 * time.Minute

	maxWaiting = 8 // copies of files to be looked at; what is more is not
	maxStuck   = 4 // readers left behind; until one comes back nothing is read
	maxNamed   = 20
)

// lookup is a copy of files whose content is to be judged.
type lookup struct {
	sensor *sensor.Sensor
	copied sensor.Copy
}

// lookAtFiles has the content of copied files judged until the context ends,
// beside what else is copied meanwhile.
func (c *Clipboard) lookAtFiles(ctx context.Context, waiting <-chan lookup) {
	readers := make(chan struct{}, maxStuck)
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-waiting:
			if err := c.lookAt(ctx, l, readers); err != nil && ctx.Err() == nil {
				c.complain(err)
				c.notLookedAt(ctx, l)
			}
		}
	}
}

// lookAt reads the files as the person and hands them to the service. What is
// not looked at, it is told.
func (c *Clipboard) lookAt(ctx context.Context, l lookup, readers chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, askFiles)
	defer cancel()
	client, err := control.Dial(ctx, c.Socket)
	if err != nil {
		return err
	}
	defer client.Close()
	select {
	case readers <- struct{}{}:
	default:
		c.notLookedAt(ctx, l)
		return nil
	}
	p := open(l.copied.Files, func() { <-readers })
	defer p.close()
	ask := func(path string, content control.Content) (control.Verdict, error) {
		return c.have(ctx, client, l, path, content)
	}
	left, why, err := c.judgeFiles(ctx, p, l.copied, ask)
	if err == nil && len(left) > 0 {
		_, err = ask(names(left), nothing(why))
	}
	return err
}

// notLookedAt tells the service of files that nobody looked at.
func (c *Clipboard) notLookedAt(ctx context.Context, l lookup) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	client, err := control.Dial(ctx, c.Socket)
	if err == nil {
		defer client.Close()
		_, err = c.have(ctx, client, l, names(l.copied.Files), nothing(sensor.TimedOut))
	}
	if err != nil {
		c.complain(err)
	}
}

// have has one file judged, and the copy taken off where it is not to stay.
func (c *Clipboard) have(ctx context.Context, client *control.Client, l lookup, path string, content control.Content) (control.Verdict, error) {
	f := control.ClipFile{Path: path, Program: l.copied.Source.Program, Content: content}
	return client.ClipFile(ctx, f, func(ctx context.Context) bool { return c.clear(ctx, l.sensor, l.copied) })
}

// judgeFiles has the files of a pile judged one after the other until one is
// not to stay on the clipboard. It answers what was not looked at, and why.
func (c *Clipboard) judgeFiles(ctx context.Context, p *pile, copied sensor.Copy, ask func(string, control.Content) (control.Verdict, error)) (left []string, why string, err error) {
	reading, cancel := context.WithTimeout(ctx, readFor)
	defer cancel()
	g, ok := p.gather(reading)
	if !ok {
		return copied.Files, sensor.TimedOut, nil
	}
	begun := 0 // files of which nothing is left to be said
	for {
		next, ok, why := p.next(reading)
		if !ok {
			if why == "" {
				why = sensor.TooLarge
			}
			for _, f := range g.files[begun:] {
				g.left = append(g.left, f.path)
			}
			return g.left, why, nil
		}
		if !next.begin {
			continue // of a file that was cut
		}
		begun = next.index + 1
		verdict, err := ask(g.files[next.index].path, &content{ctx: reading, pile: p})
		if err != nil {
			return nil, "", err
		}
		c.Log.Info("a copied file was judged", "action", verdict.Action, "incident", verdict.Incident, "after", time.Since(copied.Time))
		if verdict.Clear {
			return nil, "", nil
		}
	}
}

// names are those of some files, for people to read.
func names(paths []string) string {
	more := len(paths) > maxNamed
	list := make([]string, 0, maxNamed)
	for _, p := range paths[:min(len(paths), maxNamed)] {
		list = append(list, filepath.Base(p))
	}
	if more {
		list = append(list, "…")
	}
	return strings.Join(list, ", ")
}

// nothing is the content of which nothing was read, for this reason.
type nothing string

func (n nothing) Read([]byte) (int, error) { return 0, io.EOF }

func (n nothing) Incomplete() string { return string(n) }
