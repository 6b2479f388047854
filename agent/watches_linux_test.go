package agent

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// watches waits until this process watches a folder: what is written before
// that is not looked at. Some file systems number their folders otherwise for
// the kernel; there it waits for some seconds.
func watches(t *testing.T, folder string) {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(folder, &st); err != nil {
		t.Fatal(err)
	}
	mark := fmt.Appendf(nil, " ino:%x sdev:%x ", st.Ino, unix.Major(st.Dev)<<20|unix.Minor(st.Dev))
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		files, err := filepath.Glob("/proc/self/fdinfo/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if info, _ := os.ReadFile(path); bytes.Contains(info, mark) {
				return
			}
		}
	}
}
