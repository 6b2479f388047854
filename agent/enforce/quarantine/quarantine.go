// Package quarantine takes files into safe keeping: encrypted in a folder of
// the service's own, with a note left in their place, to be given back when
// somebody may have them. Between any two steps a crash loses nothing: until
// the sealed copy is safe on disk the file stays where it is. The package
// decides nothing and tells nobody.
package quarantine

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/minio/sio"
)

const (
	sealed = ".sealed" // a file in safe keeping
	coming = ".coming" // a sealed copy whose file still has to go
	fresh  = ".new"    // being written
	owed   = ".owed"   // says that the incident of an entry may not be recorded

	// maxFile and maxTotal bound what is kept, in bytes.
	maxFile  = 4 << 30
	maxTotal = 20 << 30
	maxMeta  = 64 << 10
)

// Errors to be told apart.
var (
	// ErrChanged: the file changed while it was taken; it is where it was.
	ErrChanged = errors.New("the file changed meanwhile")
	// ErrUnknown: there is no such entry.
	ErrUnknown = errors.New("nothing of this id is in quarantine")
	// ErrFull: there is no room for the file; it is where it was.
	ErrFull = errors.New("the quarantine is full")
	// ErrTaken: something stands where the file is to go.
	ErrTaken = errors.New("something of this name is there already")
)

// Key seals what is kept: 32 bytes, for AES-256.
type Key [32]byte

// Entry is one file in safe keeping.
type Entry struct {
	ID       string      `json:"id"`   // UUIDv7
	Path     string      `json:"path"` // where it was, absolute
	Incident string      `json:"incident"`
	Taken    time.Time   `json:"taken"`   // UTC
	Expires  time.Time   `json:"expires"` // UTC; then it is destroyed
	Bytes    int64       `json:"bytes"`
	Mode     fs.FileMode `json:"mode"`
	UID      int         `json:"uid"` // -1 where nobody knows
	GID      int         `json:"gid"`
	Owner    string      `json:"owner,omitempty"` // the account's SID (Windows)
	Modified time.Time   `json:"modified"`        // UTC
	Note     string      `json:"note"`            // path of the note left in its place, "" for none
	Record   []byte      `json:"record,omitempty"`
}

// Cause is why a file is taken.
type Cause struct {
	Incident string
	// Record is the incident itself, for a run that finds a file taken and no
	// incident. One that is too long for that is left out.
	Record  []byte
	Note    string // what is left in the file's place, "" for nothing
	Expires time.Time
}

// maxRecord bounds a record, so that a description holds it.
const maxRecord = maxMeta / 2

// Store is the folder of sealed files.
type Store struct {
	dir string
	key Key
	log *slog.Logger
	mu  sync.Mutex
}

// Open opens the folder, and makes it where there is none.
func Open(dir string, key Key, log *slog.Logger) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the quarantine's folder: %w", err)
	}
	return &Store{dir: dir, key: key, log: log}, nil
}

// Take seals a file and takes it away from where it is; say Recorded once its
// incident is. What is at the path has to be what was judged: nobody has the
// service take another's file by putting a link in its way.
func (s *Store) Take(path string, judged fs.FileInfo, why Cause) (Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	folder, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return Entry{}, fmt.Errorf("take into quarantine: %w", err)
	}
	defer folder.Close()
	f, info, err := openRegular(folder, filepath.Base(path), judged)
	if err != nil {
		return Entry{}, fmt.Errorf("take into quarantine: %w", err)
	}
	defer f.Close()
	if err := s.room(info.Size()); err != nil {
		return Entry{}, fmt.Errorf("take into quarantine: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Entry{}, fmt.Errorf("take into quarantine: %w", err)
	}
	uid, gid, owner := ownerOf(f, info)
	e := Entry{
		ID: id.String(), Path: path, Incident: why.Incident, Taken: time.Now().UTC(), Expires: why.Expires.UTC(),
		Bytes: info.Size(), Mode: info.Mode().Perm(), UID: uid, GID: gid, Owner: owner, Modified: info.ModTime().UTC(),
	}
	if why.Note != "" {
		e.Note = path + ".trustline.txt"
	}
	if len(why.Record) <= maxRecord {
		e.Record = why.Record
	}
	if err := s.seal(e, f); err != nil {
		return Entry{}, fmt.Errorf("take into quarantine: %w", err)
	}
	if now, err := folder.Lstat(filepath.Base(path)); err != nil || !os.SameFile(now, info) || now.Size() != info.Size() || !now.ModTime().Equal(info.ModTime()) {
		return Entry{}, errors.Join(ErrChanged, os.Remove(s.file(e.ID, coming)), s.Recorded(e))
	}
	f.Close() // or Windows would not let it go
	if why.Note != "" {
		s.leaveNote(folder, e, why.Note)
	}
	return e, s.finish(folder, e)
}

