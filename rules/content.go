// Package rules decides what content is and what policy says of it: detect
// finds customer data in text, extract turns files into text, encoded decodes
// what is encoded in it, Engine joins them, and Decide answers an activity from
// a Policy. It knows no operating system and no network and is usable as a
// library of its own.
package rules

import (
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/extract"
)

// Status is what can be said of a piece of content.
type Status string

// The statuses. Unreadable is never the same as clean.
const (
	Clean      Status = "clean"
	Sensitive  Status = "sensitive"  // at least one finding of at least reporting confidence
	Unreadable Status = "unreadable" // some of it could not be read, and nothing sensitive was found in the rest
)

// Reason says why content could not be read in full.
type Reason = extract.Reason

// The reasons.
const (
	Encrypted   = extract.Encrypted
	TooLarge    = extract.TooLarge
	TooDeep     = extract.TooDeep
	TimedOut    = extract.TimedOut
	Corrupt     = extract.Corrupt
	Truncated   = extract.Truncated
	Unsupported = extract.Unsupported // a known format whose text is packed in a way not read yet
)

// Content is the engine's answer about one file or stream.
type Content struct {
	Status Status
	// Reason is set whenever some of the content could not be read, also
	// beside Sensitive.
	Reason Reason
	// Type is the media type found by content.
	Type string
	// Labels are how the document's own properties mark it: "Highly
	// Confidential", "机密". They may be made up by whoever wrote it.
	Labels  []string
	Summary detect.Summary
	// Known is what of the company's own lists it holds.
	Known Known
	// Pictures is how many pictures it holds whose text was not read, as the
	// policy does not ask for it.
	Pictures int
}
