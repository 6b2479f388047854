package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trustline/trustline/uploader/incident"
)

// commit is what one batch of Puts comes to.
type commit struct {
	*Spool
	drafts  []*draft
	byID    map[string]*draft
	byLike  map[uint64]*draft
	records int   // that the batch adds
	bytes   int64 // that they have, roughly
	merged  int   // counted into a like one
	counted map[incident.Severity]int
	only    []*putting // of counted: those to be told nil
	several []*together
}

// draft is one record to be written, new or changed.
type draft struct {
	incident incident.Incident
	entry    *entry
	fresh    bool // not on disk yet
	size     int64
	waiting  []*putting
	together *together // what it is kept with, or not at all
	err      error
}

// commit keeps a batch. The caller has the turn.
func (s *Spool) commit(batch []*putting) {
	c := &commit{Spool: s, byID: map[string]*draft{}, byLike: map[uint64]*draft{}, counted: map[incident.Severity]int{}}
	for _, p := range batch {
		if len(p.incidents) > 1 {
			c.planTogether(p)
		} else {
			c.plan(p)
		}
	}
	if err := c.sayMerged(); err != nil {
		s.log.Error("could not report merged incidents", "error", err)
	}
	c.write()
	c.takeBack()
	s.mu.Lock()
	for _, d := range c.drafts {
		c.settle(d)
	}
	close(s.grown)
	s.grown = make(chan struct{})
	s.mu.Unlock()
	for _, d := range c.drafts {
		for _, p := range d.waiting {
			p.end(d.err)
		}
	}
	for _, t := range c.several {
		t.putting.end(t.err)
	}
}

// plan decides what becomes of one incident.
func (c *commit) plan(p *putting) {
	i := &p.incidents[0]
	if d := c.byID[i.ID]; d != nil {
		d.waiting = append(d.waiting, p)
		return
	}
	if c.index.has(i.ID) {
		p.end(nil)
		return
	}
	share, like := shares[rank(i.Severity)], c.index.likeness(i)
	full := c.full()
	if full >= share.merge {
		if d := c.alike(like); d != nil {
			d.merge(i)
			d.waiting = append(d.waiting, p)
			c.merged++
			return
		}
	}
	if full < share.keep {
		c.draft(i, like).waiting = []*putting{p}
		return
	}
	c.counted[i.Severity]++
	if share.count {
		c.only = append(c.only, p)
		return
	}
	p.end(fmt.Errorf("keep incident: %w", ErrFull))
}

// full is how much of the limits is used, in percent.
func (c *commit) full() int {
	records := int64(c.index.count+c.records) * 100 / int64(c.limits.Records)
	return int(max(records, (c.index.bytes+c.bytes)*100/c.limits.Bytes))
}

// draft adds a new record to the batch.
func (c *commit) draft(i *incident.Incident, like uint64) *draft {
	d := &draft{incident: *i, fresh: true, entry: &entry{id: i.ID, rank: rank(i.Severity), like: like}}
	c.include(d)
	c.records++
	c.bytes += typicalSize
	return d
}

// typicalSize stands for the size of a record not sealed yet, in bytes.
const typicalSize = 2 << 10

func (c *commit) include(d *draft) {
	c.drafts = append(c.drafts, d)
	c.byID[d.incident.ID] = d
	c.byLike[d.entry.like] = d
}

// alike answers a record that may still be changed and that one like the given
// can be counted into, nil when there is none.
func (c *commit) alike(like uint64) *draft {
	if d := c.byLike[like]; d != nil {
		return d
	}
	e := c.index.byLike[like]
	if e == nil {
		return nil
	}
	i, _, err := c.read(e)
	if err != nil { // found and reported when it is handed out
		return nil
	}
	d := &draft{incident: i, entry: e}
	c.include(d)
	return d
}

