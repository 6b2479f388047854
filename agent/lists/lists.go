// Package lists keeps the company's lists that the console has published on
// this machine. A list is fetched beside the one in use, in parts where it has
// to be, and takes its place only when it is exactly what the console signed
// and the key that came with it opens it; whatever else comes is refused and
// leaves the one in use. The package matches nothing.
package lists

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/signed"
	"github.com/trustline/trustline/uploader/keyfile"
)

// The codes of events, which are those of incidents.
const (
	Changed = "lists-changed" // a list was taken up or removed
	Refused = "list-refused"  // what was passed off as a list of the console's is none
)

// Event is a change worth an incident.
type Event struct {
	Code    string
	List    string // its name, "" where that is not known
	Problem string // of what was refused
}

// Fetch writes the bytes of a list from an offset on, as uploader.Client.List does.
type Fetch func(ctx context.Context, sum string, from, size int64, w io.Writer) error

const (
	listSuffix  = ".list"
	partSuffix  = ".part"
	orderSuffix = ".order" // the console's envelope of the list in use
	maxOrder    = 64 << 10 // bytes
	maxRefused  = 1000     // remembered, so that each is told once
)

// Shelf holds the lists. It is safe for concurrent use; Run runs only once.
type Shelf struct {
	dir  string
	keys func() [][]byte
	log  *slog.Logger

	mu      sync.Mutex
	held    map[string]orders.List // by kind and name; those withdrawn included
	wanted  []signed.Envelope
	news    chan struct{}
	refused map[string]bool // by signature
}

// Open opens what is in a folder. Keys answers the console's keys, 32 bytes
// each. A list that is not the console's any more is left out, and asked for
// anew.
func Open(dir string, keys func() [][]byte, log *slog.Logger) (*Shelf, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the console's lists: %w", err)
	}
	s := &Shelf{dir: dir, keys: keys, log: log, held: map[string]orders.List{}, refused: map[string]bool{}, news: make(chan struct{}, 1)}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open the console's lists: %w", err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), orderSuffix) {
			continue
		}
		if l, err := s.kept(e.Name()); err != nil {
			log.Error("a list of the console's is left out until the console is asked again", "order", e.Name(), "error", err)
		} else {
			s.held[id(l)] = l
		}
	}
	s.tidy()
	return s, nil
}

func id(l orders.List) string { return l.Kind + "-" + l.Name }

// kept reads what is known of a list in use.
func (s *Shelf) kept(name string) (orders.List, error) {
	raw, err := keyfile.Read(filepath.Join(s.dir, name), maxOrder)
	if err != nil {
		return orders.List{}, err
	}
	var e signed.Envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return orders.List{}, errors.New("it is damaged")
	}
	l, err := s.open(e)
	if err == nil && name != id(l)+orderSuffix {
		err = errors.New("it stands in another's place")
	}
	return l, err
}

func (s *Shelf) open(e signed.Envelope) (orders.List, error) {
	var keys []ed25519.PublicKey
	for _, k := range s.keys() {
		keys = append(keys, k)
	}
	return orders.OpenList(e, keys...)
}

// Delivered answers the lists in use.
func (s *Shelf) Delivered() (all []rules.Delivered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.held {
		if l.Withdrawn {
			continue
		}
		key, err := listfile.ParseKey([]byte(l.Key))
		if err != nil {
			continue // cannot be: it has opened the list
		}
		all = append(all, rules.Delivered{Path: s.path(l), Key: key})
	}
	return all
}

// Offer tells what the console has published; Run sees to it.
func (s *Shelf) Offer(all []signed.Envelope) {
	s.mu.Lock()
	s.wanted = all
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
}

func (s *Shelf) path(l orders.List) string { return filepath.Join(s.dir, l.SHA256+listSuffix) }

// tidy removes files that no list in use stands for: what an earlier list
// held and, once the console has said what it has, what was being fetched of others.
func (s *Shelf) tidy() {
	s.mu.Lock()
	keep := map[string]bool{}
	for _, l := range s.held {
		keep[l.SHA256+listSuffix], keep[id(l)+orderSuffix] = true, true
	}
	for _, e := range s.wanted {
		if l, err := s.open(e); err == nil {
			keep[l.SHA256+partSuffix] = true
		}
	}
	asked := s.wanted != nil
	s.mu.Unlock()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return // tried again at the next change
	}
	for _, e := range entries {
		// On Windows one still in use stays until it is not.
		ours := strings.HasSuffix(e.Name(), listSuffix) || asked && strings.HasSuffix(e.Name(), partSuffix)
		if ours && !keep[e.Name()] {
			_ = os.Remove(filepath.Join(s.dir, e.Name()))
		}
	}
}
