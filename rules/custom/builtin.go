package custom

import (
	"slices"

	"github.com/trustline/trustline/rules/detect"
)

// Secret is what lets a machine in: keys, tokens, passwords.
const Secret detect.Class = "secret"

// BuiltInClasses answers the classes of the built-in detectors. They make no
// records: nobody is known by them.
func BuiltInClasses() []detect.Class {
	return []detect.Class{Secret}
}

// BuiltIn answers the detectors of this package: kinds of data that are looked
// for only where a policy counts them.
func BuiltIn() []Detector {
	all := slices.Concat(secrets())
	for i := range all {
		all[i].builtIn = true
	}
	return all
}
