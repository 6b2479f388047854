package custom

import (
	"slices"

	"github.com/trustline/trustline/rules/detect"
)

// The classes of the built-in detectors.
const (
	Secret detect.Class = "secret" // what lets a machine in: keys, tokens, passwords
	Health detect.Class = "health" // diseases, medicines and codes of somebody's medical record
)

// BuiltInClasses answers the classes of the built-in detectors. They make no
// records: nobody is known by them.
func BuiltInClasses() []detect.Class {
	return []detect.Class{Secret, Health}
}

// BuiltIn answers the detectors of this package: kinds of data that are looked
// for only where a policy counts them.
func BuiltIn() []Detector {
	all := slices.Concat(secrets(), health())
	for i := range all {
		all[i].builtIn = true
	}
	return all
}
