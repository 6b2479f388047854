package clipboard

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
)

// quiet is a clipboard on which nothing happens.
type quiet struct{ watched chan struct{} }

func (quiet) name() string                      { return "quiet" }
func (quiet) clear(context.Context, Copy) error { return nil }
func (q quiet) watch(ctx context.Context, _ func(Copy)) error {
	close(q.watched)
	<-ctx.Done()
	return nil
}

// Several may take copies off at once; none is told that nobody watches.
func TestSeveralTakeCopiesOffAtOnce(t *testing.T) {
	q := quiet{make(chan struct{})}
	s := &Sensor{backends: []backend{q}, log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	var watching, clearing sync.WaitGroup
	watching.Go(func() { s.Watch(ctx, func(Copy) {}) })
	<-q.watched
	failed := make(chan error, 8)
	for range cap(failed) {
		clearing.Go(func() {
			for n := range 50_000 {
				if err := s.Clear(ctx, Copy{}); err != nil {
					failed <- fmt.Errorf("copy %d: %w", n, err)
					return
				}
			}
		})
	}
	clearing.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	cancel()
	watching.Wait()
	if s.Clear(t.Context(), Copy{}) == nil {
		t.Error("a clipboard that nobody watches is cleared")
	}
}
