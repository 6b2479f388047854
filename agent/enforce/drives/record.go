package drives

import "github.com/trustline/trustline/agent/holdings"

// FileName is the record's, in the folder of the service's data.
const FileName = "drives.json"

const maxDisks = 256

// record is of the disks that we have made read-only. Where it is lost, what is
// read-only counts as somebody else's. A disk replaces whatever had its number
// before, which is gone.
func record() holdings.Kind[Disk] {
	return holdings.Kind[Disk]{
		What: "which drives are read-only", Loss: "they are writable again once plugged in anew", Most: maxDisks,
		Replaces: func(old, now Disk) bool { return old.Number == now.Number },
	}
}
