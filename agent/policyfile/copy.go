package policyfile

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/trustline/trustline/rules"
)

// useCopy takes up the last sound policy when the file cannot be used.
func (f *File) useCopy() {
	if f.kept == "" {
		return
	}
	data, err := readOwned(f.kept)
	if err != nil {
		f.log.Info("no copy of an earlier policy, the built-in one holds", "reason", err)
		return
	}
	p, err := rules.ParsePolicy(f.kept, data)
	if err != nil {
		f.log.Warn("the copy of the earlier policy is not sound, the built-in one holds", "problem", problem(err))
		return
	}
	broken := f.Status().Broken
	f.take(p, FromCopy)
	f.setBroken(broken)
	for i := range f.pending {
		f.pending[i].Version = p.Version()
	}
}

// keepCopy keeps a sound policy for the next start. A failure costs that only.
func (f *File) keepCopy(data []byte) {
	if f.kept == "" {
		return
	}
	if err := replace(f.kept, data); err != nil {
		f.log.Warn("policy is not kept for the next start", "error", err)
	}
}

// replace writes a file that is there whole or not at all, also after a power
// cut, and that only its owner reads.
func replace(path string, data []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("keep policy: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keep policy: %w", err)
	}
	return nil
}
