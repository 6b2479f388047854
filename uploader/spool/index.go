package spool

import (
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/uploader/incident"
)

// entry is what is known of a record without reading it.
type entry struct {
	id      string
	rank    int
	offered bool   // handed out for sending at least once
	size    int64  // bytes on disk
	like    uint64 // equal for incidents that one counted record can stand for
}

// index is the records in the order they are sent.
type index struct {
	byRank [ranks][]*entry // each by id, that is by time
	byID   map[string]*entry
	byLike map[uint64]*entry // the newest that may still be added to
	seed   maphash.Seed
	count  int
	bytes  int64
}

func newIndex() index {
	return index{byID: map[string]*entry{}, byLike: map[uint64]*entry{}, seed: maphash.MakeSeed()}
}

func (x *index) has(id string) bool { return x.byID[id] != nil }

func compareID(e *entry, id string) int { return strings.Compare(e.id, id) }

func (x *index) add(e *entry) {
	list := x.byRank[e.rank]
	at, _ := slices.BinarySearchFunc(list, e.id, compareID)
	x.byRank[e.rank] = slices.Insert(list, at, e)
	x.byID[e.id] = e
	if !e.offered {
		x.byLike[e.like] = e
	}
	x.count++
	x.bytes += e.size
}

func (x *index) resize(e *entry, size int64) {
	x.bytes += size - e.size
	e.size = size
}

// offer marks a record as one that may not change any more.
func (x *index) offer(e *entry) {
	e.offered = true
	x.forget(e)
}

func (x *index) forget(e *entry) {
	if x.byLike[e.like] == e {
		delete(x.byLike, e.like)
	}
}

// remove takes records out.
func (x *index) remove(gone []*entry) {
	var touched [ranks]bool
	for _, e := range gone {
		if x.byID[e.id] != e {
			continue
		}
		delete(x.byID, e.id)
		x.forget(e)
		x.count--
		x.bytes -= e.size
		touched[e.rank] = true
	}
	for r := range touched {
		if touched[r] {
			x.byRank[r] = slices.DeleteFunc(x.byRank[r], func(e *entry) bool { return x.byID[e.id] != e })
		}
	}
}

// first answers up to n records, highest severity first, then oldest.
func (x *index) first(n int) []*entry {
	var list []*entry
	for r := ranks - 1; r >= 0 && len(list) < n; r-- {
		list = append(list, x.byRank[r][:min(n-len(list), len(x.byRank[r]))]...)
	}
	return list
}

func (x *index) depth() Depth {
	d := Depth{Records: x.count, Bytes: x.bytes}
	for r := range x.byRank {
		if len(x.byRank[r]) == 0 {
			continue
		}
		if at := madeAt(x.byRank[r][0].id); d.Oldest.IsZero() || at.Before(d.Oldest) {
			d.Oldest = at
		}
	}
	return d
}

// madeAt answers the time a UUIDv7 carries (RFC 9562, section 5.7), in UTC.
func madeAt(id string) time.Time {
	u, err := uuid.Parse(id)
	if err != nil {
		return time.Time{}
	}
	sec, nsec := u.Time().UnixTime()
	return time.Unix(sec, nsec).UTC()
}

// likeness is equal for incidents that differ only in when they happened and in
// which file: same person, program, rule, outcome, approval, destination and set
// of classes; for the agent's own, same code and detail.
func (x *index) likeness(i *incident.Incident) uint64 {
	var h maphash.Hash
	h.SetSeed(x.seed)
	put := func(s string) {
		h.WriteString(strconv.Itoa(len(s)))
		h.WriteString(":" + s)
	}
	for _, s := range []string{
		string(i.Kind), string(i.Severity), i.Machine.ID, i.Person.User, strconv.Itoa(i.Person.UID), i.Program.Path,
		i.Network, i.Channel, i.Operation, i.Destination.Device, i.Destination.Serial, i.Destination.Path, i.Destination.Share,
		i.Decision.Action, i.Decision.Would, i.Decision.Rule, i.Decision.Reason, i.Decision.PolicyVersion,
		string(i.Decision.Outcome), i.Decision.Grant, i.Decision.GrantFailed, i.Decision.GrantAbout, i.Content.Status, i.Content.Reason, i.Code,
	} {
		put(s)
	}
	for _, o := range i.Others {
		put(strconv.Itoa(o.UID))
	}
	for _, c := range i.Content.Classes {
		put(c.ID)
	}
	keys := make([]string, 0, len(i.Detail))
	for k := range i.Detail {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		put(k)
		put(i.Detail[k])
	}
	return h.Sum64()
}
