// Package prompt tells the employee: what was stopped, why, and what they can
// do instead, in plain words and their language. The service makes a Notice
// from an incident, the session helper shows it on the desktop, and where there
// is no desktop the service writes it to the person's terminal. The package
// sees masked data only, decides nothing, and never holds up whoever tells it.
package prompt

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/uploader/incident"
)

// Notice is what one person is told about one incident. Its texts are one
// line each, bounded, and free of anything a terminal or a bidirectional
// layout would act on.
type Notice struct {
	ID        string    `json:"id"`   // of the incident
	Time      time.Time `json:"time"` // UTC
	Action    string    `json:"action"`
	Outcome   string    `json:"outcome"`
	Reason    string    `json:"reason"` // class, rolling-total, unreadable, activity, default
	Channel   string    `json:"channel"`
	Operation string    `json:"operation"`
	Rule      string    `json:"rule"`
	Words     Words     `json:"words"` // the policy's own

	File        string   `json:"file"`             // base name; "" for text on the clipboard
	Medium      string   `json:"medium,omitempty"` // vendor and model, or label; "" when nobody named it
	Unreadable  string   `json:"unreadable,omitempty"`
	People      int      `json:"people,omitempty"`
	Rolling     int      `json:"rolling,omitempty"`
	Classes     []string `json:"classes,omitempty"` // class ids, the telling ones first
	Samples     []string `json:"samples,omitempty"` // masked, at most two
	EmployeeMay []string `json:"employeeMay,omitempty"`
}

// Actions of notices about what others decided.
const (
	Granted   = "granted"
	Refused   = "refused"
	Withdrawn = "withdrawn"
	// Destroyed: the security team had a file of theirs destroyed.
	Destroyed = "destroyed"
	// Closed: a drive of theirs is read-only here.
	Closed = "closed"
)

// Words is what the policy says to people about a rule, by language ("en",
// "zh"); empty where it says nothing.
type Words struct {
	Title   map[string]string `json:"title,omitempty"`   // the rule in plain words
	Message map[string]string `json:"message,omitempty"` // what to do, or why there is such a rule
	// Data names kinds of data that the policy describes itself, by class id.
	Data map[string]map[string]string `json:"data,omitempty"`
}

// Bounds on the texts of a notice, in runes.
const (
	maxName   = 48
	maxMedium = 40
	maxSample = 24
	maxTitle  = 120
	maxAdvice = 300
	maxID     = 64
)

// tellingOrder is how people would describe somebody's data.
var tellingOrder = []string{"person-name", "cn-mobile", "cn-resident-id", "cn-permanent-residence", "cn-residence-permit", "hk-id", "cn-passport", "hk-macau-pass", "taiwan-pass", "passport-mrz", "bank-card", "iban", "email", "address", "cn-landline", "uscc", "secret", "health", "transaction", "credit-record", "ip-address", "mac-address", "intl-phone",
	"tw-id", "macau-id", "cn-driving-licence", "cn-social-security", "birth-date", "cn-plate", "wechat-id", "qq-number", "us-ssn", "us-itin", "uk-nino", "uk-nhs", "cn-business-licence", "us-ein", "eu-vat"}

// FromIncident answers what the person of the incident is to be told, and
// false when the action is one nobody is told about: allow, report, or
// anything in report-only mode.
func FromIncident(i incident.Incident, words Words) (Notice, bool) {
	if i.Kind != incident.Activity || !told(i.Decision.Action) {
		return Notice{}, false
	}
	n := Notice{
		ID: i.ID, Time: i.Time,
		Action: i.Decision.Action, Outcome: string(i.Decision.Outcome),
		Reason: i.Decision.Reason, Rule: i.Decision.Rule, Words: words,
		Channel: i.Channel, Operation: i.Operation,
		File: fileName(i), Medium: mediumName(i.Destination),
		Unreadable: i.Content.Reason, People: i.Content.People, Rolling: i.Content.Rolling,
		Classes: classes(i.Content), Samples: samples(i.Content.Matches),
		EmployeeMay: i.Decision.EmployeeMay,
	}
	return n.harmless(), true
}

// fileName is how the person knows the file; "" for text on the clipboard.
func fileName(i incident.Incident) string {
	if i.Channel == string(activity.Clipboard) {
		return i.File.Name
	}
	return path.Base(strings.ReplaceAll(i.File.Name, "\x00", ""))
}

