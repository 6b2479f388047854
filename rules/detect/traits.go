package detect

// traits are the sorts of bytes that a line holds. To look at every byte once
// for all of them saves many searches that would find nothing.
type traits struct {
	seen   trait
	digits int
}

type trait uint16

const (
	digitTrait   trait = 1 << iota
	capitalTrait       // A to Z
	atTrait            // @
	colonTrait         // : and =, which stand behind labels
	hanTrait           // what the commonest Han characters begin with
	noHeadTrait        // what stands in source and prose and in no line of headings
	partTrait          // what parts cells, but for spaces
	escapeTrait        // what escapes begin with
	wideTrait          // what most characters begin with that are narrowed
	blankTrait         // what U+3000 begins with
	beyondTrait        // beyond ASCII
)

var traitOf = func() (t [256]trait) {
	mark := func(tr trait, bytes string) {
		for _, c := range []byte(bytes) {
			t[c] |= tr
		}
	}
	for c := range 256 {
		if c >= 0x80 {
			t[c] |= beyondTrait
		}
	}
	mark(digitTrait, "0123456789")
	mark(capitalTrait, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	mark(atTrait, "@")
	mark(colonTrait, ":=")
	mark(hanTrait, "\xE5\xE6\xE8")
	mark(noHeadTrait, "@{}=<!?\\$`~^+&%")
	mark(partTrait, "\t,;|")
	mark(escapeTrait, `\%&=`)
	mark(wideTrait, "\xEF\xE2\xC2\xCC\xCD")
	mark(blankTrait, "\xE3")
	return t
}()

func traitsOf(text []byte) (t traits) {
	for _, c := range text {
		is := traitOf[c]
		t.seen |= is
		t.digits += int(is & digitTrait)
	}
	return t
}

func (t traits) has(is trait) bool { return t.seen&is != 0 }

// mayLabel tells whether a label may stand in a line without numbers: before a
// colon or an equals sign, in Han characters, or before some digits.
func (t traits) mayLabel() bool { return t.has(colonTrait|hanTrait) || t.digits >= 6 }

// mayHead tells whether a line may hold headings.
func (t traits) mayHead() bool { return !t.has(noHeadTrait) && t.digits <= 16 }

// mayCode tells whether a code of capitals and digits may stand in a line.
func (t traits) mayCode() bool { return t.has(capitalTrait) && t.digits >= 2 }

// mayNumber tells whether a number of some class may: a landline with its area
// code has ten digits.
func (t traits) mayNumber() bool { return t.digits >= 10 }
