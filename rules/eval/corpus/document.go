// Package corpus writes realistic documents of generated people together with
// the truth about them: which class of data stands where, and how many people
// a document lists. It also writes hard negatives, documents that hold much
// that looks like customer data and is none. It shares no table with the
// detector and never calls it.
package corpus

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
)

// Grade is how hard a document is.
type Grade int

// The grades: labelled values in their usual form; values in running text and
// tables in other forms; values without labels, among look-alikes, written oddly.
const (
	Plain Grade = 1 + iota
	Mixed
	Hard
)

func (g Grade) String() string { return []string{"plain", "mixed", "hard"}[g-1] }

// Truth is one value that stands in a document.
type Truth struct {
	Class      detect.Class
	Start, End int // bytes
}

// Document is a text with the truth about it.
type Document struct {
	Kind   string // "csv", "mail", "order log", …
	Grade  Grade
	Text   string
	Truth  []Truth
	People int  // people of whom the document has records
	List   bool // it is a customer list of 20 people or more
	// About are the classes the truth is about, none for all those of people's
	// records: others may stand in it untold.
	About []detect.Class
}

// Generate writes n documents of each grade about customers, and fewer on health,
// secrets, transactions, credit and each kind of
// number that is found behind its label, or with numbers of companies, accounts, permits, Hong Kong cards and passports, or forms with a box for each character: half of both hold data, half
// are hard negatives. A tenth as many tell lists of
// places from lists of people, and as many list people otherwise than in rows. The same seed gives the same documents.
func Generate(seed uint64, n int) []Document {
	customers := rand.New(rand.NewPCG(seed, 0x636f72707573))
	codes := rand.New(rand.NewPCG(seed, 0x636f646573)) // of its own: the former documents stay what they were
	all := append(generate(customers, n, positives, negatives), generate(codes, n/2, papers, lookAlikes)...)
	hongKong := rand.New(rand.NewPCG(seed, 0x686b))
	all = append(all, generate(hongKong, n/5, hongKongPapers, hongKongLookAlikes)...)
	travel := rand.New(rand.NewPCG(seed, 0x747276))
	all = append(all, generate(travel, n/4, travelPapers, travelLookAlikes)...)
	boxes := rand.New(rand.NewPCG(seed, 0x626f786573))
	all = append(all, generate(boxes, n/10, boxPapers, boxLookAlikes)...)
	places := rand.New(rand.NewPCG(seed, 0x706c61636573))
	all = append(all, generate(places, n/10, placePapers, placeLookAlikes)...)
	stacks := rand.New(rand.NewPCG(seed, 0x737461636b73))
	all = append(all, generate(stacks, n/10, stackPapers, stackLookAlikes)...)
	rows := rand.New(rand.NewPCG(seed, 0x726f7773))
	for _, d := range generate(rows, n/5, rowPapers, rowLookAlikes) {
		d.About = []detect.Class{detect.CNMobile, detect.CNLandline, detect.BankCard}
		all = append(all, d)
	}
	return append(all, business(seed, n)...)
}

// business writes documents about data that makes no records of people, each
// kind with a source of its own.
func business(seed uint64, n int) (all []Document) {
	for _, part := range []struct {
		source        uint64
		about         detect.Class
		hold, holdNot []kindOf
	}{
		{0x6865616c7468, health, healthPapers, healthTexts},
		{0x736563726574, secret, secretPapers, secretLookAlikes},
		{0x6465616c, transaction, dealingPapers, dealingLookAlikes},
		{0x63726564, creditRecord, creditPapers, creditLookAlikes},
	} {
		docs := generate(rand.New(rand.NewPCG(seed, part.source)), n/2, part.hold, part.holdNot)
		for i := range docs {
			docs[i].About, docs[i].List = []detect.Class{part.about}, false
		}
		all = append(all, docs...)
	}
	for i, f := range append(identityFields(), abroadFields()...) {
		docs := generate(rand.New(rand.NewPCG(seed, 0x6669656c64+uint64(i))), n/10, f.papers(), f.lookAlikes())
		for i := range docs {
			docs[i].About, docs[i].List = []detect.Class{f.class}, false
		}
		all = append(all, docs...)
	}
	return all
}

func generate(r *rand.Rand, n int, hold, holdNot []kindOf) []Document {
	var all []Document
	for grade := Plain; grade <= Hard; grade++ {
		for i := range n {
			writers := hold
			if i%2 == 1 {
				writers = holdNot
			}
			w := writers[(i/2)%len(writers)]
			d := &writer{Rand: r, people: synthetic.New(r.Uint64()), grade: grade}
			w.write(d)
			all = append(all, Document{Kind: w.kind, Grade: grade, Text: d.text.String(), Truth: d.truth, People: d.count, List: d.count >= 20})
		}
	}
	return all
}

// writer writes one document.
type writer struct {
	*rand.Rand
	people *synthetic.Generator
	grade  Grade
	text   strings.Builder
	truth  []Truth
	count  int
}

// put writes a value and notes it as true.
func (w *writer) put(c detect.Class, value string) {
	start := w.text.Len()
	w.text.WriteString(value)
	w.truth = append(w.truth, Truth{c, start, start + len(value)})
}

// say writes text. Each %n %m %l %i %c %e %a in it stands for a value of the
// person: name, mobile, landline, resident ID, card, e-mail, address.
func (w *writer) say(p person, format string) {
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 || i+1 == len(format) {
			w.text.WriteString(format)
			return
		}
		w.text.WriteString(format[:i])
		if class, ok := classOf[format[i+1]]; ok {
			w.put(class, p.value(class))
		} else {
			w.text.WriteByte(format[i+1])
		}
		format = format[i+2:]
	}
}

var classOf = map[byte]detect.Class{
	'n': detect.PersonName, 'm': detect.CNMobile, 'l': detect.CNLandline, 'i': detect.CNResidentID, 'c': detect.BankCard, 'e': detect.Email, 'a': detect.Address,
}

func (w *writer) plain(format string, args ...any) { fmt.Fprintf(&w.text, format, args...) }

func (w *writer) one(from ...string) string { return from[w.IntN(len(from))] }

func (w *writer) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + w.IntN(10))
	}
	return string(b)
}

func (w *writer) hex(n int) string {
	const letters = "0123456789abcdef"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[w.IntN(16)]
	}
	return string(b)
}

func (w *writer) chance(percent int) bool { return w.IntN(100) < percent }

func (w *writer) date() string {
	return fmt.Sprintf("%d-%02d-%02d", 2015+w.IntN(11), 1+w.IntN(12), 1+w.IntN(28))
}

func (w *writer) clock() string {
	return fmt.Sprintf("%02d:%02d:%02d", w.IntN(24), w.IntN(60), w.IntN(60))
}

// kindOf is one sort of document and what writes it.
type kindOf struct {
	kind  string
	write func(*writer)
}
