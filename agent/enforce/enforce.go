// Package enforce says how far what a policy decides is carried out on each
// channel; the packages in its folder carry it out. It looks at nothing: whether
// a machine has what the best takes is for others to find out.
package enforce

import (
	"runtime"

	"github.com/trustline/trustline/rules/activity"
)

// Degree is how far what the policy says is carried out on a channel.
type Degree string

// The degrees, best first; the first three are an incident's outcomes.
const (
	Prevented Degree = "prevented" // not a byte reaches the destination
	Undone    Degree = "undone"    // it arrives and is taken back
	Reported  Degree = "reported"  // it is only seen
	None      Degree = "none"      // it is not seen
)

// Ability is how far this version goes on one channel, where everything it
// needs is there and the configuration asks for it.
type Ability struct {
	Channel activity.Channel
	Best    Degree
}

// Abilities answers every channel on this system, in the order people read them.
func Abilities() []Ability {
	best := table()
	return []Ability{
		{activity.RemovableMedia, best.media}, {activity.NetworkShare, Undone}, {activity.SyncFolder, Undone},
		{activity.AtRest, Undone}, {activity.Clipboard, best.clipboard}, {activity.Print, None}, {activity.Network, best.network},
	}
}

// degrees are those that systems differ in.
type degrees struct{ media, clipboard, network Degree }

func table() degrees {
	switch runtime.GOOS {
	case "linux":
		return degrees{Prevented, Undone, Prevented}
	case "windows":
		return degrees{Undone, Undone, Prevented}
	}
	return degrees{None, None, Reported} // macOS: builds, not verified
}
