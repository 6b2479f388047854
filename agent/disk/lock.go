package disk

import "time"

// lockTries is how often a drive is tried to be locked.
const lockTries = 10

// Pause is the time between two attempts to lock a drive.
func Pause() { time.Sleep(50 * time.Millisecond) }

// Lock locks a drive, and waits a little for programs that have just looked what
// has been plugged in. While somebody has a file open it fails.
func Lock(v interface{ Lock() error }, pause func()) (err error) {
	for try := range lockTries {
		if try > 0 {
			pause()
		}
		if err = v.Lock(); err == nil {
			return nil
		}
	}
	return err
}
