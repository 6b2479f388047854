package guard

import (
	"slices"

	"github.com/trustline/trustline/rules/activity"
)

// maxAuthors bounds who may have a part in one change.
const maxAuthors = 16

// answersFor tells whether somebody answers for a change.
func answersFor(a activity.Activity, who activity.Actor) bool {
	return sameActor(a.Actor, who) || slices.ContainsFunc(a.Others, func(o activity.Actor) bool { return sameActor(o, who) })
}

func sameActor(a, b activity.Actor) bool {
	return a.UID == b.UID && a.User == b.User && a.Program == b.Program && a.Proven == b.Proven
}
