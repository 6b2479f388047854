//go:build !linux && !windows

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

func privileged() bool { return os.Geteuid() == 0 }

func openToOthers(info os.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
