package quarantine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Recover finishes what a crash has left half done: it drops copies that were
// never finished, takes away the files whose copies were, and has the incidents
// recorded, perhaps once more, that may not have been. Only the one process that
// takes files may call it, before it takes any.
func (s *Store) Recover(record func(Entry) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("read the quarantine: %w", err)
	}
	var unrecorded []string
	for _, f := range files {
		path := filepath.Join(s.dir, f.Name())
		switch filepath.Ext(f.Name()) {
		case fresh:
			err = errors.Join(err, os.Remove(path))
		case owed:
			unrecorded = append(unrecorded, strings.TrimSuffix(f.Name(), owed))
		case coming:
			e, readErr := s.entry(path)
			if readErr != nil {
				s.log.Error("an entry of the quarantine cannot be read, it is kept", "entry", f.Name(), "error", readErr)
				continue
			}
			err = errors.Join(err, s.resume(e))
		}
	}
	for _, id := range unrecorded {
		err = errors.Join(err, s.recordOwed(id, record))
	}
	return err
}

// recordOwed has the incident of an entry recorded, where there is such an entry.
// What cannot be recorded waits for the next start: a full disk keeps nobody from
// being protected.
func (s *Store) recordOwed(id string, record func(Entry) error) error {
	e, err := s.entry(s.file(id, sealed))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(s.file(id, coming)); err == nil {
			return nil // it was not finished, and may be yet
		}
		return os.Remove(s.file(id, owed))
	}
	if err == nil {
		err = record(e)
	}
	if err != nil {
		s.log.Error("the incident of a file in quarantine is not recorded, it waits for the next start", "entry", id, "error", err)
		return nil
	}
	return os.Remove(s.file(id, owed))
}

// Recorded says that the incident of an entry is.
func (s *Store) Recorded(e Entry) error {
	if err := os.Remove(s.file(e.ID, owed)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("note that an incident is recorded: %w", err)
	}
	return nil
}

func (s *Store) resume(e Entry) error {
	folder, err := os.OpenRoot(filepath.Dir(e.Path))
	if err != nil {
		// Folder and file are gone; what is sealed is all there is.
		return os.Rename(s.file(e.ID, coming), s.file(e.ID, sealed))
	}
	defer folder.Close()
	return s.finish(folder, e)
}