func told(action string) bool {
	switch action {
	case "warn", "justify", "block", "quarantine", "isolate":
		return true
	case Granted, Refused, Withdrawn, Destroyed, Closed:
		return true
	}
	return false
}

// mediumName is what the person would call the medium.
func mediumName(d incident.Destination) string {
	maker := strings.TrimSpace(harmless(d.Vendor, maxMedium) + " " + harmless(d.Model, maxMedium))
	switch {
	case maker != "" && d.Label != "":
		return fmt.Sprintf("%s (%s)", maker, harmless(d.Label, maxMedium/2))
	case maker != "":
		return maker
	case d.Label != "":
		return d.Label
	case d.Share != "":
		return harmless(d.Share, maxMedium)
	case d.Path != "" && d.Path != "/":
		return path.Base(d.Path)
	}
	return ""
}

func classes(c incident.Content) []string {
	var ids []string
	found := map[string]bool{}
	for _, class := range c.Classes {
		found[class.ID] = true
	}
	for _, id := range tellingOrder {
		if found[id] {
			ids = append(ids, id)
			delete(found, id)
		}
	}
	for _, class := range c.Classes { // what this version has no order for
		if found[class.ID] {
			ids = append(ids, class.ID)
		}
	}
	return ids
}

// samples answers the best known masked excerpts of two different classes.
func samples(matches []incident.Match) []string {
	var found []string
	seen := map[string]bool{}
	for _, id := range append(append([]string(nil), tellingOrder...), "") {
		for _, m := range matches {
			if len(found) == 2 || m.Masked == "" || seen[m.Class] || id != "" && m.Class != id {
				continue
			}
			seen[m.Class] = true
			found = append(found, m.Masked)
		}
	}
	return found
}

// harmless answers the notice with every text made one bounded, inert line.
func (n Notice) harmless() Notice {
	for _, s := range []*string{&n.ID, &n.Action, &n.Outcome, &n.Reason, &n.Channel, &n.Operation, &n.Rule, &n.Unreadable} {
		*s = harmless(*s, maxID)
	}
	n.File = harmless(n.File, maxName)
	n.Medium = harmless(n.Medium, maxMedium+maxMedium/2)
	n.Classes = harmlessList(n.Classes, 20, maxID)
	n.Samples = harmlessList(n.Samples, 2, maxSample)
	n.EmployeeMay = harmlessList(n.EmployeeMay, 8, maxID)
	n.Words = Words{Title: harmlessWords(n.Words.Title, maxTitle), Message: harmlessWords(n.Words.Message, maxAdvice), Data: harmlessNames(n.Words.Data)}
	return n
}

func harmlessWords(words map[string]string, limit int) map[string]string {
	out := map[string]string{}
	for _, lang := range []string{"en", "zh"} {
		if s := harmless(words[lang], limit); s != "" {
			out[lang] = s
		}
	}
	return out
}

// harmlessNames bounds names of data; those of more than a notice names go.
func harmlessNames(data map[string]map[string]string) map[string]map[string]string {
	var out map[string]map[string]string
	for _, id := range slices.Sorted(maps.Keys(data)) {
		if len(out) == 20 {
			break
		}
		if out == nil {
			out = map[string]map[string]string{}
		}
		out[harmless(id, maxID)] = harmlessWords(data[id], maxID)
	}
	return out
}

// wire is the notice as the control socket carries it.
func (n Notice) wire(missed int) (control.Notice, error) {
	body, err := json.Marshal(n)
	if err != nil {
		return control.Notice{}, fmt.Errorf("encode notice: %w", err)
	}
	return control.Notice{ID: n.ID, Time: n.Time, Body: body, Missed: missed}, nil
}

// fromWire reads a notice off the control socket. It is made harmless once
// more: what shows it relies on nobody.
func fromWire(c control.Notice) (Notice, error) {
	var n Notice
	if err := json.Unmarshal(c.Body, &n); err != nil {
		return Notice{}, fmt.Errorf("decode notice: %w", err)
	}
	if n.ID == "" || !told(n.Action) {
		return Notice{}, errors.New("decode notice: not one to be shown")
	}
	return n.harmless(), nil
}

// known channels have a name for their medium when it has none of its own.
func mediumID(channel string) string {
	switch activity.Channel(channel) {
	case activity.NetworkShare, activity.SyncFolder, activity.RemovableMedia, activity.Clipboard:
		return "medium." + channel
	}
	return "medium.other"
}
