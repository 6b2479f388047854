package spool

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/trustline/trustline/uploader/incident"
)

// Files of the folder that are not records.
const (
	temporary   = ".new-" // starts the names of files being written
	lockName    = "lock"
	reserveFile = "reserve"
)

// reserveSize is disk space, in bytes, held for the time when somebody has
// filled the disk: about a thousand records more.
const reserveSize = 4 << 20

// A record's file is named by the rank of its severity and its id, with a mark
// once it has been handed out for sending: from then on the console may have
// it, and it must not change.
const offeredMark = ".offered"

func (e *entry) name() string {
	name := fmt.Sprintf("%d-%s", e.rank, e.id)
	if e.offered {
		name += offeredMark
	}
	return name
}

func parseName(name string) (*entry, bool) {
	name, offered := strings.CutSuffix(name, offeredMark)
	if len(name) < 2 || name[1] != '-' || name[0] < '0' || name[0] >= '0'+byte(ranks) {
		return nil, false
	}
	id, err := uuid.Parse(name[2:])
	if err != nil || id.String() != name[2:] {
		return nil, false
	}
	return &entry{id: name[2:], rank: int(name[0] - '0'), offered: offered}, true
}

// ranks is how many severities there are.
const ranks = 4

// rank orders severities, lowest first.
func rank(s incident.Severity) int {
	switch s {
	case incident.Critical:
		return 3
	case incident.High:
		return 2
	case incident.Medium:
		return 1
	}
	return 0
}

// writeTemporary writes a new file of the folder and flushes it to the disk.
func writeTemporary(dir string, data []byte) (string, error) {
	f, err := os.CreateTemp(dir, temporary)
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// restoreReserve makes the reserve where it is missing and there is room.
func (s *Spool) restoreReserve() {
	path := filepath.Join(s.dir, reserveFile)
	if _, err := os.Lstat(path); err == nil {
		return
	}
	block := make([]byte, reserveSize)
	rand.Read(block) // so that no file system stores it for nothing
	tmp, err := writeTemporary(s.dir, block)
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		s.log.Warn("no reserve on the disk for incidents", "error", err)
	}
}
