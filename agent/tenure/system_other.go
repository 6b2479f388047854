//go:build !linux

package tenure

// bootID: the system has no name for a run of the machine, so that a power cut
// counts as killed.
func bootID() string { return "" }

// ShuttingDown is not known here: a shutdown counts as stopped.
func ShuttingDown() bool { return false }
