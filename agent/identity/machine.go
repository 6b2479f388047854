// Package identity is who this machine is: the id made at its first start, and
// the key and certificate with which it speaks to the console. The key is made
// here and never leaves the machine. The package asks for certificates, renews
// them in time, and keeps them so that a crash leaves the old identity or the
// new one, whole. It sends nothing else and judges nobody.
package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/google/uuid"

	"github.com/trustline/trustline/uploader/incident"
	"github.com/trustline/trustline/uploader/keyfile"
)

// Machine answers who this machine is: an id made at the first start and kept
// in the state folder, and the name it has now.
func Machine(state string) (incident.Machine, error) {
	if err := os.MkdirAll(state, 0o700); err != nil {
		return incident.Machine{}, fmt.Errorf("make state folder: %w", err)
	}
	name, err := os.Hostname()
	if err != nil {
		return incident.Machine{}, fmt.Errorf("read host name: %w", err)
	}
	m := incident.Machine{Name: name, OS: runtime.GOOS}
	path := filepath.Join(state, "machine.json")
	data, err := os.ReadFile(path)
	switch {
	case err == nil:
		var kept struct{ ID string }
		if err := json.Unmarshal(data, &kept); err != nil || uuid.Validate(kept.ID) != nil {
			return m, fmt.Errorf("machine identity %s is damaged: remove it to have a new one made", path)
		}
		m.ID = kept.ID
		return m, nil
	case !errors.Is(err, fs.ErrNotExist):
		return m, fmt.Errorf("read machine identity: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return m, fmt.Errorf("make machine identity: %w", err)
	}
	m.ID = id.String()
	data, err = json.Marshal(struct{ ID string }{m.ID})
	if err != nil {
		return m, fmt.Errorf("encode machine identity: %w", err)
	}
	return m, WriteDurably(path, data)
}

// WriteDurably replaces a small file that only its owner may read, so that a
// crash leaves the old or the new one, whole. For keys there is keyfile.Write.
func WriteDurably(path string, data []byte) error { return keyfile.Replace(path, data) }
