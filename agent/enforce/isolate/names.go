package isolate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Bounds of names.
const (
	maxAddresses    = 32                 // of one name
	maxAge          = 7 * 24 * time.Hour // of an address that no longer comes up
	resolveLimit    = 2 * time.Second
	resolveAtOnce   = 4
	maxStateFile    = 1 << 20
	refreshInterval = 5 * time.Minute
)

// names remembers what names resolved to.
type names struct {
	lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	now    func() time.Time
	file   string

	mu    sync.Mutex
	known map[string]map[netip.Addr]time.Time // when last seen
}

func newNames(file string) *names {
	resolver := &net.Resolver{}
	return &names{
		lookup: func(ctx context.Context, name string) ([]netip.Addr, error) {
			// The dot keeps the resolver from trying the network's own domains.
			return resolver.LookupNetIP(ctx, "ip", name+".")
		},
		now:   time.Now,
		file:  file,
		known: map[string]map[netip.Addr]time.Time{},
	}
}

// addresses answers what a name is known to have resolved to.
func (n *names) addresses(name string) []netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []netip.Addr
	for a := range n.known[name] {
		list = append(list, a)
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return list
}

// nameOf answers which name an address belongs to, "" when to none.
func (n *names) nameOf(a netip.Addr) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	best := ""
	for name, addresses := range n.known {
		if _, ok := addresses[a]; ok && (best == "" || name < best) {
			best = name
		}
	}
	return best
}

// refresh resolves names, a few at once. On an untrusted network answers only
// add to what is known: a hostile name server cannot make us forget.
func (n *names) refresh(ctx context.Context, list []string, trusted bool) {
	var group errgroup.Group
	group.SetLimit(resolveAtOnce)
	for _, name := range list {
		group.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, resolveLimit)
			defer cancel()
			// A name that does not resolve keeps what it had.
			if found, err := n.lookup(ctx, name); err == nil {
				n.learn(name, found, trusted)
			}
			return nil
		})
	}
	_ = group.Wait() // none fails
}

func (n *names) learn(name string, found []netip.Addr, trusted bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.now()
	have := n.known[name]
	if have == nil {
		have = map[netip.Addr]time.Time{}
		n.known[name] = have
	}
	for _, a := range found {
		a = a.Unmap().WithZone("")
		if !a.IsGlobalUnicast() {
			continue
		}
		_, had := have[a]
		if !had && len(have) >= maxAddresses && (!trusted || !dropOldest(have)) {
			continue
		}
		have[a] = now
	}
	if trusted {
		for a, seen := range have {
			if now.Sub(seen) > maxAge {
				delete(have, a)
			}
		}
	}
}

func dropOldest(have map[netip.Addr]time.Time) bool {
	var oldest netip.Addr
	for a, seen := range have {
		if !oldest.IsValid() || seen.Before(have[oldest]) {
			oldest = a
		}
	}
	delete(have, oldest)
	return oldest.IsValid()
}

// load reads what an earlier run remembered. A file that cannot be read is
// reported and otherwise as good as none.
func (n *names) load() error {
	if n.file == "" {
		return nil
	}
	info, err := os.Stat(n.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read remembered addresses: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxStateFile {
		return fmt.Errorf("read remembered addresses: %s is no file of ours", n.file)
	}
	data, err := os.ReadFile(n.file)
	if err != nil {
		return fmt.Errorf("read remembered addresses: %w", err)
	}
	var stored map[string]map[netip.Addr]time.Time
	if err := json.Unmarshal(data, &stored); err != nil {
		return fmt.Errorf("read remembered addresses %s: %w", n.file, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for name, addresses := range stored {
		if len(n.known) < maxNames && len(addresses) <= maxAddresses && validName(name) {
			n.known[name] = addresses
		}
	}
	return nil
}

// save keeps what is known of these names, whole or not at all.
func (n *names) save(list []string) error {
	if n.file == "" {
		return nil
	}
	n.mu.Lock()
	for name := range n.known {
		if !slices.Contains(list, name) {
			delete(n.known, name)
		}
	}
	data, err := json.Marshal(n.known)
	n.mu.Unlock()
	if err != nil {
		return fmt.Errorf("remember addresses: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(n.file), ".names-*") // mode 0600
	if err != nil {
		return fmt.Errorf("remember addresses: %w", err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), n.file)
	}
	if err != nil {
		return fmt.Errorf("remember addresses: %w", err)
	}
	return nil
}
