package rules

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a policy names time zones on systems that know none

	"github.com/trustline/trustline/rules/strictyaml"
)

type timeSpec struct {
	Place place
	From  scalar   `yaml:"from"`
	To    scalar   `yaml:"to"`
	Days  []scalar `yaml:"days"`
	Zone  scalar   `yaml:"zone"`
}

// weekdays are in the order of time.Weekday.
var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// timeCondition wants a time of day, on some days of the week.
type timeCondition struct {
	begin, end int // minutes since midnight; end is not part of it
	days       [7]bool
	anyDay     bool
	zone       *time.Location
	written    string
}

func (*timeCondition) field() string                  { return "time" }
func (c *timeCondition) from(q *question) (int, bool) { return settled(c, q) }
func (c *timeCondition) holds(q *question) bool {
	t := q.Time.In(c.zone)
	minute := t.Hour()*60 + t.Minute()
	within := minute >= c.begin && minute < c.end
	if c.begin > c.end { // through midnight
		within = minute >= c.begin || minute < c.end
	}
	return within && (c.anyDay || c.days[t.Weekday()])
}
func (c *timeCondition) wanted() string { return c.written }
func (c *timeCondition) found(q *question) string {
	t := q.Time.In(c.zone)
	return weekdays[t.Weekday()] + " " + t.Format("15:04")
}

// time compiles a period of the day: from and to belong together, days alone
// mean the whole day. Without a zone it is the workstation's own.
func (c *compiler) time(s *timeSpec) []condition {
	if s == nil || s.Place.Line == 0 {
		return nil
	}
	t := &timeCondition{end: 24 * 60, zone: time.Local, anyDay: len(s.Days) == 0}
	if s.From.Given() || s.To.Given() {
		c.require(s.From, s.Place, "from")
		c.require(s.To, s.Place, "to")
		t.begin, t.end = c.clock(s.From), c.clock(s.To)
		if t.begin == t.end && s.To.Text != "" {
			c.report(s.To.Place, "policy.time-empty")
		}
	}
	var days []string
	for _, d := range c.list(s.Days) {
		word := oneOf(c, d, weekdays, "")
		for i, name := range weekdays {
			t.days[i] = t.days[i] || name == word
		}
		days = append(days, word)
	}
	if !s.From.Given() && t.anyDay {
		c.report(s.Place, "policy.empty-conditions")
	}
	if s.Zone.Text != "" {
		zone, err := time.LoadLocation(s.Zone.Text)
		if err != nil {
			c.report(s.Zone.Place, "policy.zone", "Value", strictyaml.Quote(s.Zone.Text))
			zone = time.UTC
		}
		t.zone = zone
	}
	period := fmt.Sprintf("%02d:%02d–%02d:%02d %s", t.begin/60, t.begin%60, t.end/60, t.end%60, either(days))
	t.written = strings.TrimSpace(strings.TrimSpace(period) + " " + s.Zone.Text)
	return []condition{t}
}

// clock reads a time of day in minutes since midnight; 24:00 is its end.
func (c *compiler) clock(s scalar) int {
	if s.Text == "24:00" {
		return 24 * 60
	}
	t, err := time.Parse("15:04", s.Text)
	if s.Text != "" && err != nil {
		c.report(s.Place, "policy.clock")
	}
	return t.Hour()*60 + t.Minute()
}
