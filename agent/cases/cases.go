// Package cases keeps what the people at this machine were stopped in doing,
// for as long as they may still want to do something about it: each person
// their own, and only there. Unlike an incident a case knows the file's true
// name and place, so it stays on this machine, encrypted, and is told to nobody
// but the person themselves. It decides nothing.
package cases

import (
	"sync"
	"time"

	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/uploader/incident"
)

// Bounds on what is kept.
const (
	maxPerson = 100 // cases of one person
	maxPeople = 256
	keepFor   = 7 * 24 * time.Hour
)

// Case is one thing that was stopped or warned about.
type Case struct {
	Notice  prompt.Notice    `json:"notice"`            // its id is the incident's; texts are masked
	Matches []incident.Match `json:"matches,omitempty"` // masked
	Source  string           `json:"source,omitempty"`  // path of what was copied, "" when not known
	Target  string           `json:"target,omitempty"`  // path it was going to
	// Said is the source as the person's own helper says: it is for them, and
	// the service never opens it.
	Said   string `json:"said,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of the content that was stopped, "" where not all of it was seen
	Steps  []Step `json:"steps,omitempty"`  // what has been done about it, oldest first

	// Channel and Destination are what grants name; Classes and People what was
	// seen before it was stopped.
	Channel     string   `json:"channel"`
	Destination string   `json:"destination"`
	Place       string   `json:"place"`
	Classes     []string `json:"classes,omitempty"`
	People      int      `json:"people"`
	// Begun tells that what was seen before is not all there is, and nobody
	// knows how much there is.
	Begun bool `json:"begun,omitempty"`
	// Activity is what was stopped, so that the service can decide again about
	// more of the content. It is kept, and told to nobody.
	Activity *activity.Activity `json:"activity,omitempty"`
}

// What can have been done about a case.
const (
	MaskedCopy = "masked-copy"       // a masked copy was saved instead
	Requested  = "requested"         // approval was asked for
	Granted    = "granted"           // and given
	Refused    = "refused"           // or not
	Used       = "used"              // what was approved was done
	Withdrawn  = "withdrawn"         // an approval ended before its time
	Mistake    = "not-customer-data" // the person says that we are wrong
	Justified  = "justified"         // the person gave a reason and went on
	Released   = "released"          // and may go on once until it was looked at
	Silenced   = "silenced"          // the person wants no more notices of the rule for a while
	NotCovered = "not-covered"       // there is an approval, and it does not hold for this; Text says why
)

// Step is one thing done about a case.
type Step struct {
	What  string    `json:"what"`
	Time  time.Time `json:"time"`            // UTC
	Text  string    `json:"text,omitempty"`  // why, or by whom
	Grant string    `json:"grant,omitempty"` // id of the approval it is about
	// Until and Left say of a grant how long and how often it still holds.
	Until time.Time `json:"until,omitzero"`
	Left  int       `json:"left,omitempty"`
}

// Book holds the cases of everybody at this machine. The zero value is empty;
// it is safe for concurrent use.
type Book struct {
	mu     sync.Mutex
	people map[int][]*Case // by uid, oldest first
	store  *store          // nil: in memory alone
}

// Add keeps a case of a person.
func (b *Book) Add(uid int, c Case) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.people == nil {
		b.people = map[int][]*Case{}
	}
	if _, known := b.people[uid]; !known && len(b.people) >= maxPeople {
		b.forgetSomebody()
	}
	own := append(b.people[uid], &c)
	for len(own) > maxPerson || time.Since(own[0].Notice.Time) > keepFor && len(own) > 1 {
		own = own[1:]
	}
	b.people[uid] = own
	b.changed(uid)
}

// forgetSomebody makes room by the person whose last case is the oldest.
func (b *Book) forgetSomebody() {
	oldest, at := -1, time.Time{}
	for uid, own := range b.people {
		if last := own[len(own)-1].Notice.Time; oldest < 0 || last.Before(at) {
			oldest, at = uid, last
		}
	}
	delete(b.people, oldest)
	b.changed(oldest)
}

// List answers a person's cases, newest first.
func (b *Book) List(uid int) []Case {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := b.people[uid]
	list := make([]Case, 0, len(own))
	for i := len(own) - 1; i >= 0; i-- {
		list = append(list, own[i].clone())
	}
	return list
}

// Find answers a case of this person; false when they have none of this id.
func (b *Book) Find(uid int, id string) (Case, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.find(uid, id); c != nil {
		return c.clone(), true
	}
	return Case{}, false
}

// Note adds a step to a person's case; false when they have none of this id.
func (b *Book) Note(uid int, id string, s Step) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.find(uid, id)
	if c == nil {
		return false
	}
	if len(c.Steps) < maxSteps {
		c.Steps = append(c.Steps, s)
		b.changed(uid)
	}
	return true
}

// maxSteps bounds what is remembered of one case.
const maxSteps = 50

func (b *Book) find(uid int, id string) *Case {
	for _, c := range b.people[uid] {
		if c.Notice.ID == id {
			return c
		}
	}
	return nil
}

func (c *Case) clone() Case {
	out := *c
	out.Steps = append([]Step(nil), c.Steps...)
	return out
}
