//go:build !linux && !windows

package sandbox

// attack has nothing to show where nothing is confined.
func attack() {}

func attackAll() {}
