package rules

import (
	"slices"
	"strings"
)

// registeredSpec registers media with whom they belong to.
type registeredSpec struct {
	Place      place
	Serial     []scalar `yaml:"serial"`
	Vendor     []scalar `yaml:"vendor"`
	People     []scalar `yaml:"people"`
	Department []scalar `yaml:"department"`
}

// registered is one entry, compiled. Without people and departments the media
// are everybody's in the company.
type registered struct {
	serial, vendor, people []*pattern
	of                     []department
}

// registry finds media among those that are registered: its indexes and sets
// are of entries.
type registry struct {
	serial, vendor, people *index
	anybodys               set        // no matter who made them
	everybodys             set        // with neither people nor departments
	parts                  [][]uint16 // by department
	entries                int
}

func newRegistry(entries []registered, departments int) *registry {
	r := &registry{entries: len(entries), anybodys: newSet(len(entries)), everybodys: newSet(len(entries)), parts: make([][]uint16, departments)}
	serial, vendor, people := indexer{}, indexer{}, indexer{}
	for i, d := range entries {
		serial.add(d.serial, i)
		vendor.add(d.vendor, i)
		people.add(d.people, i)
		if len(d.vendor) == 0 {
			r.anybodys.add(i)
		}
		if len(d.people)+len(d.of) == 0 {
			r.everybodys.add(i)
		}
		for _, part := range d.of {
			r.parts[part.number] = append(r.parts[part.number], uint16(i))
		}
	}
	n := len(entries)
	r.serial, r.vendor, r.people = serial.index(n), vendor.index(n), people.index(n)
	return r
}

const maxDevices = 2000

// owners says whose a medium can be, seen from the person who uses it.
type owner string

const (
	ownDevice        owner = "own"
	departmentDevice owner = "department"
	companyDevice    owner = "company"
	othersDevice     owner = "others"
	nobodysDevice    owner = "unregistered"
)

var owners = []owner{ownDevice, departmentDevice, companyDevice, othersDevice, nobodysDevice}

func (c *compiler) devices(specs []registeredSpec, at place) {
	c.most(len(specs), maxDevices, at.In("devices"))
	for i := range specs[:min(len(specs), maxDevices)] {
		s := &specs[i]
		if len(s.Serial) == 0 && s.Place.Line > 0 {
			c.report(s.Place.In("serial"), "policy.missing")
		}
		d := registered{serial: c.patterns(s.Serial), vendor: c.patterns(s.Vendor), people: c.patterns(s.People)}
		for _, ref := range c.list(s.Department) {
			n := slices.IndexFunc(c.parts, func(d department) bool { return d.id == ref.Text })
			if n < 0 {
				c.noDepartment(ref)
				continue
			}
			d.of = append(d.of, c.parts[n])
		}
		c.registered = append(c.registered, d)
	}
}

// deviceOwner answers whose medium it is: the nearest of what it is registered
// as. One that tells no serial number is nobody's.
func (q *question) deviceOwner() string {
	if q.owner == "" {
		q.owner = q.policy.registry.owner(q)
	}
	return string(q.owner)
}

func (r *registry) owner(q *question) owner {
	device := &q.Destination.Device
	if strings.TrimSpace(device.Serial) == "" {
		return nobodysDevice
	}
	these := r.serial.all(r.entries, device.Serial)
	made := r.vendor.all(r.entries, device.Vendor).and(r.anybodys)
	for i := range these {
		these[i] &= made[i]
	}
	switch {
	case these.empty():
		return nobodysDevice
	case these.meets(r.people.all(r.entries, q.Actor.User)):
		return ownDevice
	case q.departments().any(func(d int) bool { return these.hasAny(r.parts[d]) }):
		return departmentDevice
	case these.meets(r.everybodys):
		return companyDevice
	}
	return othersDevice
}