// merge counts another incident into the draft.
func (d *draft) merge(i *incident.Incident) {
	d.incident.Count += i.Count
	for _, at := range []time.Time{i.Time, i.Until} {
		if at.After(d.incident.Until) && at.After(d.incident.Time) {
			d.incident.Until = at
		}
	}
	if i.Time.Before(d.incident.Time) {
		if d.incident.Until.IsZero() {
			d.incident.Until = d.incident.Time
		}
		d.incident.Time = i.Time
	}
	if d.incident.Until.IsZero() {
		d.incident.Until = d.incident.Time
	}
}

// sayMerged adds the incident that says what this batch counted instead of
// keeping: to the one that waits already, if it still does.
func (c *commit) sayMerged() error {
	if c.merged == 0 && len(c.counted) == 0 {
		return nil
	}
	d, err := c.noticeDraft()
	if err != nil {
		for _, p := range c.only {
			p.end(err)
		}
		return err
	}
	add := func(key string, n int) {
		had, _ := strconv.Atoi(d.incident.Detail[key])
		d.incident.Detail[key] = strconv.Itoa(had + n)
	}
	if c.merged > 0 {
		add("merged", c.merged)
	}
	for severity, n := range c.counted {
		add("counted-"+string(severity), n)
	}
	d.waiting = append(d.waiting, c.only...)
	return nil
}

func (c *commit) noticeDraft() (*draft, error) {
	if e := c.index.byID[c.notice]; e != nil && !e.offered {
		if i, _, err := c.read(e); err == nil {
			d := &draft{incident: i, entry: e}
			c.include(d)
			return d, nil
		}
	}
	i, err := c.own(CodeMerged, incident.Medium, map[string]string{"limit": strconv.Itoa(c.limits.Records)})
	if err != nil {
		return nil, err
	}
	c.notice = i.ID
	c.log.Warn("spool is filling up: like incidents are counted together", "records", c.index.count, "bytes", c.index.bytes)
	return c.draft(&i, c.index.likeness(&i)), nil
}

// write puts the drafts on the disk, using up the reserve when it is full.
func (c *commit) write() {
	c.writeAll()
	for _, d := range c.drafts {
		if !diskFull(d.err) {
			continue
		}
		if err := os.Remove(filepath.Join(c.dir, reserveFile)); err != nil {
			return // used up before
		}
		c.log.Error("disk full: the spool now uses its reserve", "reserve", reserveSize)
		c.writeAll()
		return
	}
}

func (c *commit) writeAll() {
	var g errgroup.Group
	g.SetLimit(8)
	for _, d := range c.drafts {
		if d.together == nil {
			g.Go(func() error {
				d.err = c.writeRecord(d)
				return nil
			})
		}
	}
	for _, t := range c.several {
		g.Go(func() error {
			t.write(c)
			return nil
		})
	}
	g.Wait()
	if err := syncFolder(c.dir); err != nil {
		for _, d := range c.drafts {
			d.err = errors.Join(d.err, err)
		}
	}
}

func (c *commit) writeRecord(d *draft) error {
	tmp, err := c.writeAside(d)
	if err != nil {
		return err
	}
	return c.reveal(d, tmp)
}

// writeAside writes a record under a name that does not count.
func (c *commit) writeAside(d *draft) (tmp string, err error) {
	sealed, err := seal(c.aead, &d.incident)
	if err != nil {
		return "", err
	}
	if tmp, err = writeTemporary(c.dir, sealed); err != nil {
		return "", fmt.Errorf("write incident record: %w", err)
	}
	d.size = int64(len(sealed))
	return tmp, nil
}

// reveal gives a record its name.
func (c *commit) reveal(d *draft, tmp string) error {
	if err := os.Rename(tmp, filepath.Join(c.dir, d.entry.name())); err != nil {
		os.Remove(tmp)
		return fmt.Errorf("name incident record: %w", err)
	}
	return nil
}

// settle takes a draft into the index, or a failed new one off the disk.
func (c *commit) settle(d *draft) {
	switch {
	case d.err == nil && d.fresh:
		d.entry.size = d.size
		c.index.add(d.entry)
	case d.err == nil:
		c.index.resize(d.entry, d.size)
	case d.fresh:
		os.Remove(filepath.Join(c.dir, d.entry.name()))
	}
}
