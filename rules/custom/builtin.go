package custom

import (
	"slices"

	"github.com/trustline/trustline/rules/detect"
)

// The classes of the built-in detectors.
const (
	Secret detect.Class = "secret" // what lets a machine in: keys, tokens, passwords
	Health detect.Class = "health" // diseases, medicines and codes of somebody's medical record

	Transaction  detect.Class = "transaction"   // a payment or an order: when, how much, by which account
	CreditRecord detect.Class = "credit-record" // what a credit report says

	IPAddress  detect.Class = "ip-address"
	MACAddress detect.Class = "mac-address"
	IntlPhone  detect.Class = "intl-phone" // outside the mainland, with its country code
)

// BuiltInClasses answers the classes of the built-in detectors. They make no
// records: nobody is known by them.
func BuiltInClasses() []detect.Class {
	return []detect.Class{Secret, Health, Transaction, CreditRecord, IPAddress, MACAddress, IntlPhone}
}

// BuiltIn answers the detectors of this package: kinds of data that are looked
// for only where a policy counts them.
func BuiltIn() []Detector {
	all := slices.Concat(secrets(), health(), transactions(), creditRecords(), ipAddresses(), macAddresses(), foreignPhones())
	for i := range all {
		all[i].builtIn = true
	}
	return all
}
