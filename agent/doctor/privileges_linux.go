package doctor

import (
	"context"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/message"
)

// needed are the capabilities the guard works with (capabilities(7)).
var needed = []struct {
	bit  int
	name string
}{
	{unix.CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}, {unix.CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE"}, {unix.CAP_CHOWN, "CAP_CHOWN"},
	{unix.CAP_FOWNER, "CAP_FOWNER"}, {unix.CAP_SETUID, "CAP_SETUID"}, {unix.CAP_SETGID, "CAP_SETGID"},
}

// privileges asks what this process may do; containers take some from root.
func privileges(context.Context, *examination) finding {
	if !privileged() {
		return warn("not-root")
	}
	var data [2]unix.CapUserData
	if err := unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &data[0]); err != nil {
		return fail("unknown", because(err))
	}
	var missing []string
	for _, c := range needed {
		if data[c.bit/32].Effective&(1<<(c.bit%32)) == 0 {
			missing = append(missing, c.name)
		}
	}
	if len(missing) > 0 {
		return fail("missing", message.Args{"Names": strings.Join(missing, ", ")})
	}
	return fine()
}
