package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
)

// condition is one line of a rule or of a class.
type condition interface {
	// field is the path the condition is written under: "device.serial".
	field() string
	holds(q *question) bool
	// from answers from how many people on the condition holds whatever else
	// is found; false when people alone do not settle it.
	from(q *question) (people int, ok bool)
	// wanted and found say both sides in the words of a policy file.
	wanted() string
	found(q *question) string
}

// question is an activity put to a policy.
type question struct {
	activity.Activity
	Content
	Context
	policy  *Policy
	classes []bool // which of the policy's classes the content belongs to
	// folded holds the texts as patterns see them, once asked for.
	folded   [textFields]string
	isFolded [textFields]bool
	owner    owner // of the medium, "" until asked for
	partOf   set   // departments of the person, nil until asked for
}

func (p *Policy) question(a activity.Activity, c Content, ctx Context) *question {
	q := &question{Activity: a, Content: c, Context: ctx, policy: p, classes: make([]bool, len(p.classes))}
	for i := range p.classes {
		q.classes[i] = p.classes[i].holds(q)
	}
	return q
}

func (c *class) holds(q *question) bool {
	for _, one := range c.all {
		if !one.holds(q) {
			return false
		}
	}
	return len(c.any) == 0 || slices.ContainsFunc(c.any, func(one condition) bool { return one.holds(q) })
}

// from combines the conditions of a class: all of all, and one of any.
func (c *class) from(q *question) (int, bool) {
	people, ok := fromAll(c.all, q)
	if !ok || len(c.any) == 0 {
		return people, ok
	}
	least, ok := fromAny(c.any, func(one condition) (int, bool) { return one.from(q) })
	return max(people, least), ok
}

func fromAll(conditions []condition, q *question) (int, bool) {
	most := 0
	for _, c := range conditions {
		n, ok := c.from(q)
		if !ok {
			return 0, false
		}
		most = max(most, n)
	}
	return most, true
}

func fromAny[T any](those []T, from func(T) (int, bool)) (least int, found bool) {
	for _, one := range those {
		if n, ok := from(one); ok && (!found || n < least) {
			least, found = n, true
		}
	}
	return least, found
}

// settled answers from for a condition that does not look at content.
func settled(c condition, q *question) (int, bool) { return 0, c.holds(q) }

// recordsCondition wants people in records of some classes.
type recordsCondition struct {
	atLeast int
	of      []detect.Class // nil: of any
	except  []string       // lists of people who do not count
}

func (recordsCondition) field() string            { return "records" }
func (c recordsCondition) holds(q *question) bool { return c.people(q) >= c.atLeast }
func (c recordsCondition) wanted() string {
	w := atLeast(c.atLeast)
	if c.of != nil {
		w = fmt.Sprintf("%s of %v", w, c.of)
	}
	return w + without(c.except)
}
func (c recordsCondition) found(q *question) string {
	return strconv.Itoa(c.people(q))
}
func (c recordsCondition) from(*question) (int, bool) {
	return c.atLeast, c.of == nil && len(c.except) == 0
}

// people answers how many people have a record of two or more of the classes.
// The detector counts people over all classes; how many of them have two of
// these is bounded by the findings: each such person needs two, and one of
// them not of the commonest class. The bound is exact where the content holds
// no other classes, and never too low.
//
// People on lists that do not count are taken off where two fields of them
// stand together: what makes a record.
func (c recordsCondition) people(q *question) int {
	return max(0, c.counted(q)-q.Known.onAny(c.except))
}

func (c recordsCondition) counted(q *question) int {
	if c.of == nil {
		return q.Summary.People
	}
	sum, most := 0, 0
	for _, s := range q.Summary.Classes {
		if slices.Contains(c.of, s.Class) {
			sum += s.Count
			most = max(most, s.Count)
		}
	}
	return min(q.Summary.People, sum/2, sum-most)
}

// countCondition wants findings of one class.
type countCondition struct {
	class      detect.Class
	atLeast    int
	repeats    bool // count every finding, not every value once
	confidence float64
}

func (countCondition) field() string              { return "count" }
func (countCondition) from(*question) (int, bool) { return 0, false }
func (c countCondition) holds(q *question) bool {
	n, confidence := c.count(q)
	return n >= c.atLeast && confidence >= c.confidence
}
func (c countCondition) wanted() string {
	w := fmt.Sprintf("%s %s", c.class, atLeast(c.atLeast))
	if c.confidence > 0 {
		w += fmt.Sprintf(", confidence ≥ %.2g", c.confidence)
	}
	return w
}
func (c countCondition) found(q *question) string {
	n, confidence := c.count(q)
	if n == 0 || c.confidence == 0 {
		return fmt.Sprintf("%s %d", c.class, n)
	}
	return fmt.Sprintf("%s %d, confidence %.2g", c.class, n, confidence)
}

func (c countCondition) count(q *question) (int, float64) {
	for _, s := range q.Summary.Classes {
		switch {
		case s.Class != c.class:
		case c.repeats:
			return s.Count, s.Confidence
		default:
			return s.Distinct, s.Confidence
		}
	}
	return 0, 0
}

