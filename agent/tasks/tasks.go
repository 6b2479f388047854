// Package tasks remembers what the console has had this machine do once, so
// that nothing is done twice, nothing that was begun is forgotten, and every
// answer reaches the spool. It does nothing itself.
package tasks

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/keyfile"
)

const (
	maxKept = 2000
	maxFile = 8 << 20 // bytes
)

// Entry is one task and how far it has come.
type Entry struct {
	Task   task.Task `json:"task"`
	Record string    `json:"record"` // id of the incident that answers it: sent twice it counts once
	// Path is the file that is being destroyed, Mark how it is known again;
	// Sealed that it is in quarantine.
	Path   string       `json:"path,omitempty"`
	Mark   string       `json:"mark,omitempty"`
	Sealed bool         `json:"sealed,omitempty"`
	Result *task.Result `json:"result,omitempty"` // once it has ended
	Ended  time.Time    `json:"ended,omitzero"`
	Told   bool         `json:"told,omitempty"`
}

// Book is the file of tasks. It is safe for concurrent use.
type Book struct {
	path string
	mu   sync.Mutex
	all  []*Entry
}

// Open reads the book. One that cannot be read is moved aside: what is told
// anew by the console then is done anew, which destroys nothing but what has
// the content that was meant.
func Open(path string, log *slog.Logger) (*Book, error) {
	b := &Book{path: path}
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return b, nil
	}
	var raw []byte
	if err == nil && info.Size() <= maxFile {
		raw, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open tasks: %w", err)
	}
	if json.Unmarshal(raw, &b.all) != nil || slices.Contains(b.all, nil) {
		log.Error("what the console had this machine do cannot be read", "aside", path+".damaged")
		b.all = nil
		if err := os.Rename(path, path+".damaged"); err != nil {
			return nil, fmt.Errorf("move damaged tasks aside: %w", err)
		}
	}
	return b, nil
}

// Begin notes that a task is begun, or has come to its end with a result, and
// answers nil for one that was noted before.
func (b *Book) Begin(t task.Task, result *task.Result) (*Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.find(t.ID) != nil {
		return nil, nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("note a task: %w", err)
	}
	e := &Entry{Task: t, Record: id.String(), Result: result}
	if result != nil {
		e.Ended = time.Now().UTC()
	}
	b.all = append(b.all, e)
	if over := len(b.all) - maxKept; over > 0 {
		b.all = slices.Delete(b.all, 0, over)
	}
	if err := b.write("note a task"); err != nil {
		b.all = b.all[:len(b.all)-1]
		return nil, err
	}
	copied := *e
	return &copied, nil
}

// Change notes how far a task has come.
func (b *Book) Change(id string, change func(*Entry)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.find(id)
	if e == nil {
		return fmt.Errorf("note a task: there is none of the id %s", id)
	}
	change(e)
	return b.write("note a task")
}

// Known tells whether a task was begun.
func (b *Book) Known(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.find(id) != nil
}

// Open answers what was begun and has not been answered, oldest first.
func (b *Book) Open() (open []Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.all {
		if !e.Told {
			open = append(open, *e)
		}
	}
	return open
}

func (b *Book) find(id string) *Entry {
	for _, e := range b.all {
		if e.Task.ID == id {
			return e
		}
	}
	return nil
}

func (b *Book) write(what string) error {
	raw, err := json.Marshal(b.all)
	if err == nil {
		err = keyfile.Replace(b.path, raw)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
