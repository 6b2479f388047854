package agent

import (
	"slices"

	"github.com/trustline/trustline/agent/activity"
	"github.com/trustline/trustline/agent/enforce"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/health"
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
			if guard.Supported && guard.Possible() != nil {
				degree = enforce.None
			}
		case activity.SyncFolder:
			degree = where(degree, len(a.config.Watch) > 0)
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

func where(d enforce.Degree, used bool) enforce.Degree {
	if !used {
		return enforce.None
	}
	return d
}
