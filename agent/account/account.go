// Package account answers who somebody is on this machine: the name of an
// account and the groups it is in, also those of a company's directory (LDAP,
// Active Directory) where the system is joined to one. It keeps answers for a
// while, since files arrive by the thousand. It knows no policy and records
// nothing.
package account

import (
	"cmp"
	"context"
	"strconv"
	"sync"
	"time"
)

const (
	fresh      = time.Minute     // an answer is used as it is
	patience   = 5 * time.Second // for the directory
	maxKept    = 10_000          // accounts
	maxGroups  = 1_000           // of one account
	leastAsked = time.Second     // between two questions after a failure
)

// Person is somebody on this machine.
type Person struct {
	User   string   // account name; the number where the system has no name for it
	Groups []string // names, in the system's order; shared: never change them
}

// Directory answers persons by the numbers of their accounts. The zero value
// is ready; it is safe for concurrent use.
type Directory struct {
	// Look answers from the system; nil asks this one.
	Look func(ctx context.Context, uid int) (Person, error)

	mu   sync.Mutex
	kept map[int]*answer
}

// answer is what is known of one account.
type answer struct {
	person Person
	until  time.Time
	asking bool
	ready  chan struct{} // closed once there is an answer
}

// Person answers who has a number. The first question waits for the system;
// later ones are answered at once, by what was true up to a minute ago, or
// longer where the directory cannot be reached. uid -1 is nobody.
func (d *Directory) Person(uid int) Person {
	if uid < 0 {
		return Person{}
	}
	d.mu.Lock()
	a := d.kept[uid]
	if a == nil {
		if d.kept == nil || len(d.kept) >= maxKept {
			d.kept = map[int]*answer{}
		}
		a = &answer{ready: make(chan struct{})}
		d.kept[uid] = a
	}
	if !a.asking && time.Now().After(a.until) {
		a.asking = true
		go d.ask(uid, a)
	}
	d.mu.Unlock()
	<-a.ready
	d.mu.Lock()
	defer d.mu.Unlock()
	return a.person
}

// ask asks the system and keeps what was known when it does not answer.
func (d *Directory) ask(uid int, a *answer) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	look := d.Look
	if look == nil {
		look = system
	}
	person, err := look(ctx, uid)
	d.mu.Lock()
	defer d.mu.Unlock()
	a.asking, a.until = false, time.Now().Add(fresh)
	switch {
	case err == nil:
		if person.User == "" {
			person.User = strconv.Itoa(uid)
		}
		person.Groups = person.Groups[:min(len(person.Groups), maxGroups)]
		a.person = person
	case a.person.User == "": // the name alone may be known
		a.person = Person{User: cmp.Or(person.User, strconv.Itoa(uid))}
		fallthrough
	default:
		a.until = time.Now().Add(leastAsked)
	}
	select {
	case <-a.ready:
	default:
		close(a.ready)
	}
}
