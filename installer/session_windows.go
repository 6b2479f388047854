package installer

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows/registry"
)

// Where Windows looks for what to start with every session.
const (
	runKey   = `SOFTWARE\Microsoft\Windows\CurrentVersion\Run`
	runValue = "Trustline"
)

// InstallSession has every session start the session helper.
func InstallSession(c Config) error {
	if err := c.check(); err != nil {
		return err
	}
	key, _, err := registry.CreateKey(registry.LOCAL_MACHINE, runKey, registry.SET_VALUE)
	if err == nil {
		err = errors.Join(key.SetStringValue(runValue, `"`+c.Program+`" session`), key.Close())
	}
	if err != nil {
		return fmt.Errorf("install session helper: %w", err)
	}
	return nil
}

// UninstallSession takes that back. Helpers that run end with their session.
func UninstallSession() error {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, runKey, registry.SET_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err == nil {
		if err = key.DeleteValue(runValue); errors.Is(err, registry.ErrNotExist) {
			err = nil
		}
		err = errors.Join(err, key.Close())
	}
	if err != nil {
		return fmt.Errorf("remove session helper: %w", err)
	}
	return nil
}
