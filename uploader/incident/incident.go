// Package incident is the record of something that left, was stopped from
// leaving, or went wrong with the agent itself: the one schema that agent and
// console share. It holds masked excerpts only. It is plain data with its
// validation; it never stores, sends or renders.
package incident

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// SchemaVersion is written into every record; the console accepts this and
// older versions.
const SchemaVersion = 1

// Kind separates what people did from what the agent reports about itself.
type Kind string

// The kinds of incident.
const (
	// Activity: somebody did something a policy rule answers.
	Activity Kind = "activity"
	// Agent: the agent reports about itself (policy broken, spool full, guard lost).
	Agent Kind = "agent"
)

// Outcome says how far a decision was carried out, and never claims more.
type Outcome string

// The outcomes.
const (
	Prevented Outcome = "prevented" // not a byte reached the destination
	Undone    Outcome = "undone"    // it arrived and was taken back
	Reported  Outcome = "reported"  // it was only seen
)

// Severity orders the spool and the console's list.
type Severity string

// The severities, lowest first.
const (
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Incident is one record. Times are UTC, sizes bytes.
type Incident struct {
	Schema   int       `json:"schema"`
	ID       string    `json:"id"` // UUIDv7, made by the agent: sending twice stores once
	Time     time.Time `json:"time"`
	Kind     Kind      `json:"kind"`
	Severity Severity  `json:"severity"`
	Machine  Machine   `json:"machine"`

	// The following are set for Kind Activity.
	Person      Person      `json:"person,omitzero"`
	Groups      []string    `json:"groups,omitempty"` // of the person's, those that the policy asks for
	Others      []Person    `json:"others,omitempty"` // who else has written the content
	Program     Program     `json:"program,omitzero"`
	Network     string      `json:"network,omitempty"` // how far it was trusted: corporate, vpn, home, public, offline
	Channel     string      `json:"channel,omitempty"`
	Operation   string      `json:"operation,omitempty"`
	File        File        `json:"file,omitzero"`
	Destination Destination `json:"destination,omitzero"`
	Decision    Decision    `json:"decision,omitzero"`
	Content     Content     `json:"content,omitzero"`
	// Order is the spot check that the file was found by, "" for none.
	Order string `json:"order,omitempty"`

	// Code and Detail are set for Kind Agent: a stable code such as
	// "policy-broken" and named facts for its message. Never customer data.
	Code   string            `json:"code,omitempty"`
	Detail map[string]string `json:"detail,omitempty"`

	// Count is how many like incidents this record stands for (≥ 1).
	Count int `json:"count"`
	// Until is the time of the last one when Count > 1.
	Until time.Time `json:"until,omitzero"`
}

// Machine is the workstation.
type Machine struct {
	ID   string `json:"id"` // stable, made at first start
	Name string `json:"name"`
	OS   string `json:"os"` // "linux", "windows", "darwin"
}

// Person answers for the data they use.
type Person struct {
	User string `json:"user"`
	UID  int    `json:"uid"`
}

// Program is what the person used.
type Program struct {
	Path string `json:"path"`
	PID  int    `json:"pid"`
	// Proven tells that only the machine's administrator can have put it there.
	Proven bool `json:"proven,omitempty"`
}

// File is what was moved; its names are masked.
type File struct {
	Name   string `json:"name"`
	Source string `json:"source,omitempty"`
	Size   int64  `json:"size"` // -1 when unknown
	Type   string `json:"type,omitempty"`
	// SHA256 is of the content in hex, of files found at rest: what is ordered
	// to be destroyed is told apart by it.
	SHA256 string `json:"sha256,omitempty"`
}

// Destination is where it was going.
type Destination struct {
	Path       string `json:"path"`
	Device     string `json:"device,omitempty"`
	Bus        string `json:"bus,omitempty"`
	Vendor     string `json:"vendor,omitempty"`
	Model      string `json:"model,omitempty"`
	Serial     string `json:"serial,omitempty"`
	Label      string `json:"label,omitempty"`
	FileSystem string `json:"fileSystem,omitempty"`
	Encrypted  bool   `json:"encrypted,omitempty"` // the medium itself
	// Share is a network share as it was mounted, Host its server. ShareProven
	// tells that the system mounted it, not a program of the person's.
	Share       string `json:"share,omitempty"`
	Host        string `json:"host,omitempty"`
	ShareProven bool   `json:"shareProven,omitempty"`
}

// Decision is what was decided, by which rule, and how it ended.
type Decision struct {
	Action        string   `json:"action"`          // allow, report, warn, block, …
	Would         string   `json:"would,omitempty"` // in report-only mode: what it would have done
	Rule          string   `json:"rule"`            // rule id, or "default"
	Reason        string   `json:"reason"`          // "class", "rolling-total", "unreadable", "default"
	PolicyVersion string   `json:"policyVersion"`
	PolicyClasses []string `json:"policyClasses,omitempty"` // ids of the policy classes that matched
	EmployeeMay   []string `json:"employeeMay,omitempty"`
	Grant         string   `json:"grant,omitempty"`       // id of the approval that let it through
	GrantFailed   string   `json:"grantFailed,omitempty"` // why the person's approval did not: expired, used-up, content-changed, …
	// GrantAbout is the incident that the approval that did not hold was given
	// for, "" where there is none.
	GrantAbout string  `json:"grantAbout,omitempty"`
	Outcome    Outcome `json:"outcome"`
}

// Content is what was found, masked.
type Content struct {
	Status  string  `json:"status"`            // clean, sensitive, unreadable
	Reason  string  `json:"reason,omitempty"`  // why unreadable: encrypted, too-large, …
	People  int     `json:"people"`            // distinct people in records
	Rolling int     `json:"rolling,omitempty"` // distinct people to this device in the rolling window
	Classes []Class `json:"classes,omitempty"`
	Matches []Match `json:"matches,omitempty"` // a bounded sample
	// Overdue and Excess are what the policy says of files at rest: kept too
	// long, and more than has to be collected.
	Overdue []Overdue `json:"overdue,omitempty"`
	Excess  []Excess  `json:"excess,omitempty"`
}

// Class counts one class of data.
type Class struct {
	ID         string  `json:"id"`
	Count      int     `json:"count"`
	Distinct   int     `json:"distinct"`
	Confidence float64 `json:"confidence"` // 0…1, the highest
	// Name is what the policy calls a class that it describes itself, by language.
	Name map[string]string `json:"name,omitempty"`
}

// Match is one finding, masked.
type Match struct {
	Class      string   `json:"class"`
	Masked     string   `json:"masked"`
	Location   string   `json:"location,omitempty"` // "Sheet1!B7", "line 12", "list.csv in a.zip, line 3"
	Confidence float64  `json:"confidence"`
	Reasons    []string `json:"reasons,omitempty"`
}

// Bounds on what one record may hold; Validate refuses more.
const (
	MaxMatches = 50
	MaxOthers  = 32
	MaxGroups  = 50
	MaxText    = 1024 // bytes of any one text field
	MaxSize    = 64 << 10
)

// New answers a record with its schema, a fresh UUIDv7, count one and the
// given time in UTC.
func New(kind Kind, at time.Time) (Incident, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Incident{}, fmt.Errorf("make incident id: %w", err)
	}
	return Incident{Schema: SchemaVersion, ID: id.String(), Time: at.UTC(), Kind: kind, Count: 1}, nil
}

