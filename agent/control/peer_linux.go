package control

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// DefaultPath is where the service listens unless told otherwise.
const DefaultPath = "/run/trustline/control.sock"

// peer answers who is at the other end, as the kernel noted it when they
// connected or, for a server, listened.
func peer(conn net.Conn) (Caller, error) {
	raw, err := descriptor(conn)
	if err != nil {
		return Caller{}, err
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err := errors.Join(err, credErr); err != nil {
		return Caller{}, fmt.Errorf("read the peer's credentials: %w", err)
	}
	return Caller{UID: int(cred.Uid), GID: int(cred.Gid), PID: int(cred.Pid)}, nil
}
