// Package synthetic makes people who do not exist, with data that is formally
// right: checksums hold, dates are real, prefixes are assigned. Tests, trials
// and accuracy figures use them and never anybody real. The package detects
// nothing and shares no table with what does.
package synthetic

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Person is one generated person. All values are text as it stands in lists.
type Person struct {
	Name       string // family name and given name, in Han characters
	Mobile     string // 11 digits
	Landline   string // area code, hyphen, number
	ResidentID string // 18 characters, GB 11643-1999
	BankCard   string // 16 or 19 digits, Luhn holds
	Email      string
	Address    string // province to room
}

// Generator makes people from a seed: the same seed, the same people. It is
// not safe for concurrent use.
type Generator struct{ rand *rand.Rand }

// New answers a generator.
func New(seed uint64) *Generator {
	return &Generator{rand.New(rand.NewPCG(seed, 0x7472757374))}
}

// Person makes the next person.
func (g *Generator) Person() Person {
	p := place(g.pick(places))
	name, latin := g.name()
	return Person{
		Name:       name,
		Mobile:     g.pick(mobilePrefixes) + g.digits(8),
		Landline:   p.areaCode() + "-" + g.landline(p.areaCode()),
		ResidentID: g.residentID(p.region()),
		BankCard:   g.bankCard(),
		Email:      g.email(latin),
		Address:    g.address(p),
	}
}

// People makes n people.
func (g *Generator) People(n int) []Person {
	people := make([]Person, n)
	for i := range people {
		people[i] = g.Person()
	}
	return people
}

func (g *Generator) pick(from []string) string { return from[g.rand.IntN(len(from))] }

func (g *Generator) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + g.rand.IntN(10))
	}
	return string(b)
}

// name answers a name and its spelling in Latin letters.
func (g *Generator) name() (han, latin string) {
	family, familyLatin, _ := strings.Cut(g.pick(families), " ")
	given, givenLatin, _ := strings.Cut(g.pick(givens), " ")
	if g.rand.IntN(4) > 0 {
		second, secondLatin, _ := strings.Cut(g.pick(givens), " ")
		given, givenLatin = given+second, givenLatin+secondLatin
	}
	return family + given, givenLatin + "." + familyLatin
}

func (g *Generator) landline(area string) string {
	digits := 7
	if len(area) == 3 || strings.HasPrefix(area, "057") || strings.HasPrefix(area, "075") {
		digits = 8
	}
	return fmt.Sprintf("%d", 2+g.rand.IntN(7)) + g.digits(digits-1)
}

func (g *Generator) email(latin string) string {
	return fmt.Sprintf("%s%s@%s", latin, g.digits(1+g.rand.IntN(4)), g.pick(mailHosts))
}

func (g *Generator) address(p place) string {
	return fmt.Sprintf("%s%s%d号%d号楼%d单元%d室", p.name(), g.pick(streets),
		1+g.rand.IntN(400), 1+g.rand.IntN(30), 1+g.rand.IntN(6), 101+100*g.rand.IntN(25)+g.rand.IntN(4))
}

// residentID makes an identity number after GB 11643-1999: region, date of
// birth, sequence, and the check character of ISO 7064 MOD 11-2.
func (g *Generator) residentID(region string) string {
	birth := time.Date(1945, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, g.rand.IntN(62*365))
	body := region + birth.Format("20060102") + g.digits(3)
	// MOD 11-2 in its recursive form: double and add, from the left.
	p := 0
	for _, c := range body {
		p = (p + int(c-'0')) * 2 % 11
	}
	return body + string("0123456789X"[(12-p)%11])
}

// bankCard makes a card number whose Luhn sum (ISO/IEC 7812-1) holds.
func (g *Generator) bankCard() string {
	prefix, length, _ := strings.Cut(g.pick(cardPrefixes), ":")
	n := 19
	if length == "16" {
		n = 16
	}
	body := prefix + g.digits(n-1-len(prefix))
	sum := 0
	for i := range body {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return body + string(byte('0'+(10-sum%10)%10))
}