// classCondition wants one of the policy's classes.
type classCondition struct {
	names []string
	index []int
}

func (*classCondition) field() string { return "class" }
func (c *classCondition) holds(q *question) bool {
	return slices.ContainsFunc(c.index, func(i int) bool { return q.classes[i] })
}
func (c *classCondition) wanted() string         { return either(c.names) }
func (*classCondition) found(q *question) string { return strings.Join(q.matched(), ", ") }
func (c *classCondition) from(q *question) (int, bool) {
	return fromAny(c.index, func(i int) (int, bool) { return q.policy.classes[i].from(q) })
}

// matched answers the ids of the classes the content belongs to, in the order
// of the file.
func (q *question) matched() []string {
	var ids []string
	for i, ok := range q.classes {
		if ok {
			ids = append(ids, q.policy.classes[i].id)
		}
	}
	return ids
}

// levelCondition wants a class of at least a level.
type levelCondition struct{ atLeast Level }

func (levelCondition) field() string              { return "level" }
func (c levelCondition) holds(q *question) bool   { return c.highest(q) >= c.atLeast }
func (c levelCondition) wanted() string           { return "≥ " + c.atLeast.String() }
func (c levelCondition) found(q *question) string { return c.highest(q).String() }
func (c levelCondition) from(q *question) (int, bool) {
	return fromAny(q.policy.classes, func(one class) (int, bool) {
		if one.level < c.atLeast {
			return 0, false
		}
		return one.from(q)
	})
}

func (c levelCondition) highest(q *question) (level Level) {
	for i, ok := range q.classes {
		if ok {
			level = max(level, q.policy.classes[i].level)
		}
	}
	return level
}

// peopleCondition wants people in records, of whatever classes.
type peopleCondition struct{ atLeast int }

func (peopleCondition) field() string                { return "people" }
func (c peopleCondition) from(*question) (int, bool) { return c.atLeast, true }
func (c peopleCondition) holds(q *question) bool     { return q.Summary.People >= c.atLeast }
func (c peopleCondition) wanted() string             { return atLeast(c.atLeast) }
func (c peopleCondition) found(q *question) string   { return strconv.Itoa(q.Summary.People) }

// rollingCondition wants people over all that a person has taken to a device
// in a period. Content without anybody in it adds nothing and is left alone.
type rollingCondition struct {
	people int
	within time.Duration
}

func (rollingCondition) field() string                { return "rolling" }
func (c rollingCondition) from(*question) (int, bool) { return c.people, true }
func (c rollingCondition) holds(q *question) bool {
	return q.Summary.People > 0 && c.total(q) >= c.people
}
func (c rollingCondition) wanted() string           { return atLeast(c.people) + " in " + span(c.within) }
func (c rollingCondition) found(q *question) string { return strconv.Itoa(c.total(q)) }

// total is never less than the people of the content itself.
func (c rollingCondition) total(q *question) int {
	return max(q.RollingPeople[c.within], q.Summary.People)
}

// wordCondition wants one of several words.
type wordCondition struct {
	path  string
	words []string
	word  func(q *question) string
	// content tells that the word is known only once content has been read.
	content bool
}

func (c *wordCondition) field() string            { return c.path }
func (c *wordCondition) holds(q *question) bool   { return slices.Contains(c.words, c.word(q)) }
func (c *wordCondition) wanted() string           { return either(c.words) }
func (c *wordCondition) found(q *question) string { return c.word(q) }
func (c *wordCondition) from(q *question) (int, bool) {
	if c.content {
		return 0, false
	}
	return settled(c, q)
}

// encryptedCondition wants a medium that is encrypted, or one that is not.
type encryptedCondition struct{ encrypted bool }

func (encryptedCondition) field() string                  { return "device.encrypted" }
func (c encryptedCondition) from(q *question) (int, bool) { return settled(c, q) }
func (c encryptedCondition) holds(q *question) bool {
	return q.Destination.Device.Encrypted == c.encrypted
}
func (c encryptedCondition) wanted() string { return strconv.FormatBool(c.encrypted) }
func (c encryptedCondition) found(q *question) string {
	return strconv.FormatBool(q.Destination.Device.Encrypted)
}

// sizeCondition wants a file larger than some bytes. An unknown size is not.
type sizeCondition struct{ bytes int64 }

func (sizeCondition) field() string              { return "file.larger-than" }
func (sizeCondition) from(*question) (int, bool) { return 0, false }
func (c sizeCondition) holds(q *question) bool   { return q.Subject.Size > c.bytes }
func (c sizeCondition) wanted() string           { return fmt.Sprintf("> %d bytes", c.bytes) }
func (c sizeCondition) found(q *question) string { return fmt.Sprintf("%d bytes", q.Subject.Size) }

func atLeast(n int) string         { return "≥ " + strconv.Itoa(n) }
func either(words []string) string { return strings.Join(words, " | ") }

// span writes a duration without its zero parts: 24h.
func span(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"0s", "0m"} {
		if cut, ok := strings.CutSuffix(s, zero); ok && cut != "" && !strings.ContainsAny(cut[len(cut)-1:], "0123456789") {
			s = cut
		}
	}
	return s
}
