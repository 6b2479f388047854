package employee

import (
	"context"
	"net/url"
	"strconv"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules/mask"
)

// What a request asks for unless the person says otherwise.
const (
	usualDays = "7"
	usualUses = "1"
)

func fillRequest(*Page, told) url.Values {
	return url.Values{"days": {usualDays}, "uses": {usualUses}}
}

func checkRequest(_ *Page, f url.Values) map[string]string {
	wrong := map[string]string{}
	purpose := grant.Purpose(f.Get("purpose"))
	if !purpose.Known() {
		wrong["purpose"] = "wrong.choose"
	}
	text(wrong, f, "text", purpose == "other")
	line(wrong, f, "recipient")
	line(wrong, f, "name")
	for name, most := range map[string]int{"days": grant.MaxDays, "uses": grant.MaxUses} {
		if n, err := strconv.Atoi(f.Get(name)); err != nil || n < 1 || n > most {
			wrong[name] = "wrong." + name
		}
	}
	if f.Get("pledge") == "" {
		wrong["pledge"] = "wrong.pledge"
	}
	return wrong
}

func sendRequest(ctx context.Context, p *Page, c told, f url.Values) (outcome, error) {
	days, _ := strconv.Atoi(f.Get("days")) // both were checked
	uses, _ := strconv.Atoi(f.Get("uses"))
	wanted := cases.Wanted{
		Case: c.Notice.ID, Challenge: f.Get("challenge") != "",
		Wish: grant.Wish{
			Purpose: grant.Purpose(f.Get("purpose")), Text: mask.Text(p.pack, f.Get("text")), Recipient: f.Get("recipient"),
			Days: days, Uses: uses, Pledge: f.Get("pledge") != "", Name: f.Get("name"),
		},
	}
	o := outcome{ByPhone: wanted.Challenge}
	err := p.ask(ctx, cases.AskRequest, wanted, &o.Sent)
	return o, err
}
