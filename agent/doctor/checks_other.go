//go:build !linux

package doctor

import (
	"context"
	"os"
	"runtime"

	"github.com/trustline/trustline/message"
)

func platformChecks() []check {
	return []check{{"guard", func(context.Context, *examination) finding {
		return unsupported(message.Args{"OS": runtime.GOOS})
	}}}
}

func privileged() bool { return os.Geteuid() <= 0 } // -1 on Windows: not known here

// openToOthers cannot be told from the mode on Windows.
func openToOthers(info os.FileInfo) bool {
	return runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0
}
