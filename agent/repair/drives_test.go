package repair

import (
	"errors"
	"testing"
)

// left are drives that a service has left read-only.
type left struct {
	drives int
	err    error
}

func (l *left) Left() int { return l.drives }
func (l *left) Stop() error {
	if l.err == nil {
		l.drives = 0
	}
	return l.err
}

func TestDrivesAreGivenBackUnlessTheFleetDecides(t *testing.T) {
	no := errors.New("no")
	for _, c := range []struct {
		left     left
		enrolled bool
		want     Outcome
		still    int
	}{
		{left{0, nil}, false, Nothing, 0},
		{left{0, nil}, true, Nothing, 0},
		{left{2, nil}, false, Repaired, 0},
		{left{2, nil}, true, Left, 2},
		{left{2, no}, false, Failed, 2},
	} {
		l := c.left
		got, _, err := giveBack(&l, c.enrolled)
		if got != c.want || l.drives != c.still || (err != nil) != (c.want == Failed) {
			t.Errorf("%+v, enrolled %t: %s, %v, %d still", c.left, c.enrolled, got, err, l.drives)
		}
	}
}
