package discovery

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Memory is what a search has seen, in a file: for each path, by its hash, a
// hash of what stood there. Neither can be read back.
type Memory struct {
	db *bolt.DB
}

var (
	marksBucket = []byte("marks")
	runBucket   = []byte("run")
	beganKey    = []byte("began")
	doneKey     = []byte("done")
)

// lockPatience bounds the wait for another process that has the file open.
const lockPatience = time.Second

// OpenMemory opens the file; one that cannot be read is made anew, which costs
// no more than looking at everything once more.
func OpenMemory(path string) (*Memory, error) {
	m, err := open(path)
	if err == nil || errors.Is(err, bolt.ErrTimeout) || errors.Is(err, fs.ErrPermission) {
		return m, err
	}
	if err := os.Remove(path); err != nil {
		return nil, fmt.Errorf("open what was searched: %w", err)
	}
	return open(path)
}

func open(path string) (*Memory, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockPatience, NoFreelistSync: true})
	if err != nil {
		return nil, fmt.Errorf("open what was searched: %w", err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{marksBucket, runBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open what was searched: %w", err), db.Close())
	}
	return &Memory{db: db}, nil
}

// Close closes the file.
func (m *Memory) Close() error { return m.db.Close() }

// Last answers when the last search began, zero before the first, and whether
// it came to its end.
func (m *Memory) Last() (began time.Time, done bool, err error) {
	err = m.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket(runBucket)
		if at := b.Get(beganKey); len(at) == 8 {
			began = time.Unix(int64(binary.BigEndian.Uint64(at)), 0).UTC()
		}
		done = len(b.Get(doneKey)) > 0
		return nil
	})
	return began, done, err
}

// Begin notes that a search begins.
func (m *Memory) Begin(now time.Time) error {
	return m.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(runBucket)
		return errors.Join(b.Put(beganKey, binary.BigEndian.AppendUint64(nil, uint64(now.Unix()))), b.Delete(doneKey))
	})
}

// End notes that it has come to its end.
func (m *Memory) End() error {
	return m.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(runBucket).Put(doneKey, []byte{1}) })
}

// mark is a path and what stands there.
type mark struct{ path, state [16]byte }

// mark tells a file as it is now from what it was and what was looked for.
func (m *Memory) mark(path string, info fs.FileInfo, version string) mark {
	at := sha256.Sum256([]byte(path))
	is := sha256.Sum256(fmt.Appendf(nil, "%d %d %d %s", info.Size(), info.ModTime().UnixNano(), changedAt(info), version))
	return mark{[16]byte(at[:16]), [16]byte(is[:16])}
}

func (m *Memory) knows(k mark) (known bool, err error) {
	err = m.db.View(func(tx *bolt.Tx) error {
		known = string(tx.Bucket(marksBucket).Get(k.path[:])) == string(k.state[:])
		return nil
	})
	return known, err
}

// remember is not on disk at once: what a crash takes is looked at again.
func (m *Memory) remember(k mark) error {
	return m.db.Batch(func(tx *bolt.Tx) error { return tx.Bucket(marksBucket).Put(k.path[:], k.state[:]) })
}
