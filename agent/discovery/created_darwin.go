package discovery

import (
	"io/fs"
	"syscall"
	"time"
)

// CreatedAt answers when a file was made, zero where the system does not say.
func CreatedAt(_ string, info fs.FileInfo) time.Time {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || st.Birthtimespec.Sec <= 0 {
		return time.Time{}
	}
	return time.Unix(st.Birthtimespec.Unix())
}
