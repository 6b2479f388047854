package doctor

import (
	"cmp"

	"github.com/trustline/trustline/agent/activity"
	"github.com/trustline/trustline/message"
)

// Enforcement is how far what the policy says is carried out on a channel.
type Enforcement string

// The degrees, best first; the first three are an incident's outcomes.
const (
	Prevented Enforcement = "prevented" // not a byte reaches the destination
	Undone    Enforcement = "undone"    // it arrives and is taken back
	Reported  Enforcement = "reported"  // it is only seen
	None      Enforcement = "none"      // it is not seen
)

// Capability is what this machine can do about one channel.
type Capability struct {
	Channel     activity.Channel `json:"channel"`
	Name        string           `json:"name"`
	Enforcement Enforcement      `json:"enforcement"`
	Text        string           `json:"text"`
	// Missing are the ids of checks that stand in the way of more.
	Missing []string `json:"missing,omitempty"`
}

// ability is what this version does about a channel where the checks it needs
// are met.
type ability struct {
	channel activity.Channel
	best    Enforcement
	needs   []string
	says    string // in other words than the degree's own, "" for those
	// off says why it is not used although it could be, "" when it is used.
	off func(Setup) string
}

func capabilities(states map[string]State, s Setup, p *message.Printer) []Capability {
	var list []Capability
	for _, a := range abilities() {
		c := Capability{Channel: a.channel, Name: p.Text("channel." + string(a.channel)), Enforcement: a.best}
		for _, id := range a.needs {
			if !stands(id, states[id]) {
				c.Missing = append(c.Missing, id)
			}
		}
		says := cmp.Or(a.says, "enforcement."+string(a.best))
		switch {
		case len(c.Missing) > 0:
			c.Enforcement, says = None, "enforcement.missing"
		case a.best == None:
			says = "enforcement.none"
		case a.off != nil && a.off(s) != "":
			c.Enforcement, says = None, a.off(s)
		}
		c.Text = p.Text(says)
		list = append(list, c)
	}
	return list
}

// stands tells whether what a channel needs is there. A service that complains
// about something else still works; anything not known counts as missing.
func stands(id string, s State) bool { return s == OK || s == Warn && id == "service" }

func unwatched(s Setup) string {
	if len(s.Watch) == 0 {
		return "enforcement.unwatched"
	}
	return ""
}
