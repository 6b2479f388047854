package disk

import (
	"errors"
	"testing"
)

// busy is a drive on which somebody looks for a while.
type busy struct{ looks, asked int }

func (b *busy) Lock() error {
	b.asked++
	if b.asked <= b.looks {
		return errors.New("in use")
	}
	return nil
}

func TestLockWaitsALittle(t *testing.T) {
	for looks, want := range map[int]struct {
		asked, pauses int
		locked        bool
	}{0: {1, 0, true}, 3: {4, 3, true}, lockTries: {lockTries, lockTries - 1, false}} {
		b, pauses := &busy{looks: looks}, 0
		err := Lock(b, func() { pauses++ })
		if (err == nil) != want.locked || b.asked != want.asked || pauses != want.pauses {
			t.Errorf("%d: %v after %d attempts and %d pauses", looks, err, b.asked, pauses)
		}
	}
}