// openRegular opens a file that is the one judged, and no link to it.
func openRegular(folder *os.Root, name string, judged fs.FileInfo) (*os.File, fs.FileInfo, error) {
	before, err := folder.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, nil, errors.New("this is no regular file")
	}
	f, err := folder.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !(os.SameFile(info, before) && os.SameFile(info, judged)) {
		err = ErrChanged
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

func (s *Store) room(bytes int64) error {
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	total := bytes
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			total += info.Size()
		}
	}
	if bytes > maxFile || total > maxTotal {
		return ErrFull
	}
	return nil
}

// seal writes the copy and has it safe on disk, under the name that says that
// the file has yet to go.
func (s *Store) seal(e Entry, content io.Reader) (err error) {
	meta, err := json.Marshal(e)
	if err != nil {
		return err
	}
	tmp := s.file(e.ID, fresh)
	out, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp)
		}
	}()
	nonce := make([]byte, 32)
	rand.Read(nonce)
	if _, err := out.Write(nonce); err != nil {
		return errors.Join(err, out.Close())
	}
	w, err := sio.EncryptWriter(out, s.config(nonce))
	if err != nil {
		return errors.Join(err, out.Close())
	}
	_, err = w.Write([]byte(string(meta) + "\n"))
	var n int64
	if err == nil {
		n, err = io.Copy(w, io.LimitReader(content, maxFile+1))
	}
	if err == nil && n != e.Bytes {
		err = ErrChanged
	}
	// Closing seals the last piece; then it is flushed by name.
	if err = errors.Join(err, w.Close()); err == nil {
		err = flush(tmp)
	}
	if err == nil && len(e.Record) > 0 {
		err = os.WriteFile(s.file(e.ID, owed), nil, 0o600)
	}
	if err == nil {
		err = os.Rename(tmp, s.file(e.ID, coming))
	}
	if err == nil {
		err = syncFolder(s.dir)
	}
	return err
}

// leaveNote tells in place of the file what became of it. Without room for a
// note the file goes all the same.
func (s *Store) leaveNote(folder *os.Root, e Entry, text string) {
	f, err := folder.OpenFile(filepath.Base(e.Note), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Chmod(0o644), giveTo(f, e), f.Close())
	}
	if err != nil {
		s.log.Warn("no note is left in place of a file in quarantine", "incident", e.Incident, "error", err)
	}
}

// finish takes the file away whose copy is safe, unless it is another one by
// now, and says so in the copy's name.
func (s *Store) finish(folder *os.Root, e Entry) error {
	name := filepath.Base(e.Path)
	info, err := folder.Lstat(name)
	same := err == nil && info.Mode().IsRegular() && info.Size() == e.Bytes && info.ModTime().UTC().Equal(e.Modified)
	if same {
		if err := remove(folder, name, e.Path); err != nil {
			// It is still there: then there is nothing in quarantine either.
			return errors.Join(fmt.Errorf("take the file away: %w", err), os.Remove(s.file(e.ID, coming)), s.removeNote(e), s.Recorded(e))
		}
		if err := syncFolder(filepath.Dir(e.Path)); err != nil {
			s.log.Warn("a file's removal may not be on disk yet", "incident", e.Incident, "error", err)
		}
	}
	if err := os.Rename(s.file(e.ID, coming), s.file(e.ID, sealed)); err != nil {
		return fmt.Errorf("finish the quarantine of %s: %w", e.ID, err)
	}
	return syncFolder(s.dir)
}

// List answers all entries, newest first.
func (s *Store) List() ([]Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list()
}

func (s *Store) list() ([]Entry, error) {
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("read the quarantine: %w", err)
	}
	var all []Entry
	for _, f := range files {
		if filepath.Ext(f.Name()) != sealed {
			continue
		}
		e, err := s.entry(filepath.Join(s.dir, f.Name()))
		if err != nil {
			s.log.Error("an entry of the quarantine cannot be read", "entry", f.Name(), "error", err)
			continue
		}
		e.Record = nil
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(b.ID, a.ID) })
	return all, nil
}

// Count answers how many files a quarantine's folder keeps, without opening it:
// no key is needed. No folder keeps none.
func Count(dir string) (n int, err error) {
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("look at the quarantine: %w", err)
	}
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); ext == sealed || ext == coming {
			n++
		}
	}
	return n, nil
}

// Expire destroys what has been kept long enough, and answers it.
func (s *Store) Expire(now time.Time) ([]Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.list()
	if err != nil {
		return nil, err
	}
	var gone []Entry
	for _, e := range all {
		if e.Expires.After(now) {
			continue
		}
		if removeErr := errors.Join(os.Remove(s.file(e.ID, sealed)), s.removeNote(e)); removeErr != nil {
			err = errors.Join(err, fmt.Errorf("destroy %s: %w", e.ID, removeErr))
			continue
		}
		gone = append(gone, e)
	}
	return gone, err
}

func (s *Store) file(id, kind string) string { return filepath.Join(s.dir, id+kind) }

func (s *Store) config(nonce []byte) sio.Config {
	return sio.Config{MinVersion: sio.Version20, CipherSuites: []byte{sio.AES_256_GCM}, Key: derive(s.key, nonce)}
}

func (s *Store) removeNote(e Entry) error {
	if e.Note == "" {
		return nil
	}
	if err := os.Remove(e.Note); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
