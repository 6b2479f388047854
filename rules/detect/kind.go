package detect

// kind is the index of a class in tables of this package, each with
// its place for good: hashes of values depend on it.
type kind uint8

const (
	address kind = iota
	bankCard
	landline
	mobile
	residentID
	email
	personName
	creditCode
	iban
	permanentResidence
	residencePermit
	hkID
	cnPassport
	hkMacauPass
	taiwanPass
	passportMRZ
	kinds
)

// classes are the ids of the kinds.
var classes = [kinds]Class{Address, BankCard, CNLandline, CNMobile, CNResidentID, Email, PersonName, USCC, IBAN, CNPermanentResidence, CNResidencePermit, HKID,
	CNPassport, HKMacauPass, TaiwanPass, PassportMRZ}

// roles is a set of kinds, as a label or a heading calls for them.
type roles uint64

func (r roles) has(k kind) bool { return r&(1<<k) != 0 }

// several tells whether there is more than one.
func (r roles) several() bool { return r&(r-1) != 0 }

func role(ks ...kind) roles {
	var r roles
	for _, k := range ks {
		r |= 1 << k
	}
	return r
}

const (
	// against marks words that say a number is none of a person: an order
	// number, an amount, a time.
	against roles = 1 << 63
	// weak marks words that call for a class only with a colon behind them.
	weak roles = 1 << 62
	// maker marks who wrote or maintains something, not whom it serves.
	maker roles = 1 << 61
)

// identifying lists the kinds that tell one person from another, the best first.
var identifying = [...]kind{residentID, passportMRZ, cnPassport, hkMacauPass, taiwanPass, permanentResidence, residencePermit, hkID, mobile, email, bankCard, iban, landline, personName, address}

// checked tells whether values of a kind prove themselves: nothing around them
// has to speak for them.
func (k kind) checked() bool {
	return k == residentID || k == creditCode || k == iban || k == permanentResidence || k == residencePermit || k == passportMRZ
}

// provesItself tells whether nothing around a match has to speak for it. A code
// without letters may be an accident.
func (m *match) provesItself() bool {
	return m.kind.checked() && (m.kind != creditCode || m.score >= 90)
}

// told lists the kinds that a label or a heading tells and nothing else: their
// values have no check of their own. See Pack.toldValue.
const told = roles(1<<cnPassport | 1<<hkMacauPass | 1<<taiwanPass)

// anchoring lists the kinds whose label with a full-width colon makes a line
// worth looking at. Numbers of eleven digits need no label to be found.
const anchoring = told | 1<<personName | 1<<address | 1<<creditCode | 1<<iban | 1<<hkID

// ofPeople lists the kinds that say something of a person. A company's code
// says nothing of one.
const ofPeople = ^roles(1 << creditCode)
