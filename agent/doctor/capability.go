package doctor

import (
	"slices"

	"github.com/trustline/trustline/agent/enforce"
	"github.com/trustline/trustline/agent/sensor/share"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/activity"
)

// Enforcement is how far what the policy says is carried out on a channel.
type Enforcement = enforce.Degree

// Capability is what this machine can do about one channel.
type Capability struct {
	Channel     activity.Channel `json:"channel"`
	Name        string           `json:"name"`
	Enforcement Enforcement      `json:"enforcement"`
	Text        string           `json:"text"`
	// Missing are the ids of checks that stand in the way of more.
	Missing []string `json:"missing,omitempty"`
}

// needs are the checks a channel depends on; those of other systems are left out.
func needs(c activity.Channel) []string {
	switch c {
	case activity.RemovableMedia:
		return []string{"privileges", "fuse", "mounts", "service"}
	case activity.Network:
		return []string{"firewall", "service"}
	}
	return []string{"service"}
}

// says is how a degree is put into words, where it takes other words than its own.
func says(c activity.Channel, d Enforcement, s Setup) string {
	switch {
	case c == activity.Clipboard && d == enforce.Undone:
		return "enforcement.clipboard"
	case c == activity.SyncFolder && d != enforce.None && len(s.Watch) == 0:
		return "enforcement.unwatched"
	case c == activity.NetworkShare && d != enforce.None && !slices.ContainsFunc(s.Watch, onShare):
		return "enforcement.no-share"
	case c == activity.AtRest && d != enforce.None && len(s.Search) == 0:
		return "enforcement.unsearched"
	case c == activity.Network && d == enforce.Prevented:
		return "enforcement.isolates"
	}
	return "enforcement." + string(d)
}

func onShare(folder string) bool {
	_, ok := share.Under(folder)
	return ok
}

func capabilities(states map[string]State, s Setup, p *message.Printer) []Capability {
	var list []Capability
	for _, a := range enforce.Abilities() {
		withWinFsp := a.Channel == activity.RemovableMedia && states["winfsp"] == OK
		if withWinFsp {
			a.Best = enforce.Prevented
		}
		c := Capability{Channel: a.Channel, Name: p.Text("channel." + string(a.Channel)), Enforcement: a.Best}
		text := says(a.Channel, a.Best, s)
		if withWinFsp {
			text = "enforcement.drives"
		}
		if a.Best != enforce.None {
			c.Missing = missing(needs(a.Channel), states)
		}
		switch {
		case len(c.Missing) > 0:
			c.Enforcement, text = enforce.None, "enforcement.missing"
		case text == "enforcement.unwatched", text == "enforcement.no-share", text == "enforcement.unsearched":
			c.Enforcement = enforce.None
		}
		c.Text = p.Text(text)
		list = append(list, c)
	}
	return list
}

// missing answers those of the checks that stand in the way.
func missing(needs []string, states map[string]State) (ids []string) {
	for _, id := range needs {
		if state, asked := states[id]; asked && !stands(id, state) {
			ids = append(ids, id)
		}
	}
	return ids
}

// stands tells whether what a channel needs is there. A service that complains
// about something else still works; anything not known counts as missing.
func stands(id string, s State) bool { return s == OK || s == Warn && id == "service" }
