package uploader

import (
	"context"
	"os"

	"golang.org/x/sys/unix"
)

// networkUp tells when an address appears on this machine: the kernel says so
// to whoever joins these groups (rtnetlink(7)). Without it, waiting goes on as
// long as it would.
func networkUp(ctx context.Context) <-chan struct{} {
	up := make(chan struct{}, 1)
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return up
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR}); err != nil {
		unix.Close(fd)
		return up
	}
	socket := os.NewFile(uintptr(fd), "rtnetlink")
	stop := context.AfterFunc(ctx, func() { socket.Close() })
	go func() {
		defer stop()
		defer socket.Close()
		buf := make([]byte, 8<<10)
		for {
			n, err := socket.Read(buf)
			if err != nil {
				return
			}
			// The message type stands after the length, nlmsghdr of 16 bytes.
			if n < unix.NLMSG_HDRLEN || buf[4] != unix.RTM_NEWADDR || buf[5] != 0 {
				continue
			}
			select {
			case up <- struct{}{}:
			default:
			}
		}
	}()
	return up
}
