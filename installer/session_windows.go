package installer

// InstallSession has nothing to do: the service itself keeps a session helper
// running for everybody who is logged on (agent/sessions).
func InstallSession(c Config) error { return c.check() }

// UninstallSession has nothing to do either: helpers end with the service.
func UninstallSession() error { return nil }
