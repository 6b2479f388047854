package cases

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/prompt"
)

func made(id string, at time.Time) Case { return Case{Notice: prompt.Notice{ID: id, Time: at}} }

func TestEverybodySeesTheirOwn(t *testing.T) {
	var b Book
	now := time.Now()
	b.Add(1000, made("a", now))
	b.Add(1000, made("b", now))
	b.Add(1001, made("c", now))
	if l := b.List(1000); len(l) != 2 || l[0].Notice.ID != "b" {
		t.Errorf("%+v", l)
	}
	if _, ok := b.Find(1001, "a"); ok {
		t.Error("somebody else's case was found")
	}
	if b.Note(1001, "a", Step{What: Mistake}) || !b.Note(1000, "a", Step{What: Mistake}) {
		t.Error("steps go to the wrong person")
	}
	c, ok := b.Find(1000, "a")
	if !ok || len(c.Steps) != 1 {
		t.Fatalf("%+v", c)
	}
	c.Steps[0].What = "changed"
	if again, _ := b.Find(1000, "a"); again.Steps[0].What != Mistake {
		t.Error("what was answered changes what is kept")
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	var b Book
	now := time.Now()
	b.Add(1, made("old", now.Add(-keepFor-time.Hour)))
	var all sync.WaitGroup
	for uid := range maxPeople + 10 {
		all.Go(func() {
			for n := range maxPerson + 5 {
				b.Add(uid, made(strconv.Itoa(n), now.Add(time.Duration(n)*time.Millisecond)))
			}
		})
	}
	all.Wait()
	if len(b.people) > maxPeople {
		t.Errorf("%d people", len(b.people))
	}
	for uid, own := range b.people {
		if len(own) > maxPerson {
			t.Fatalf("%d cases of %d", len(own), uid)
		}
	}
	if _, ok := b.Find(1, "old"); ok {
		t.Error("a case is kept for ever")
	}
	var one Book
	one.Add(1, made("a", now))
	for range maxSteps + 5 {
		one.Note(1, "a", Step{})
	}
	if c, ok := one.Find(1, "a"); !ok || len(c.Steps) != maxSteps {
		t.Fatalf("%d steps", len(c.Steps))
	}
}
