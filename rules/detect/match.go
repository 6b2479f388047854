package detect

// match is a candidate that proved to be of a class.
type match struct {
	kind       kind
	score      int8 // confidence in percent
	start, end int  // in the line, as narrowed
	hash       uint64
	why        evidence
	file       int // that it stands in, counted from 1: it may count yet
}

// evidence is what speaks for and against a match; made into words only for
// the few findings that are kept as samples.
type evidence struct {
	flags    flags
	digits   uint8
	network  uint8  // index of networks
	region   uint32 // code of GB/T 2260
	label    label
	distance int // characters between label and value
	heading  string
	back     int64 // how far before start, in the fragment, what is reported begins
}

type flags uint32

const (
	withCountry flags = 1 << iota
	withPlus
	withSeparators
	contiguous
	checksumRight
	regionKnown
	regionUnknown
	oldForm
	localNumber
	labelled
	underHeading
	besideOthers
	inColumn
	negative
	inURL
	unitBehind
	manyNumbers
	placeholder
	domainKnown
	roleAccount
	familyName
	givenName
	latinLetters
	addressLevels
	makerLabel
	unknownKey
	loneInRow
)

// The confidence, in percent, from which on a finding is reported.
const reportFrom = 50

// raise lifts the score to at least n.
func (m *match) raise(n int8) { m.score = max(m.score, n) }

// cap lowers the score to at most n.
func (m *match) cap(n int8) { m.score = min(m.score, n) }
