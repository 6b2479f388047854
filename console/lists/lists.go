// Package lists keeps the company's lists that were published: their files in a
// folder of the console's data under the SHA-256 of what they hold, what
// machines are told of them in the store. The keys that open them are sealed
// there, so that whoever copies the database cannot ask the lists anything. It
// builds no list and sends none.
package lists

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/trustline/trustline/console/signer"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/signed"
)

// folder is where files are, below the console's data.
const folder = "lists"

// Lists are those of one console. They are safe for concurrent use, also by
// several processes.
type Lists struct {
	store  *store.Store
	signer *signer.Signer
	dir    string

	mu     sync.Mutex
	serial int64 // that told is made of
	told   []signed.Envelope
}

// New answers the lists in a console's data.
func New(data string, s *store.Store, key *signer.Signer) *Lists {
	return &Lists{store: s, signer: key, dir: filepath.Join(data, folder)}
}

// Publish makes a list file the one of its name in force. It is checked whole
// before, with the key that opens it. The file is copied.
func (l *Lists) Publish(ctx context.Context, by store.Account, path string, key *listfile.Key, now time.Time) (store.List, error) {
	endpoint, err := key.Endpoint().MarshalText()
	if err != nil {
		return store.List{}, fmt.Errorf("publish a list: %w", err)
	}
	copied, sum, size, err := l.copy(path)
	if err != nil {
		return store.List{}, fmt.Errorf("publish a list: %w", err)
	}
	defer os.Remove(copied) // gone already when all went well
	// The copy is looked at, not what may yet change beside it.
	info, err := rules.CheckList(ctx, copied, listfile.Ring{key})
	if err != nil {
		return store.List{}, err
	}
	published := store.List{
		List:  orders.List{Issued: now.UTC(), Kind: info.Kind, Name: info.Name, Build: info.Serial, Size: size, SHA256: sum},
		KeyID: key.ID(), SealedKey: l.signer.Seal(place(info.Kind, info.Name, sum), endpoint),
	}
	// First the file, then what is told of it; one that nobody is told of is removed later.
	if err := os.Rename(copied, l.path(sum)); err != nil {
		return store.List{}, fmt.Errorf("publish a list: %w", err)
	}
	if published.Serial, err = l.store.AddList(ctx, by, published, now); err != nil {
		return store.List{}, errors.Join(err, l.tidy(ctx))
	}
	return published, l.tidy(ctx)
}

// Withdraw has machines remove a list.
func (l *Lists) Withdraw(ctx context.Context, by store.Account, kind, name string, now time.Time) error {
	_, err := l.store.AddList(ctx, by, store.List{List: orders.List{Kind: kind, Name: name, Withdrawn: true}}, now)
	return errors.Join(err, l.tidy(ctx))
}

// Orders implements api.Lists.
func (l *Lists) Orders(ctx context.Context) ([]signed.Envelope, error) {
	serial, err := l.store.ListSerial(ctx)
	if err != nil || serial == 0 {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.serial >= serial {
		return l.told, nil
	}
	all, err := l.store.Lists(ctx)
	if err != nil {
		return nil, err
	}
	var told []signed.Envelope
	for _, one := range all {
		e, err := l.order(one)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", one.Name, err)
		}
		told = append(told, e)
	}
	l.serial, l.told = serial, told
	return told, nil
}

func (l *Lists) order(one store.List) (signed.Envelope, error) {
	if !one.Withdrawn {
		key, err := l.signer.Unseal(place(one.Kind, one.Name, one.SHA256), one.SealedKey)
		if err != nil {
			return signed.Envelope{}, err
		}
		one.Key = string(key)
	}
	return one.List.Sign(l.signer.Key())
}

// Open implements api.Lists.
func (l *Lists) Open(sum string) (*os.File, error) {
	if !orders.ListSum(sum) {
		return nil, store.ErrNotFound
	}
	f, err := os.Open(l.path(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, store.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open a list: %w", err)
	}
	return f, nil
}

func (l *Lists) path(sum string) string { return filepath.Join(l.dir, sum) }

// place is what a key is sealed for.
func place(kind, name, sum string) string { return "list/" + kind + "/" + name + "/" + sum }

// coming begins the names of files that are still being copied.
const coming = ".coming-"

// copy copies a list into the folder under a name for the meantime.
func (l *Lists) copy(path string) (copied, sum string, size int64, err error) {
	from, err := os.Open(path)
	if err != nil {
		return "", "", 0, err
	}
	defer from.Close()
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return "", "", 0, err
	}
	to, err := os.CreateTemp(l.dir, coming+"*") // 0600
	if err != nil {
		return "", "", 0, err
	}
	hash := sha256.New()
	size, err = io.Copy(io.MultiWriter(to, hash), io.LimitReader(from, orders.MaxListSize+1))
	if size > orders.MaxListSize {
		err = listfile.ErrTooLarge
	}
	if err := errors.Join(err, to.Sync(), to.Close()); err != nil {
		return "", "", 0, errors.Join(err, os.Remove(to.Name()))
	}
	return to.Name(), hex.EncodeToString(hash.Sum(nil)), size, nil
}

// A file that nobody is told of may be one that is about to be published; after
// this time it is not.
const (
	abandoned = 24 * time.Hour // while it is copied
	unwanted  = 10 * time.Minute
)

// tidy removes files that machines are not told of any more.
func (l *Lists) tidy(ctx context.Context) error {
	all, err := l.store.Lists(ctx)
	if err != nil {
		return err
	}
	inForce := map[string]bool{}
	for _, one := range all {
		inForce[one.SHA256] = true
	}
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return ignoreMissing(err)
	}
	var errs []error
	for _, e := range entries {
		stays := unwanted
		if strings.HasPrefix(e.Name(), coming) {
			stays = abandoned
		}
		info, err := e.Info()
		if err != nil || inForce[e.Name()] || time.Since(info.ModTime()) < stays {
			continue
		}
		errs = append(errs, ignoreMissing(os.Remove(filepath.Join(l.dir, e.Name()))))
	}
	return errors.Join(errs...)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
