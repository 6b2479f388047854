package discovery

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
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
	db, err := openBuckets(path, marksBucket, runBucket)
	if err != nil {
		return nil, fmt.Errorf("open what was searched: %w", err)
	}
	return &Memory{db: db}, nil
}

func openBuckets(path string, names ...[]byte) (*bolt.DB, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockPatience, NoFreelistSync: true})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range names {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close closes the file.
func (m *Memory) Close() error { return m.db.Close() }

// Last answers when the last search began, zero before the first, and when it
// came to its end, zero where it has not.
func (m *Memory) Last() (began, ended time.Time, err error) {
	at := func(raw []byte) time.Time {
		if len(raw) != 8 {
			return time.Time{}
		}
		return time.Unix(int64(binary.BigEndian.Uint64(raw)), 0).UTC()
	}
	err = m.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket(runBucket)
		began, ended = at(b.Get(beganKey)), at(b.Get(doneKey))
		return nil
	})
	return began, ended, err
}

// Begin notes that a search begins.
func (m *Memory) Begin(now time.Time) error {
	return m.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(runBucket)
		return errors.Join(b.Put(beganKey, binary.BigEndian.AppendUint64(nil, uint64(now.Unix()))), b.Delete(doneKey))
	})
}

// End notes that it has come to its end.
func (m *Memory) End(now time.Time) error {
	at := binary.BigEndian.AppendUint64(nil, uint64(now.Unix()))
	return m.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(runBucket).Put(doneKey, at) })
}

// mark is a path and what stands there.
type mark struct{ path, state [16]byte }

// mark tells a file as it is now from what it was and what was looked for.
func (m *Memory) mark(path string, info fs.FileInfo, version string) mark {
	at := sha256.Sum256([]byte(path))
	is := sha256.Sum256(fmt.Appendf(nil, "%d %d %d %s", info.Size(), info.ModTime().UnixNano(), changedAt(info), version))
	return mark{[16]byte(at[:16]), [16]byte(is[:16])}
}

// knows tells whether a file was looked at as it is, and need not be again yet.
func (m *Memory) knows(k mark, now time.Time) (known bool, err error) {
	err = m.db.View(func(tx *bolt.Tx) error {
		kept := tx.Bucket(marksBucket).Get(k.path[:])
		if known = len(kept) >= len(k.state) && string(kept[:len(k.state)]) == string(k.state[:]); known && len(kept) == len(k.state)+8 {
			known = now.Unix() < int64(binary.BigEndian.Uint64(kept[len(k.state):]))
		}
		return nil
	})
	return known, err
}

// remember is not on disk at once: what a crash takes is looked at again. So is
// the file from again on, zero for never.
func (m *Memory) remember(k mark, again time.Time) error {
	value := k.state[:]
	if !again.IsZero() {
		value = binary.BigEndian.AppendUint64(slices.Clone(value), uint64(again.Unix()))
	}
	return m.db.Batch(func(tx *bolt.Tx) error { return tx.Bucket(marksBucket).Put(k.path[:], value) })
}
