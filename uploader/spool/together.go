package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/trustline/trustline/uploader/incident"
)

// together is a Put of several incidents under way.
type together struct {
	putting *putting
	drafts  []*draft
	err     error
}

// planTogether decides what becomes of incidents of which all are kept or none.
// They are not counted into others, nor others into them: what stands on the
// disk already could not be taken back. So there is room for them, whatever
// their weight, as long as there is for what weighs much.
func (c *commit) planTogether(p *putting) {
	ids := map[string]bool{}
	for n := range p.incidents {
		i := &p.incidents[n]
		if ids[i.ID] || c.byID[i.ID] != nil {
			p.end(fmt.Errorf("keep incidents: %s is put twice at once", i.ID))
			return
		}
		ids[i.ID] = true
	}
	full := c.full()
	for n := range p.incidents {
		if full >= max(shares[rank(p.incidents[n].Severity)].keep, shares[rank(incident.High)].keep) {
			for n := range p.incidents {
				c.counted[p.incidents[n].Severity]++
			}
			p.end(fmt.Errorf("keep incidents: %w", ErrFull))
			return
		}
	}
	t := &together{putting: p}
	for n := range p.incidents {
		i := &p.incidents[n]
		if c.index.has(i.ID) {
			continue
		}
		like := c.index.likeness(i)
		other := c.byLike[like]
		d := c.draft(i, like)
		if d.together = t; other != nil {
			c.byLike[like] = other
		} else {
			delete(c.byLike, like)
		}
		t.drafts = append(t.drafts, d)
	}
	c.several = append(c.several, t)
}

// write writes all before the first has its name: from then on little can go
// wrong.
func (t *together) write(c *commit) {
	var tmps []string
	var err error
	for _, d := range t.drafts {
		var tmp string
		if tmp, err = c.writeAside(d); err != nil {
			break
		}
		tmps = append(tmps, tmp)
	}
	for n := 0; n < len(t.drafts) && err == nil; n++ {
		err = c.reveal(t.drafts[n], tmps[n])
	}
	for _, d := range t.drafts {
		d.err = err
	}
	for _, tmp := range tmps {
		if err != nil {
			os.Remove(tmp) // those that have a name by now are not there
		}
	}
}

// takeBack takes what belongs together off the disk where it is not all there.
func (c *commit) takeBack() {
	failed := false
	for _, t := range c.several {
		for _, d := range t.drafts {
			t.err = errors.Join(t.err, d.err)
		}
		for _, d := range t.drafts {
			if d.err = t.err; t.err == nil {
				continue
			}
			failed = true
			if err := os.Remove(filepath.Join(c.dir, d.entry.name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				c.log.Error("an incident record that does not count cannot be removed", "incident", d.incident.ID, "error", err)
			}
		}
	}
	if !failed {
		return
	}
	if err := syncFolder(c.dir); err != nil {
		c.log.Error("incident records that do not count may come back", "error", err)
	}
}
