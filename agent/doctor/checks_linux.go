package doctor

import "os"

func platformChecks() []check {
	return []check{
		{"privileges", privileges},
		{"fuse", fuse},
		{"mounts", mounts},
		{"firewall", firewall},
		{"devices", devices},
		{"file-events", fileEvents},
		{"sandbox", sandbox},
		{"desktop", desktop},
	}
}

func privileged() bool { return os.Geteuid() == 0 }

func openToOthers(info os.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
