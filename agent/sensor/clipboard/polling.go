package clipboard

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/atotto/clipboard"
)

const pollEvery = time.Second

// polling looks at the clipboard now and then: where the system has no change
// events, or none that we can use. It sees text only and no source.
type polling struct {
	// changes counts what is put on the clipboard, where the system has such a
	// count: reading is then only done when it moved. Nil where it has none.
	changes func() uint32

	mu   sync.Mutex
	last [sha256.Size]byte
}

func newPolling(changes func() uint32) *polling { return &polling{changes: changes} }

func (p *polling) name() string { return "polling" }

func (p *polling) watch(ctx context.Context, seen func(Copy)) error {
	if clipboard.Unsupported {
		return fmt.Errorf("watch the clipboard: no program to read it with: %w", errors.ErrUnsupported)
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var count uint32
	for {
		if c, ok := p.look(&count); ok {
			seen(c)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (p *polling) look(count *uint32) (Copy, bool) {
	if p.changes != nil {
		n := p.changes()
		if n == *count {
			return Copy{}, false
		}
		*count = n
	}
	text, err := clipboard.ReadAll()
	if err != nil || text == "" {
		return Copy{}, false // empty, or no text
	}
	if !p.isNew(text) {
		return Copy{}, false
	}
	c := Copy{Time: time.Now().UTC()}
	complete := true
	if c.Text, complete = boundText(text); !complete {
		c.Incomplete = TooLarge
	}
	return c, true
}

// isNew tells whether the text is another one than last time, of which only a
// hash is kept.
func (p *polling) isNew(text string) bool {
	sum := sha256.Sum256([]byte(text))
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh := sum != p.last
	p.last = sum
	return fresh
}

// clear empties the clipboard if it still holds the same text.
func (p *polling) clear(_ context.Context, c Copy) error {
	text, err := clipboard.ReadAll()
	if err != nil {
		return fmt.Errorf("clear the clipboard: %w", err)
	}
	if held, _ := boundText(text); held != c.Text {
		return ErrReplaced
	}
	if err := clipboard.WriteAll(""); err != nil {
		return fmt.Errorf("clear the clipboard: %w", err)
	}
	return nil
}
