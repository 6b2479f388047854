package pdf

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
)

func open(t *testing.T, e *Engine, ctx context.Context, name string) (*Document, error) {
	t.Helper()
	content, err := os.ReadFile("../testdata/real/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return e.Open(ctx, bytes.NewReader(content), int64(len(content)))
}

// TestDocument opens a document anew when it has taken up much memory, and
// stops when asked to.
func TestDocument(t *testing.T) {
	e := NewEngine(t.TempDir())
	defer e.Close()
	ctx, cancel := context.WithCancel(context.Background())
	d, err := open(t, e, ctx, "reportlab-form.pdf")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	before := d.instance
	d.read, d.memory.used = reopenStep, reopenFrom
	var text strings.Builder
	for i := range 2 {
		if err := d.Page(i, func(s string) { text.WriteString(s) }); err != nil {
			t.Fatal(err)
		}
	}
	if d.instance == before || !strings.HasPrefix(text.String(), "客户登记") || !strings.HasSuffix(text.String(), "page two") {
		t.Errorf("opened anew: %t, text %q", d.instance != before, text.String())
	}
	if err := d.Page(7, func(string) {}); !errors.Is(err, ErrDamaged) {
		t.Errorf("a page that is not there answers %v", err)
	}
	cancel()
	if err := d.Page(0, func(string) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled reading answers %v", err)
	}
	if _, err := open(t, e, context.Background(), "reportlab-password.pdf"); !errors.Is(err, ErrPassword) {
		t.Errorf("a document with a password answers %v", err)
	}
}

type failing struct{ error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.error }

// TestFailures tells a broken disk, and a program that cannot compile, from
// broken documents.
func TestFailures(t *testing.T) {
	broken := errors.New("broken disk")
	e := NewEngine("")
	defer e.Close()
	if _, err := e.Open(context.Background(), failing{broken}, 1000); !errors.Is(err, broken) {
		t.Errorf("broken disk answers %v", err)
	}
	if _, err := e.Open(context.Background(), failing{broken}, 1<<40); !errors.Is(err, ErrMemory) {
		t.Errorf("a document too large answers %v", err)
	}
	if err := NewEngine("/dev/null/nowhere").Prepare(); !errors.Is(err, ErrStart) {
		t.Errorf("no folder to write to answers %v", err)
	}
}
