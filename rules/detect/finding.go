package detect

// Class is the stable id of a kind of customer data.
type Class string

// The classes of the default pack.
const (
	PersonName   Class = "person-name"
	CNMobile     Class = "cn-mobile"
	CNLandline   Class = "cn-landline"
	CNResidentID Class = "cn-resident-id"
	BankCard     Class = "bank-card"
	Email        Class = "email"
	Address      Class = "address"

	USCC                 Class = "uscc"                   // unified social credit code of an organisation
	IBAN                 Class = "iban"                   // international bank account number
	CNPermanentResidence Class = "cn-permanent-residence" // of a foreigner, the form since 2023
	HKID                 Class = "hk-id"
	CNResidencePermit    Class = "cn-residence-permit" // of residents of Hong Kong, Macau and Taiwan

	CNPassport  Class = "cn-passport"
	HKMacauPass Class = "hk-macau-pass" // permits between the mainland and Hong Kong or Macau, either way
	TaiwanPass  Class = "taiwan-pass"   // permits between the mainland and Taiwan, either way
	PassportMRZ Class = "passport-mrz"  // machine-readable zone of a travel document
)

// Finding is one occurrence of a class in the text.
type Finding struct {
	Class      Class
	Offset     int64    // bytes from the start of the fragment it stands in
	Length     int      // bytes
	Line       int      // 1-based line (or row) within the fragment
	Location   string   // of the fragment, as given to Scanner.Begin; "" for plain text
	Confidence float64  // 0…1
	Masked     string   // the excerpt made harmless, at most 64 bytes
	Value      uint64   // keyed hash of the normalised value: equal values, equal hash
	Reasons    []string // as Why writes them: "checksum", "label:3:身份证号", …; rules.WhyText reads them
}

// ClassSummary counts one class.
type ClassSummary struct {
	Class      Class   `json:"id"`
	Count      int     `json:"count"`
	Distinct   int     `json:"distinct"`
	Confidence float64 `json:"confidence"` // the highest
}

// Summary is what a Scanner has found so far.
type Summary struct {
	// People is the number of distinct people in records: rows with two or
	// more classes of one person.
	People int
	// PeopleKeys holds a keyed hash for each of those people (bounded), so
	// that totals over many files count one person once.
	PeopleKeys []uint64
	// Classes is sorted by id and holds only classes that were found.
	Classes []ClassSummary
	// Findings is a bounded sample, best first within each class.
	Findings []Finding
	// Bytes is how much text was looked at.
	Bytes int64
	// Incomplete names the limit that was reached, "" when none was.
	Incomplete string
}
