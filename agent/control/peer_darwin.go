package control

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// DefaultPath is where the service listens unless told otherwise.
const DefaultPath = "/var/run/trustline/control.sock"

// peer answers who is at the other end, as the kernel noted it when they
// connected or, for a server, listened. It is built and vetted; it was never run.
func peer(conn net.Conn) (Caller, error) {
	raw, err := descriptor(conn)
	if err != nil {
		return Caller{}, err
	}
	var cred *unix.Xucred
	var pid int
	var credErr, pidErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		pid, pidErr = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	})
	if err := errors.Join(err, credErr, pidErr); err != nil {
		return Caller{}, fmt.Errorf("read the peer's credentials: %w", err)
	}
	if cred.Ngroups < 1 {
		return Caller{}, errors.New("read the peer's credentials: it has no group")
	}
	return Caller{UID: int(cred.Uid), GID: int(cred.Groups[0]), PID: pid}, nil
}
