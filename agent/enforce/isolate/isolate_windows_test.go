package isolate

import (
	"errors"
	"log/slog"
	"testing"
)

// What the platform refuses, as Wine does, is an error and never called closed;
// what it takes is gone again.
func TestThePlatformIsAsked(t *testing.T) {
	i, err := New(Config{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	plan := Plan{Mode: Internal, Internal: []string{"192.0.2.0/24"}, Allow: []string{"192.0.2.7:443"}}
	tried, applied := Try(), i.Apply(t.Context(), plan)
	status, read := Read()
	t.Logf("try: %v; apply: %v; %+v, %v", tried, applied, status, read)
	switch {
	case (tried == nil) != (applied == nil):
		t.Error("a try and the real thing end differently")
	case tried == nil && (read != nil || !status.Isolated || status.Mode != Internal):
		t.Error("it is not in force")
	case tried != nil && (!errors.Is(applied, errors.ErrUnsupported) || read == nil || status.Isolated):
		t.Error("what was refused is not called so")
	}
	if err := i.Lift(); err != nil {
		t.Errorf("lift: %v", err)
	}
	if status, _ := Read(); status.Isolated {
		t.Error("still in force")
	}
}