// Validate answers every way in which the record is not one that an agent of
// this schema can have made. It is what stands between the console and a
// forged or broken upload. Errors name fields, never values.
func (i *Incident) Validate() error {
	var errs []error
	bad := func(ok bool, field string) {
		if !ok {
			errs = append(errs, fmt.Errorf("field %q is missing or out of range", field))
		}
	}
	bad(i.Schema >= 1 && i.Schema <= SchemaVersion, "schema")
	id, err := uuid.Parse(i.ID)
	bad(err == nil && id.Version() == 7 && id.String() == i.ID, "id")
	bad(!i.Time.IsZero(), "time")
	bad(i.Severity == Low || i.Severity == Medium || i.Severity == High || i.Severity == Critical, "severity")
	bad(i.Machine.ID != "", "machine.id")
	bad(i.Count >= 1, "count")
	bad(len(i.Content.Matches) <= MaxMatches, "content.matches")
	bad(len(i.Others) <= MaxOthers, "others")
	bad(len(i.Groups) <= MaxGroups, "groups")
	bad(len(i.Content.Classes) <= 100, "content.classes")
	bad(len(i.Content.Overdue) <= MaxListed, "content.overdue")
	bad(len(i.Content.Excess) <= MaxListed, "content.excess")
	switch i.Kind {
	case Activity:
		bad(i.Channel != "", "channel")
		bad(i.Decision.Action != "", "decision.action")
		bad(i.Decision.Rule != "", "decision.rule")
		o := i.Decision.Outcome
		bad(o == Prevented || o == Undone || o == Reported, "decision.outcome")
	case Agent:
		bad(i.Code != "", "code")
	default:
		bad(false, "kind")
	}
	for _, t := range i.texts() {
		bad(len(t.value) <= MaxText && utf8.ValidString(t.value), t.field)
	}
	return errors.Join(errs...)
}

