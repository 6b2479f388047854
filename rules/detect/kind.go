package detect

// kind is the index of a class in tables of this package, in the order of the
// class ids, so that summaries come out sorted.
type kind uint8

const (
	address kind = iota
	bankCard
	landline
	mobile
	residentID
	email
	personName
	kinds
)

// classes are the ids of the kinds, sorted.
var classes = [kinds]Class{Address, BankCard, CNLandline, CNMobile, CNResidentID, Email, PersonName}

// roles is a set of kinds, as a label or a heading calls for them.
type roles uint32

func (r roles) has(k kind) bool { return r&(1<<k) != 0 }

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
	against roles = 1 << 31
	// weak marks words that call for a class only with a colon behind them.
	weak roles = 1 << 30
	// maker marks who wrote or maintains something, not whom it serves.
	maker roles = 1 << 29
)

// identifying lists the kinds that tell one person from another, the best first.
var identifying = [...]kind{residentID, mobile, email, bankCard, landline, personName, address}
