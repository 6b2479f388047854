package rules

import (
	"slices"
	"strconv"
)

// Level grades a class of data as GB/T 43697-2024 does: core, important and
// general data. General data is split into four steps, as annex H of the
// standard offers for reference; the names of the four are ours.
type Level int

// The levels, lowest first. Zero is "not graded".
const (
	Public       Level = iota + 1 // general data, may be published
	Internal                      // general data, for use inside the company
	Restricted                    // general data, for authorised departments
	Confidential                  // general data, for people named one by one
	Important                     // important data
	Core                          // core data
)

// LevelNames answers the names of the levels, lowest first.
func LevelNames() []string { return slices.Clone(levelNames) }

var levelNames = []string{"public", "internal", "restricted", "confidential", "important", "core"}

// String answers the name of the level as policies write it, "" when not graded.
func (l Level) String() string {
	if l < Public || l > Core {
		return ""
	}
	return levelNames[l-1]
}

// ParseLevel reads a level written as a name or as a number from 1 to 6.
func ParseLevel(text string) (Level, bool) {
	if i := slices.Index(levelNames, text); i >= 0 {
		return Level(i + 1), true
	}
	n, err := strconv.Atoi(text)
	return Level(n), err == nil && n >= int(Public) && n <= int(Core)
}
