package cases

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Key encrypts what is kept on disk, AES-256-GCM: cases hold true names of
// files.
type Key [32]byte

const (
	fileEnd = ".cases"   // <uid>.cases, one file a person
	maxFile = 16 << 20   // bytes of one
	marker  = "cases v1" // authenticated with each, and the file's name
)

// store writes the cases of people who have new ones, as fast as the disk takes
// them: of many in a row the last state alone.
type store struct {
	folder string
	aead   cipher.AEAD
	log    *slog.Logger
	wake   chan struct{}
	ended  chan struct{}
	dirty  map[int]bool // under the mutex of the book
	closed bool
}

// Open answers a book that is kept in a folder through restarts of the service.
// A person's file that cannot be read is left out, and said in the log.
func Open(folder string, key Key, log *slog.Logger) (*Book, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of cases: %w", err)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("use the key of cases: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("use the key of cases: %w", err)
	}
	b := &Book{people: map[int][]*Case{}, store: &store{folder: folder, aead: aead, log: log, wake: make(chan struct{}, 1), ended: make(chan struct{}), dirty: map[int]bool{}}}
	if err := b.load(); err != nil {
		return nil, err
	}
	go b.keep()
	return b, nil
}

func (b *Book) load() error {
	entries, err := os.ReadDir(b.store.folder)
	if err != nil {
		return fmt.Errorf("read the folder of cases: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		uid, err := strconv.Atoi(name[:max(0, len(name)-len(fileEnd))])
		if err != nil || name != fileName(uid) || len(b.people) >= maxPeople {
			_ = os.Remove(filepath.Join(b.store.folder, name)) // half written, or nobody's
			continue
		}
		own, err := b.store.read(name)
		if err != nil {
			b.store.log.Error("what somebody was stopped in cannot be read; it is left out", "uid", uid, "error", err)
			continue
		}
		for len(own) > 0 && (time.Since(own[0].Notice.Time) > keepFor || len(own) > maxPerson) {
			own = own[1:]
		}
		if len(own) > 0 {
			b.people[uid] = own
		}
	}
	return nil
}

func fileName(uid int) string { return strconv.Itoa(uid) + fileEnd }

func (s *store) read(name string) (own []*Case, err error) {
	f, err := os.Open(filepath.Join(s.folder, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sealed, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	plain, err := s.aead.Open(nil, nil, sealed, []byte(marker+name))
	if err != nil || len(sealed) > maxFile {
		return nil, errors.New("it was changed, or sealed with another key")
	}
	if err := json.Unmarshal(plain, &own); err != nil {
		return nil, errors.New("it is damaged")
	}
	for _, c := range own {
		if c == nil {
			return nil, errors.New("it is damaged")
		}
	}
	return own, nil
}

// changed has a person's cases written; the caller holds the mutex.
func (b *Book) changed(uid int) {
	if b.store == nil || b.store.closed {
		return
	}
	b.store.dirty[uid] = true
	select {
	case b.store.wake <- struct{}{}:
	default:
	}
}

// keep writes until the book is closed.
func (b *Book) keep() {
	defer close(b.store.ended)
	for range b.store.wake {
		for uid, plain := range b.unwritten() {
			if err := b.store.write(uid, plain); err != nil {
				b.store.log.Error("what somebody was stopped in is not kept through a restart", "error", err)
			}
		}
	}
}

// unwritten takes what is to be written; nil for a person without cases.
func (b *Book) unwritten() map[int][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[int][]byte{}
	for uid := range b.store.dirty {
		out[uid] = nil
		if own := b.people[uid]; len(own) > 0 {
			out[uid], _ = json.Marshal(own) // plain data: never fails
		}
	}
	clear(b.store.dirty)
	return out
}

// write replaces a person's file: a crash leaves the old or the new one.
func (s *store) write(uid int, plain []byte) error {
	name := fileName(uid)
	path := filepath.Join(s.folder, name)
	if plain == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove cases: %w", err)
		}
		return nil
	}
	f, err := os.CreateTemp(s.folder, "new-*")
	if err != nil {
		return fmt.Errorf("write cases: %w", err)
	}
	_, err = f.Write(s.aead.Seal(nil, nil, plain, []byte(marker+name)))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write cases: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// Close writes what is left. The book can be read from afterwards, and is kept
// no more.
func (b *Book) Close() {
	if b.store == nil {
		return
	}
	b.mu.Lock()
	first := !b.store.closed
	b.store.closed = true
	b.mu.Unlock()
	if first {
		select { // once more for what came last
		case b.store.wake <- struct{}{}:
		default:
		}
		close(b.store.wake)
	}
	<-b.store.ended
}
