//go:build !linux && !windows && !darwin

package clipboard

// backends answers the one way to the clipboard that there is so far.
func backends(func(string) string) []backend { return []backend{newPolling(nil)} }
