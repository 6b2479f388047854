package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/net"

	"github.com/trustline/trustline/message"
)

// system says which machine this is, and whether it has a way to anywhere.
func system(ctx context.Context, _ *examination) finding {
	info, err := host.InfoWithContext(ctx)
	if err != nil {
		return warn("unknown", because(err))
	}
	args := message.Args{"Platform": strings.TrimSpace(info.Platform + " " + info.PlatformVersion), "Kernel": info.KernelVersion, "Arch": info.KernelArch}
	interfaces, err := net.InterfacesWithContext(ctx)
	if err != nil {
		return warn("unknown", because(err))
	}
	var up []string
	for _, i := range interfaces {
		if slices.Contains(i.Flags, "up") && !slices.Contains(i.Flags, "loopback") && len(i.Addrs) > 0 {
			up = append(up, i.Name)
		}
	}
	args["Interfaces"] = strings.Join(up, ", ")
	if len(up) == 0 {
		return warn("offline", args)
	}
	return fine(args)
}
