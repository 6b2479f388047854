package clipboard

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/trustline/trustline/agent/control"
	sensor "github.com/trustline/trustline/agent/sensor/clipboard"
)

const (
	// readFor bounds reading all files of one copy, askFiles having them judged.
	// What is read last still has to arrive.
	readFor  = control.FileArrives - 15*time.Second
	askFiles = 2 * time.Minute

	maxStuck = 4 // readers left behind; until one comes back nothing is read
	maxNamed = 20
)

// lookup is a copy of files whose content is to be judged.
type lookup struct {
	sensor *sensor.Sensor
	copied sensor.Copy
	more   int // files beyond those of copied, of copies that were put together
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
			err := c.lookAt(ctx, l, readers)
			if err != nil && ctx.Err() == nil {
				c.complain(err)
				c.sayNotLookedAt(ctx, l)
			}
			c.Log.Info("copied files were looked at", "after", time.Since(l.copied.Time))
		}
	}
}

// lookAt reads the files as the person and hands them to the service. What is
// not looked at, it is told.
func (c *Clipboard) lookAt(ctx context.Context, l lookup, readers chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, askFiles)
	defer cancel()
	select {
	case readers <- struct{}{}:
	default:
		return c.notLookedAt(ctx, l, l.copied.Files, sensor.TimedOut)
	}
	p := open(l.copied.Files, func() { <-readers })
	defer p.close()
	reading, stop := context.WithTimeout(ctx, readFor)
	defer stop()
	g, ok := p.gather(reading)
	if !ok {
		return c.notLookedAt(ctx, l, l.copied.Files, sensor.TimedOut)
	}
	left, why, err := c.judgeFiles(ctx, reading, l, p, g)
	if err == nil && len(left) > 0 {
		err = c.notLookedAt(ctx, l, left, why)
	}
	return err
}

// sayNotLookedAt is for what was given up.
func (c *Clipboard) sayNotLookedAt(ctx context.Context, l lookup) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	if err := c.notLookedAt(ctx, l, l.copied.Files, sensor.TimedOut); err != nil && ctx.Err() == nil {
		c.complain(err)
	}
}

// judgeFiles has the files of a pile judged one after the other until one is
// not to stay on the clipboard. It answers what was not looked at, and why.
func (c *Clipboard) judgeFiles(ctx, reading context.Context, l lookup, p *pile, g gathered) (left []string, why string, err error) {
	if len(g.files) == 0 {
		return g.left, sensor.TooLarge, nil
	}
	client, err := control.Dial(ctx, c.Socket)
	if err != nil {
		return nil, "", err
	}
	defer client.Close()
	for begun := 0; ; {
		next, ok, why := p.next(reading)
		switch {
		case why != "":
			return append(g.left, g.paths(begun)...), why, nil
		case !ok:
			return g.left, sensor.TooLarge, nil
		case next.full:
			return append(g.left, g.paths(next.index)...), sensor.TooLarge, nil
		case !next.begin: // the rest of a file of which more came than is taken
			continue
		}
		begun = next.index + 1
		verdict, err := c.have(ctx, client, l, g.files[next.index].path, &content{ctx: reading, pile: p})
		if err != nil || verdict.Clear {
			return nil, "", err
		}
	}
}

// notLookedAt tells the service of files that nobody looked at.
func (c *Clipboard) notLookedAt(ctx context.Context, l lookup, files []string, why string) error {
	client, err := control.Dial(ctx, c.Socket)
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = c.have(ctx, client, l, names(files, l.more), nothing(why))
	return err
}

// have has one file judged, and the copy taken off where it is not to stay.
func (c *Clipboard) have(ctx context.Context, client *control.Client, l lookup, path string, content control.Content) (control.Verdict, error) {
	f := control.ClipFile{Path: path, Program: l.copied.Source.Program, Content: content}
	verdict, err := client.ClipFile(ctx, f, func(ctx context.Context) bool { return c.clear(ctx, l.sensor, l.copied) })
	if err == nil {
		c.Log.Info("a copied file was looked at", "action", verdict.Action, "incident", verdict.Incident, "after", time.Since(l.copied.Time))
	}
	return verdict, err
}

// names are those of some files, for people to read, and how many more there are.
func names(paths []string, more int) string {
	more += max(0, len(paths)-maxNamed)
	list := make([]string, 0, maxNamed+1)
	for _, p := range paths[:min(len(paths), maxNamed)] {
		list = append(list, filepath.Base(p))
	}
	if more > 0 {
		list = append(list, fmt.Sprintf("… (+%d)", more))
	}
	return strings.Join(list, ", ")
}

// nothing is the content of which nothing was read, for this reason.
type nothing string

func (n nothing) Read([]byte) (int, error) { return 0, io.EOF }

func (n nothing) Incomplete() string { return string(n) }
