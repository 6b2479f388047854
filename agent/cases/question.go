package cases

import (
	"time"

	"github.com/trustline/trustline/grant"
)

// What the session helper asks the service for at the control socket, on behalf
// of the person it runs as. Answers are in brackets.
const (
	AskList    = "cases"   // [List]
	AskRequest = "request" // Wanted, about a case [Sent]
	AskMistake = "mistake" // Said, about a case [Sent]
	AskJustify = "justify" // Said, about a case: lets the same happen once [Sent]
	AskSilence = "silence" // Said, about a case: no more notices of its rule for a day [Sent]
	AskMasked  = "masked"  // Saved: a masked copy was saved [Sent]
	AskMasking = "masking" // Saved, its case alone: what a copy is masked with [Masking]
	AskCompany = "company" // [Company]
	AskCode    = "code"    // Spoken: a code heard over the telephone [Sent]
)

// List is everything the person may see of their own.
type List struct {
	Cases []Case `json:"cases"`
}

// Wanted asks for approval of what a case was about.
type Wanted struct {
	Case string `json:"case"`
	grant.Wish
	// Challenge asks for a challenge to be read out over the telephone as well,
	// for machines that cannot reach the console.
	Challenge bool `json:"challenge,omitempty"`
}

// Said is what a person says about a case.
type Said struct {
	Case string `json:"case"`
	Text string `json:"text"` // masked before it is sent
}

// Saved says that a masked copy stands in place of the file.
type Saved struct {
	Case string `json:"case"`
	Name string `json:"name"` // base name of the copy
}

// Masking is a policy that names what a masked copy masks besides the usual;
// empty where there is nothing.
type Masking struct {
	Policy string `json:"policy,omitempty"`
}

// Spoken is the code for a challenge.
type Spoken struct {
	Case string `json:"case"`
	Code string `json:"code"`
}

// Sent is what came of it.
type Sent struct {
	// People and Classes are what the whole file holds, where it was looked at
	// again for a request.
	People    int       `json:"people,omitempty"`
	Classes   []string  `json:"classes,omitempty"`
	Challenge string    `json:"challenge,omitempty"`
	Until     time.Time `json:"until,omitzero"` // how long what was allowed holds
}

// Why the service refuses, as control.Refusal.
const (
	NoSuchCase  = "no-such-case" // it is somebody else's, or too long ago
	NotOffered  = "not-offered"  // the policy does not let the person do that
	Incomplete  = "incomplete"   // what was filled in is
	TooOften    = "too-often"    // come back later
	WrongCode   = "wrong-code"   // and CodesLocked after too many
	CodesLocked = "codes-locked"
	NoConsole   = "no-console"   // the machine is not part of a fleet
	FileChanged = "file-changed" // what was to be copied is not there as it was
	OnlyBegun   = "only-begun"   // nobody knows what all of it holds; done again it is seen to its end
)

// Company is what the company can see, made from the policy in force.
type Company struct {
	Policy   string   `json:"policy"`  // its name
	Version  string   `json:"version"` // and version
	Enforced bool     `json:"enforced"`
	Rules    []Rule   `json:"rules"`
	Channels []string `json:"channels"` // what is looked at on this machine
}

// Rule is one rule in plain words.
type Rule struct {
	ID          string            `json:"id"`
	Title       map[string]string `json:"title,omitempty"`   // by language
	Message     map[string]string `json:"message,omitempty"` // by language
	Action      string            `json:"action"`
	EmployeeMay []string          `json:"employeeMay,omitempty"`
}
