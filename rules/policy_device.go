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
		best := len(owners) - 1
		if device := q.Destination.Device; strings.TrimSpace(device.Serial) != "" {
			for i := range q.policy.registered {
				d := &q.policy.registered[i]
				if anyFits(d.serial, []string{device.Serial}) && (len(d.vendor) == 0 || anyFits(d.vendor, []string{device.Vendor})) {
					best = min(best, slices.Index(owners, d.seenBy(q)))
				}
			}
		}
		q.owner = owners[best]
	}
	return string(q.owner)
}

// seenBy answers what a registered medium is to the person.
func (d *registered) seenBy(q *question) owner {
	switch {
	case len(d.people)+len(d.of) == 0:
		return companyDevice
	case anyFits(d.people, []string{q.Actor.User}):
		return ownDevice
	case slices.ContainsFunc(d.of, func(part department) bool {
		return anyFits(part.people, []string{q.Actor.User}) || anyFits(part.groups, q.Actor.Groups)
	}):
		return departmentDevice
	}
	return othersDevice
}
