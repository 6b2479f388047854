package agent

import (
	"slices"

	"github.com/trustline/trustline/agent/enforce"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/health"
	"github.com/trustline/trustline/agent/sensor/share"
	"github.com/trustline/trustline/rules/activity"
)

// enforcement answers how far what the policy says is carried out on each
// channel of this machine now. What works here is told, not what the policy asks.
func (a *Agent) enforcement() map[string]string {
	wrong := func(code health.Code) bool {
		return slices.ContainsFunc(a.health.Warnings(), func(w health.Warning) bool { return w.Code == code })
	}
	degrees := map[string]string{}
	for _, ability := range enforce.Abilities() {
		degree := ability.Best
		switch ability.Channel {
		case activity.RemovableMedia:
			degree = onMedia(degree, guard.Supported, guard.Possible() == nil)
		case activity.SyncFolder:
			degree = where(degree, slices.ContainsFunc(a.config.Watch, func(folder string) bool { return !remote(folder) }))
		case activity.NetworkShare:
			degree = where(degree, slices.ContainsFunc(a.config.Watch, remote))
		case activity.AtRest:
			degree = where(degree, len(a.config.Discovery.Folders) > 0)
		case activity.Network:
			degree = where(degree, !wrong(health.NetworkUnknown))
			if degree == enforce.Prevented && (wrong(health.IsolationFailing) || !a.site.closes()) {
				degree = enforce.Reported
			}
		}
		degrees[string(ability.Channel)] = string(degree)
	}
	return degrees
}

// onMedia is how far it goes on media: where not each has a guard by itself,
// those that can have one are better off than the best without.
func onMedia(best enforce.Degree, always, possible bool) enforce.Degree {
	switch {
	case possible:
		return enforce.Prevented
	case always:
		return enforce.None
	}
	return best
}

// remote tells whether a folder lies on a network share.
func remote(folder string) bool {
	_, ok := share.Under(folder)
	return ok
}

func where(d enforce.Degree, used bool) enforce.Degree {
	if !used {
		return enforce.None
	}
	return d
}
