package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// The file holds a bucket "totals" with one bucket a pair (uid as 8 bytes, then
// the device), in it key -> seconds, 8 bytes big-endian each; and a bucket
// "clock" with the clock's two values.
var (
	totalsBucket = []byte("totals")
	clockBucket  = []byte("clock")
	secondsKey   = []byte("seconds")
	lastKey      = []byte("last")
)

var errDamaged = errors.New("the file is damaged")

// lockPatience bounds the wait for another process that has the file open.
const lockPatience = time.Second

// open opens the file and reads it; one that cannot be read is moved aside.
func (l *Ledger) open(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder of rolling totals: %w", err)
	}
	err := sound(func() error { return l.load(path) })
	if err == nil || !errors.Is(err, errDamaged) {
		return err
	}
	aside := path + ".damaged"
	l.log.Error("rolling totals start anew: the file cannot be read", "aside", aside, "error", err)
	if err := os.Rename(path, aside); err != nil {
		return fmt.Errorf("move damaged rolling totals aside: %w", err)
	}
	return sound(func() error { return l.load(path) })
}

// sound makes an error of what bbolt does with a file that was cut short or
// scribbled over: it panics, or faults in the pages it has mapped.
func sound(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return do()
}

func (l *Ledger) load(path string) error {
	l.seen, l.count, l.clock = map[pair]map[uint64]int64{}, 0, clock{}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockPatience})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("open rolling totals %s: in use by another process", path)
	case fromSystem(err):
		return fmt.Errorf("open rolling totals %s: %w", path, err)
	case err != nil:
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{totalsBucket, clockBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return fmt.Errorf("make bucket: %w", err)
			}
		}
		return l.read(tx)
	})
	if err != nil {
		return errors.Join(err, db.Close())
	}
	l.db = db
	return nil
}

// fromSystem tells an error about the file (no permission, no space) from one
// about what is in it, for which bbolt has no type.
func fromSystem(err error) bool {
	var path *fs.PathError
	var errno syscall.Errno
	return errors.As(err, &path) || errors.As(err, &errno)
}

func (l *Ledger) read(tx *bolt.Tx) error {
	if b := tx.Bucket(clockBucket); b.Get(secondsKey) != nil {
		s, last := b.Get(secondsKey), b.Get(lastKey)
		if len(s) != 8 || len(last) != 8 {
			return fmt.Errorf("%w: the clock", errDamaged)
		}
		l.clock = clock{seconds: number(s), last: time.Unix(number(last), 0).UTC()}
	}
	totals := tx.Bucket(totalsBucket)
	return totals.ForEachBucket(func(name []byte) error {
		if len(name) < 8 {
			return fmt.Errorf("%w: the name of a total", errDamaged)
		}
		seen := map[uint64]int64{}
		l.seen[pair{uid: int(number(name)), device: string(name[8:])}] = seen
		return totals.Bucket(name).ForEach(func(k, v []byte) error {
			if len(k) != 8 || len(v) != 8 || l.count >= maxKeys {
				return fmt.Errorf("%w: an entry of a total", errDamaged)
			}
			seen[uint64(number(k))] = number(v)
			l.count++
			return nil
		})
	})
}

// save writes what was added and removes what was forgotten, in one step.
func (l *Ledger) save(p pair, keys []uint64, gone []entry) error {
	return sound(func() error {
		return l.db.Update(func(tx *bolt.Tx) error {
			totals := tx.Bucket(totalsBucket)
			if err := l.saveClock(tx.Bucket(clockBucket)); err != nil {
				return err
			}
			for _, e := range gone {
				if b := totals.Bucket(e.pair.name()); b != nil {
					if err := b.Delete(bytesOf(int64(e.key))); err != nil {
						return fmt.Errorf("forget: %w", err)
					}
				}
				if l.seen[e.pair] == nil && totals.Bucket(e.pair.name()) != nil {
					if err := totals.DeleteBucket(e.pair.name()); err != nil {
						return fmt.Errorf("forget: %w", err)
					}
				}
			}
			b, err := totals.CreateBucketIfNotExists(p.name())
			if err != nil {
				return fmt.Errorf("make bucket: %w", err)
			}
			for _, k := range keys {
				if when, ok := l.seen[p][k]; ok {
					if err := b.Put(bytesOf(int64(k)), bytesOf(when)); err != nil {
						return fmt.Errorf("keep: %w", err)
					}
				}
			}
			return nil
		})
	})
}

func (l *Ledger) saveClock(b *bolt.Bucket) error {
	if err := b.Put(secondsKey, bytesOf(l.clock.seconds)); err != nil {
		return fmt.Errorf("keep clock: %w", err)
	}
	if err := b.Put(lastKey, bytesOf(l.clock.last.Unix())); err != nil {
		return fmt.Errorf("keep clock: %w", err)
	}
	return nil
}

func (p pair) name() []byte { return append(bytesOf(int64(p.uid)), p.device...) }

func bytesOf(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func number(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) }