type text struct{ field, value string }

func (i *Incident) texts() []text {
	t := []text{
		{"machine.id", i.Machine.ID}, {"machine.name", i.Machine.Name}, {"machine.os", i.Machine.OS},
		{"person.user", i.Person.User}, {"program.path", i.Program.Path},
		{"network", i.Network}, {"channel", i.Channel}, {"operation", i.Operation},
		{"file.name", i.File.Name}, {"file.source", i.File.Source}, {"file.type", i.File.Type},
		{"destination.path", i.Destination.Path}, {"destination.device", i.Destination.Device},
		{"destination.vendor", i.Destination.Vendor}, {"destination.model", i.Destination.Model},
		{"destination.serial", i.Destination.Serial}, {"destination.label", i.Destination.Label},
		{"destination.bus", i.Destination.Bus}, {"destination.fileSystem", i.Destination.FileSystem},
		{"destination.share", i.Destination.Share}, {"destination.host", i.Destination.Host},
		{"decision.action", i.Decision.Action}, {"decision.would", i.Decision.Would},
		{"decision.rule", i.Decision.Rule}, {"decision.reason", i.Decision.Reason},
		{"decision.policyVersion", i.Decision.PolicyVersion},
		{"decision.grant", i.Decision.Grant}, {"decision.grantFailed", i.Decision.GrantFailed},
		{"decision.grantAbout", i.Decision.GrantAbout},
		{"order", i.Order}, {"file.sha256", i.File.SHA256},
		{"content.status", i.Content.Status}, {"content.reason", i.Content.Reason}, {"code", i.Code},
	}
	for _, g := range i.Groups {
		t = append(t, text{"groups", g})
	}
	for _, o := range i.Others {
		t = append(t, text{"others.user", o.User})
	}
	for _, m := range i.Content.Matches {
		t = append(t, text{"content.matches.class", m.Class}, text{"content.matches.masked", m.Masked}, text{"content.matches.location", m.Location})
		for _, r := range m.Reasons {
			t = append(t, text{"content.matches.reasons", r})
		}
	}
	for _, c := range i.Content.Classes {
		t = append(t, text{"content.classes.id", c.ID})
		for lang, name := range c.Name {
			t = append(t, text{"content.classes.name", lang}, text{"content.classes.name", name})
		}
	}
	t = append(t, i.Content.housekeeping()...)
	for _, c := range i.Decision.PolicyClasses {
		t = append(t, text{"decision.policyClasses", c})
	}
	for _, c := range i.Decision.EmployeeMay {
		t = append(t, text{"decision.employeeMay", c})
	}
	for k, v := range i.Detail {
		t = append(t, text{"detail", k}, text{"detail", v})
	}
	return t
}
