package web

import (
	"regexp"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
)

// phrase is one way in which agents once said why they
// believe a match; they said it in English, readers read it in their language.
type phrase struct {
	form *regexp.Regexp
	code string // of today's reason; the form's groups are its values
}

func phrases() []phrase {
	list := []phrase{}
	for _, p := range [][2]string{
		{`checksum right`, "checksum"}, {`15-digit form without checksum`, "old-form"}, {`date of birth real`, "birth-old"},
		{`region of (.+) not in the table \((\d+)\)`, "region-unknown"}, {`region (.+) \((\d+)\)`, "region"},
		{`11 digits, prefix assigned to mobile numbers`, "mobile"}, {`(\d+) digits`, "digits"},
		{`area code and number of the right length`, "landline"}, {`address of the right form, top-level domain known`, "email"},
		{`country code 86`, "country"}, {`written in groups`, "groups"}, {`number without area code`, "local"},
		{`begins with a family name`, "family-name"}, {`words that begin with capitals`, "capitals"}, {`parts of an address in order`, "address"},
		{`label (.+) (\d+) characters before`, "label"}, {`label on the line before`, "label-above"}, {`column heading (.+)`, "heading"},
		{`in a column of names`, "column"}, {`beside other data of a person`, "beside"},
		{`but column heading (.+)`, "but-heading"}, {`but label (.+) before`, "but-label"}, {`but among other numbers`, "but-numbers"},
		{`but the value of a key that says nothing of people`, "but-key"}, {`but alone in a row of other things`, "but-alone"},
		{`but inside a web address`, "but-url"}, {`but a unit behind it`, "but-unit"}, {`but a domain for examples`, "but-example"},
		{`form of a Hong Kong identity card`, "hong-kong"}, {`form of a Chinese passport`, "passport"}, {`form of a travel permit to or from Hong Kong and Macau`, "macau-pass"},
		{`form of a travel permit to or from Taiwan`, "taiwan-pass"}, {`machine-readable zone, all check digits right`, "zone"}, {`organisation code in it right`, "organisation"}, {`length of its country, check digits right`, "iban"},
		{`foreigner's permanent residence, date of birth real`, "foreigner"}, {`form of before 2023 without checksum`, "old-permit"},
		{`region of Hong Kong, Macau or Taiwan, date of birth real`, "permit"},
		{`word of the list`, "word"}, {`matches the pattern`, "pattern"}, {`check (.+) right`, "check"}, {`context word (.+) in the line`, "near"},
		{`context words shortly before or in the heading`, "near-above"}, {`but no context word near`, "but-alone-word"},
		{`but an account that is no person's`, "but-role"}, {`but of an author or sender`, "but-maker"},
	} {
		list = append(list, phrase{regexp.MustCompile(`^` + p[0] + `$`), p[1]})
	}
	return list
}

// today answers a reason as agents write it today; what no agent ever wrote
// stays as it is.
func today(known []phrase, sent string) string {
	for _, k := range known {
		switch g := k.form.FindStringSubmatch(sent); len(g) {
		case 1:
			return detect.Why(k.code)
		case 2:
			return detect.Why(k.code, g[1])
		case 3:
			return detect.Why(k.code, g[2], g[1])
		}
	}
	return sent
}

// reasons answers a function that says a match's reasons in the reader's
// language; what this console does not know yet stays as it was sent.
func reasons() func(*message.Printer, []string) string {
	known := phrases()
	return func(p *message.Printer, sent []string) string {
		said := make([]string, len(sent))
		for i, s := range sent {
			said[i] = today(known, s)
		}
		return rules.WhyTexts(said, p.Language())
	}
}

// location answers a function that says where a match stands, from the outside
// in: "line 3", "list.csv in all.zip, line 3".
func location() func(*message.Printer, string) string {
	line := regexp.MustCompile(`^(?:(.+), )?line (\d+)$`)
	return func(p *message.Printer, sent string) string {
		g := line.FindStringSubmatch(sent)
		switch {
		case g == nil:
			return sent
		case g[1] == "":
			return p.Text("line", message.Args{"Line": g[2]})
		}
		return p.Text("line-in", message.Args{"In": g[1], "Line": g[2]})
	}
}
