package employee

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/mask"
)

// The ways on from a case, as policies name them, and wayCode, which is open
// while an approval is waited for.
const (
	wayMasked  = "masked-copy"
	wayRequest = "request-approval"
	wayMistake = "not-customer-data"
	wayJustify = "justify"
	wayCode    = "code"
	waySilence = "silence"
)

// policyWays are those a policy offers, in the order they are shown.
func policyWays() []string {
	return []string{wayMasked, wayRequest, wayJustify, wayMistake, waySilence}
}

func known(way string) bool { return way == wayCode || slices.Contains(policyWays(), way) }

// offered answers the ways on from a case. A reason is enough where the policy
// asks for one, and nowhere else.
func offered(c told) []string {
	ways := slices.DeleteFunc(policyWays(), func(way string) bool {
		if way == wayJustify {
			return c.Notice.Action != string(rules.Justify)
		}
		return !slices.Contains(c.Notice.EmployeeMay, way)
	})
	if c.Approval != nil && c.Approval.State == waiting {
		ways = append(ways, wayCode)
	}
	return ways
}

// way is what one can do about a case: a form and what comes of it.
type way struct {
	template string
	// fill answers what stands in the form at first.
	fill func(p *Page, c told) url.Values
	// check answers the ids of texts that say what is wrong with fields.
	check func(p *Page, f url.Values) map[string]string
	// send does it.
	send func(ctx context.Context, p *Page, c told, f url.Values) (outcome, error)
}

func (p *Page) way(name string) way {
	switch name {
	case wayMasked:
		return way{"masked", fillMasked, checkMasked, sendMasked}
	case wayRequest:
		return way{"request", fillRequest, checkRequest, sendRequest}
	case wayCode:
		return way{"code", fillNothing, checkCode, sendCode}
	case waySilence:
		return way{"silence", fillNothing, checkNothing, sendSilence}
	case wayJustify:
		return way{"said", fillNothing, checkSaid, said(cases.AskJustify)}
	}
	return way{"said", fillNothing, checkSaid, said(cases.AskMistake)}
}

func fillNothing(*Page, told) url.Values { return url.Values{} }

func checkNothing(*Page, url.Values) map[string]string { return nil }

func sendSilence(ctx context.Context, p *Page, c told, _ url.Values) (outcome, error) {
	var o outcome
	err := p.ask(ctx, cases.AskSilence, cases.Said{Case: c.Notice.ID}, &o.Sent)
	return o, err
}

func checkSaid(_ *Page, f url.Values) map[string]string {
	wrong := map[string]string{}
	text(wrong, f, "text", true)
	return wrong
}

// said sends a text about a case.
func said(about string) func(context.Context, *Page, told, url.Values) (outcome, error) {
	return func(ctx context.Context, p *Page, c told, f url.Values) (outcome, error) {
		var o outcome
		err := p.ask(ctx, about, cases.Said{Case: c.Notice.ID, Text: mask.Text(p.pack, f.Get("text"))}, &o.Sent)
		return o, err
	}
}

const maxCode = 40 // bytes, as typed

func checkCode(_ *Page, f url.Values) map[string]string {
	wrong := map[string]string{}
	if c := f.Get("code"); c == "" || len(c) > maxCode {
		wrong["code"] = "wrong.code"
	}
	return wrong
}

func sendCode(ctx context.Context, p *Page, c told, f url.Values) (outcome, error) {
	var o outcome
	err := p.ask(ctx, cases.AskCode, cases.Spoken{Case: c.Notice.ID, Code: f.Get("code")}, &o.Sent)
	return o, err
}

// text checks a text that is sent.
func text(wrong map[string]string, f url.Values, name string, needed bool) {
	s := f.Get(name)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }):
		wrong[name] = "wrong.characters"
	case len(s) > grant.MaxText:
		wrong[name] = "wrong.long"
	case needed && s == "":
		wrong[name] = "wrong.empty"
	}
}

// line checks a text of one line.
func line(wrong map[string]string, f url.Values, name string) {
	text(wrong, f, name, true)
	if strings.Contains(f.Get(name), "\n") {
		wrong[name] = "wrong.characters"
	}
}

// helpDesk answers what the person can give to somebody who helps them: masked
// facts alone.
func (p *Page) helpDesk(c told) string {
	return strings.Join([]string{
		c.Text.Title, c.Text.Lines[0],
		p.texts.Text("case.helpdesk.facts", message.Args{
			"Case": c.Notice.ID, "Time": c.Notice.Time.UTC().Format("2006-01-02 15:04:05 UTC"),
			"Rule": c.Notice.Rule, "Channel": either(p.texts, "channel.", c.Channel), "Place": c.Place,
		}),
	}, "\n")
}
