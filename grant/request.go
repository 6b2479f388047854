package grant

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Purpose is why somebody needs the data where it is going.
type Purpose string

// Purposes are those that can be chosen.
var purposes = []Purpose{"customer-service", "contract", "audit", "authority", "migration", "other"}

// Purposes answers what can be chosen, in the order it is offered.
func Purposes() []Purpose { return slices.Clone(purposes) }

// Known tells whether it is one that can be chosen.
func (p Purpose) Known() bool { return slices.Contains(purposes, p) }

// Wish is what an employee fills in.
type Wish struct {
	Purpose   Purpose `json:"purpose"`
	Text      string  `json:"text"`      // in their own words; masked before it is sent
	Recipient string  `json:"recipient"` // who gets the data
	Days      int     `json:"days"`      // how long it is needed, 1…MaxDays
	Uses      int     `json:"uses"`      // how often, 1…MaxUses
	Pledge    bool    `json:"pledge"`    // confidentiality was promised
	Name      string  `json:"name"`      // signed with this name
}

// Check answers why a wish is not complete: the names of fields.
func (w Wish) Check() error {
	if !w.Pledge || strings.TrimSpace(w.Name) == "" {
		return errRequestNotSigned
	}
	return fields{
		"purpose": w.Purpose.Known(), "text": plain(w.Text) && (w.Purpose != "other" || strings.TrimSpace(w.Text) != ""),
		"recipient": plain(w.Recipient), "days": w.Days >= 1 && w.Days <= MaxDays, "uses": w.Uses >= 1 && w.Uses <= MaxUses, "name": plain(w.Name),
	}.check()
}

// CodeRequested is the code of the incident that carries a request to the
// console.
const CodeRequested = "approval-requested"

// Request asks for a grant. The machine fills in what it knows itself; an
// employee has no say in that.
type Request struct {
	ID       string
	Incident string // id of what was stopped
	Machine  string
	UID      int
	User     string
	Time     time.Time
	Wish

	Channel     string
	Destination string // as in Grant
	Place       string // the destination for people
	File        string // masked name
	SHA256      string // of the file that was to be copied, "" when it is not known
	Classes     []string
	People      int
}

// Reach is how many people can be taken out in all: the same every time where
// the content is known, others each time where it is not.
func (r Request) Reach() int {
	if r.SHA256 != "" {
		return r.People
	}
	return r.People * max(1, r.Uses) // both are bounded
}

// Detail answers the request as named facts of an incident.
func (r Request) Detail() map[string]string {
	return map[string]string{
		"incident": r.Incident, "uid": strconv.Itoa(r.UID), "user": r.User,
		"purpose": string(r.Purpose), "text": r.Text, "recipient": r.Recipient,
		"days": strconv.Itoa(r.Days), "uses": strconv.Itoa(r.Uses), "name": r.Name,
		"channel": r.Channel, "destination": r.Destination, "place": r.Place, "file": r.File,
		"sha256": r.SHA256, "classes": strings.Join(r.Classes, " "), "people": strconv.Itoa(r.People),
	}
}

// ParseRequest reads the facts of an incident with this id, of this machine.
func ParseRequest(id, machine string, at time.Time, detail map[string]string) (Request, error) {
	r := Request{
		ID: id, Machine: machine, Time: at, Incident: detail["incident"], User: detail["user"],
		Wish:    Wish{Purpose: Purpose(detail["purpose"]), Text: detail["text"], Recipient: detail["recipient"], Pledge: true, Name: detail["name"]},
		Channel: detail["channel"], Destination: detail["destination"], Place: detail["place"], File: detail["file"],
		SHA256: detail["sha256"], Classes: strings.Fields(detail["classes"]),
	}
	var errs []error
	for name, into := range map[string]*int{"uid": &r.UID, "days": &r.Days, "uses": &r.Uses, "people": &r.People} {
		n, err := strconv.Atoi(detail[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("field %q is not a number", name))
		}
		*into = n
	}
	slices.Sort(r.Classes)
	errs = append(errs, r.Wish.Check(), r.Grant(id, "a", at).check())
	if err := errors.Join(errs...); err != nil {
		return Request{}, fmt.Errorf("read a request for approval: %w", err)
	}
	return r, nil
}

// Grant answers what is asked for, as one approver would give it.
func (r Request) Grant(id, approver string, now time.Time) *Grant {
	now = now.UTC().Truncate(time.Second)
	return &Grant{
		ID: id, Request: r.ID, Incident: r.Incident, Machine: r.Machine, UID: r.UID, User: r.User,
		Channel: r.Channel, Destination: r.Destination, File: r.File, SHA256: r.SHA256, Classes: r.Classes,
		MaxPeople: r.People, MaxUses: r.Uses, NotBefore: now, Expires: now.Add(time.Duration(r.Days) * 24 * time.Hour),
		Purpose: r.Purpose, Approvers: []string{approver},
	}
}
