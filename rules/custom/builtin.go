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

	Plate           detect.Class = "cn-plate"            // number plates of vehicles
	DrivingLicence  detect.Class = "cn-driving-licence"  // its number, or that of its file
	BusinessLicence detect.Class = "cn-business-licence" // registration number from before the unified code
	SocialSecurity  detect.Class = "cn-social-security"  // and medical insurance
	TaiwanID        detect.Class = "tw-id"
	MacauID         detect.Class = "macau-id"
	BirthDate       detect.Class = "birth-date"
	WeChat          detect.Class = "wechat-id"
	QQ              detect.Class = "qq-number"

	SSN   detect.Class = "us-ssn"  // social security number
	ITIN  detect.Class = "us-itin" // individual taxpayer identification number
	EIN   detect.Class = "us-ein"  // employer identification number
	NINO  detect.Class = "uk-nino" // national insurance number
	NHS   detect.Class = "uk-nhs"  // of a patient
	EUVAT detect.Class = "eu-vat"  // of a business, or somebody who is one
)

// Says is what a value of a class says of somebody.
type Says int

const (
	NothingOfPeople Says = iota
	SomethingOf          // a date of birth, a diagnosis: of whom, something beside it tells
	WhoItIs              // a number or an account of one person
)

// Of answers what a class says of people. Companies, machines and dealings are
// no people, and of a word or a code of a company's own nobody knows.
func Of(c detect.Class) Says {
	switch c {
	case IntlPhone, Plate, DrivingLicence, SocialSecurity, TaiwanID, MacauID, WeChat, QQ, SSN, ITIN, NINO, NHS:
		return WhoItIs
	case Health, CreditRecord, BirthDate:
		return SomethingOf
	}
	return NothingOfPeople
}

// BuiltInClasses answers the classes of the built-in detectors. By themselves
// they make no records of people; see Of.
func BuiltInClasses() []detect.Class {
	return []detect.Class{Secret, Health, Transaction, CreditRecord, IPAddress, MACAddress, IntlPhone,
		Plate, TaiwanID, MacauID, DrivingLicence, BusinessLicence, SocialSecurity, BirthDate, WeChat, QQ, SSN, ITIN, EIN, NINO, NHS, EUVAT}
}

// BuiltIn answers the detectors of this package: kinds of data that are looked
// for only where a policy counts them.
func BuiltIn() []Detector {
	all := slices.Concat(secrets(), health(), transactions(), creditRecords(), ipAddresses(), macAddresses(), foreignPhones(),
		plates(), taiwanIDs(), macauIDs(), drivingLicences(), businessLicences(), socialSecurity(), birthDates(), messengerAccounts(),
		americanNumbers(), britishNumbers(), europeanVAT())
	for i := range all {
		all[i].builtIn = true
	}
	return all
}
