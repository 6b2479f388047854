// Package activity says what is happening on a workstation: who does what,
// with which content, towards where. It is plain data at the bottom of the
// tree: every layer may import it, it imports nothing of ours. It never
// senses, decides or acts.
package activity

import "time"

// Channel is a way by which content can leave the workstation.
type Channel string

// The channels the product knows.
const (
	RemovableMedia Channel = "removable-media"
	NetworkShare   Channel = "network-share"
	SyncFolder     Channel = "sync-folder"
	Clipboard      Channel = "clipboard"
	Print          Channel = "print"
	Network        Channel = "network"
	// AtRest is content that lies in a folder of the workstation or a share: it
	// is not leaving, and found where it should not be.
	AtRest Channel = "at-rest"
)

// Operation is what is being done on a channel.
type Operation string

// The operations the product knows.
const (
	// Write is content written to a file: create, overwrite, append, truncate.
	Write Operation = "write"
	// Name is a file, directory or link given a name.
	Name Operation = "name"
	// Attribute is an extended attribute being set.
	Attribute Operation = "attribute"
	// Copy is content put on the clipboard.
	Copy Operation = "copy"
	// CopyFile is a file put on the clipboard, to be pasted somewhere.
	CopyFile Operation = "copy-file"
	// Find is content found lying somewhere.
	Find Operation = "find"
	// Connect is the workstation being on a network, or reaching for a system
	// over it.
	Connect Operation = "connect"
)

// Activity is one thing a person is doing that could carry content out.
type Activity struct {
	Time        time.Time // UTC
	Channel     Channel
	Operation   Operation
	Actor       Actor
	Others      []Actor // who else has written the content: what holds for one must hold for each
	Subject     Subject
	Destination Destination
}

// Actor is the person and the program acting.
type Actor struct {
	UID     int      // numeric user id; -1 where the system has none
	User    string   // account name, "" when unknown
	Groups  []string // names of the account's groups on this machine; nil when unknown
	PID     int      // process id, 0 when unknown
	Program string   // absolute path of the executable, "" when unknown
	// Proven tells that only the system's administrator can have put the program
	// there. A name alone is anybody's: whoever may run programs can copy one.
	Proven bool
}

// Subject is the content acted on. Name, Source and Said may themselves
// hold customer data: mask them before they are recorded or shown elsewhere.
type Subject struct {
	Name   string // path relative to the destination
	Source string // where the content came from, "" when unknown
	// Said is where it came from as a program of the person's own says, "" where
	// none does. Whoever can read more than the person never opens it.
	Said   string
	SHA256 string // of the whole content in hex, "" when not known
	Size   int64  // bytes, -1 when unknown
	Type   string // media type found by content, "" when not looked at
	// Begun tells that only the first part of the content was there to look at:
	// what was found in it says nothing of the rest.
	Begun bool
}

// Destination is where the content is going.
type Destination struct {
	Path   string // mount point, folder or address
	Device Device // zero unless the destination is a device
	Share  Share  // zero unless the destination is on a network share
}

// Share is a folder of another computer.
type Share struct {
	Name string // as it was mounted: "//nas/sales", "nas:/export/sales"
	Host string // the server, lower case, "" when unknown
	// Proven tells that the system itself mounted it so. A person's own program
	// can mount something and call it whatever they like.
	Proven bool
}

// Device describes a removable medium as the system reports it.
type Device struct {
	Node       string // device node, "/dev/sdb1"
	Bus        string // "usb", "mmc", "loop", …
	Vendor     string
	Model      string
	Serial     string
	Label      string // file system label
	FileSystem string // "vfat", "exfat", "ext4", …
	Encrypted  bool   // the medium itself is encrypted (LUKS, BitLocker)
}
