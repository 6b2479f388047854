package doctor

import (
	"os"

	"github.com/trustline/trustline/agent/activity"
)

func platformChecks() []check {
	return []check{
		{"privileges", privileges},
		{"fuse", fuse},
		{"mounts", mounts},
		{"devices", devices},
		{"file-events", fileEvents},
		{"sandbox", sandbox},
		{"desktop", desktop},
	}
}

func abilities() []ability {
	return []ability{
		{channel: activity.RemovableMedia, best: Prevented, needs: []string{"privileges", "fuse", "mounts", "service"}},
		{channel: activity.NetworkShare, best: None},
		{channel: activity.SyncFolder, best: Reported, needs: []string{"service"}, off: unwatched},
		{channel: activity.Clipboard, best: Undone, needs: []string{"service"}, says: "enforcement.clipboard"},
		{channel: activity.Print, best: None},
		{channel: activity.Network, best: None},
	}
}

func privileged() bool { return os.Geteuid() == 0 }

func openToOthers(info os.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
