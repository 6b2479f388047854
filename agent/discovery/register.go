package discovery

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	bolt "go.etcd.io/bbolt"

	"github.com/trustline/trustline/uploader/incident"
)

// Found is one file that was found: its record, which is masked, and where it
// really lies, which stays on this machine.
type Found struct {
	Path     string            `json:"path"`
	Incident incident.Incident `json:"incident"`
	// Gone says what became of the file since: quarantined, destroyed.
	Gone string `json:"gone,omitempty"`
}

// What can have become of a file.
const (
	Quarantined = "quarantined"
	Destroyed   = "destroyed"
)

// Register is what was found, in a file, sealed with AES-256: each file once, the
// newest record of it. It is safe for concurrent use.
type Register struct {
	db   *bolt.DB
	seal cipher.AEAD
	key  Key // of the hashes of paths
}

// Key seals the register.
type Key [32]byte

// maxFound bounds the register; the oldest goes first.
const maxFound = 20_000

var (
	foundBucket = []byte("found") // by id of the record, hence by time
	pathBucket  = []byte("path")  // id of the record by keyed hash of the path
)

// OpenRegister opens the file; one that cannot be read is made anew.
func OpenRegister(path string, key Key) (*Register, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("open what was found: %w", err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("open what was found: %w", err)
	}
	db, err := openBuckets(path, foundBucket, pathBucket)
	if err != nil && !errors.Is(err, bolt.ErrTimeout) && !errors.Is(err, fs.ErrPermission) {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("open what was found: %w", err)
		}
		db, err = openBuckets(path, foundBucket, pathBucket)
	}
	if err != nil {
		return nil, fmt.Errorf("open what was found: %w", err)
	}
	return &Register{db, seal, key}, nil
}

// Close closes the file.
func (r *Register) Close() error { return r.db.Close() }

// Keep keeps what was found, in place of what was known of the file before.
func (r *Register) Keep(f Found) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("keep what was found: %w", err)
	}
	raw = r.seal.Seal(nil, nil, raw, []byte(f.Incident.ID))
	mac := hmac.New(sha256.New, r.key[:])
	mac.Write([]byte(f.Path))
	at := mac.Sum(nil)
	err = r.db.Update(func(tx *bolt.Tx) error {
		found, paths := tx.Bucket(foundBucket), tx.Bucket(pathBucket)
		count := found.Sequence()
		if before := paths.Get(at); before != nil && found.Get(before) != nil {
			if err := found.Delete(before); err != nil {
				return err
			}
			count--
		}
		if count >= maxFound {
			if oldest, _ := found.Cursor().First(); oldest != nil {
				if err := found.Delete(oldest); err != nil {
					return err
				}
				count--
			}
		}
		id := []byte(f.Incident.ID)
		return errors.Join(found.Put(id, raw), paths.Put(at, id), found.SetSequence(count+1))
	})
	if err != nil {
		return fmt.Errorf("keep what was found: %w", err)
	}
	return nil
}

func (r *Register) open(id string, sealed []byte) (f Found, err error) {
	raw, err := r.seal.Open(nil, nil, sealed, []byte(id))
	if err == nil {
		err = json.Unmarshal(raw, &f)
	}
	return f, err
}

// Find answers what a record is about.
func (r *Register) Find(id string) (f Found, ok bool, err error) {
	err = r.db.View(func(tx *bolt.Tx) error {
		raw := tx.Bucket(foundBucket).Get([]byte(id))
		if ok = raw != nil; !ok {
			return nil
		}
		var err error
		f, err = r.open(id, raw)
		return err
	})
	if err != nil {
		return f, false, fmt.Errorf("look up what was found: %w", err)
	}
	return f, ok, nil
}

// Gone notes what became of a file; one that is not known is no error.
func (r *Register) Gone(id, what string) error {
	f, ok, err := r.Find(id)
	if err != nil || !ok {
		return err
	}
	f.Gone = what
	raw, err := json.Marshal(f)
	if err == nil {
		raw = r.seal.Seal(nil, nil, raw, []byte(id))
		err = r.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(foundBucket).Put([]byte(id), raw) })
	}
	if err != nil {
		return fmt.Errorf("note what became of a file: %w", err)
	}
	return nil
}

// List answers the newest, newest first, and how many there are in all.
func (r *Register) List(most int) (list []Found, all int, err error) {
	err = r.db.View(func(tx *bolt.Tx) error {
		found := tx.Bucket(foundBucket)
		all = int(found.Sequence())
		c := found.Cursor()
		for id, raw := c.Last(); id != nil && len(list) < most; id, raw = c.Prev() {
			f, err := r.open(string(id), raw)
			if err != nil {
				return err
			}
			list = append(list, f)
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list what was found: %w", err)
	}
	return list, all, nil
}
