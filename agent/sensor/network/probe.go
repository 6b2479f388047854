package network

import (
	"context"
	"maps"
	"net"
	"slices"

	"github.com/trustline/trustline/beacon"
)

// maxProbed bounds over how many links a beacon is asked for.
const maxProbed = 8

// probe asks for every beacon over every link at once and answers, by link,
// the best that came of it: an answer, else the sign of an attack.
func probe(ctx context.Context, links []Link, targets []beacon.Target, dialer func(Link) *net.Dialer) map[string]beacon.Outcome {
	type answer struct {
		link    string
		outcome beacon.Outcome
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	probed := probeable(links)
	answers := make(chan answer, len(probed)*len(targets))
	for _, l := range probed {
		for _, t := range targets {
			go func() {
				outcome, _ := beacon.Probe(ctx, dialer(l), t) // the outcome says it all
				answers <- answer{l.Name, outcome}
			}()
		}
	}
	best := map[string]beacon.Outcome{}
	for range cap(answers) {
		a := <-answers
		if weight(a.outcome) > weight(best[a.link]) {
			best[a.link] = a.outcome
		}
		if a.outcome == beacon.Answered && everyAnswered(best, probed) {
			break
		}
	}
	return best
}

// everyAnswered tells that nothing more is to be learnt: a physical link
// answered, or all did. Links not heard of yet count as silent then.
func everyAnswered(best map[string]beacon.Outcome, links []Link) bool {
	all := true
	for _, l := range links {
		if best[l.Name] == beacon.Answered && l.Kind != Tunnel {
			return true
		}
		all = all && best[l.Name] == beacon.Answered
	}
	return all
}

func weight(o beacon.Outcome) int {
	return slices.Index([]beacon.Outcome{"", beacon.Silent, beacon.Impostor, beacon.Relayed, beacon.Answered}, o)
}

// probeable answers the links over which a beacon could be reached.
func probeable(links []Link) []Link {
	var list []Link
	for _, l := range links {
		if (l.Kind != Virtual || l.Default) && len(list) < maxProbed {
			list = append(list, l)
		}
	}
	return list
}

// with answers the facts with what came of asking.
func (f Facts) with(outcomes map[string]beacon.Outcome) Facts {
	f.Links = slices.Clone(f.Links)
	for i := range f.Links {
		f.Links[i].Beacon = outcomes[f.Links[i].Name]
	}
	return f
}

func anyOutcome(outcomes map[string]beacon.Outcome, want beacon.Outcome) bool {
	return slices.Contains(slices.Collect(maps.Values(outcomes)), want)
}
