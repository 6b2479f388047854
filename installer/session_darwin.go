package installer

import "fmt"

// launchAgents is where launchd looks for what to start with every session.
const launchAgents = "/Library/LaunchAgents/com.trustline.session.plist"

// InstallSession has every session start the session helper.
func InstallSession(c Config) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := place(launchAgents, launchAgent(c)); err != nil {
		return fmt.Errorf("install session helper: %w", err)
	}
	return nil
}

// UninstallSession takes that back. Helpers that run end with their session.
func UninstallSession() error {
	if err := gone(launchAgents); err != nil {
		return fmt.Errorf("remove session helper: %w", err)
	}
	return nil
}
