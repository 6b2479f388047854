package doctor

import "os"

func platformChecks() []check {
	return []check{{"drives", readOnlyDrives}, {"winfsp", winfsp}, {"firewall", firewall}}
}

// privileged is not known here: what needs it is refused.
func privileged() bool { return true }

// openToOthers cannot be told from the mode here.
func openToOthers(os.FileInfo) bool { return false }
