package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// eleven answers a number of eleven digits as long as mobiles, three quarters of
// which begin as they do.
func elevenDigits(r *rand.Rand) string { return fmt.Sprint(13_000_000_000 + r.Int64N(7_000_000_000)) }

// Goods, stock and counters are numbers of eleven digits beside others.
func TestNumbersOfThingsAreNoPeople(t *testing.T) {
	rows := func(n int, row func(r *rand.Rand, i int) string) string {
		r, b := rand.New(rand.NewPCG(3, 9)), strings.Builder{}
		for i := range n {
			b.WriteString(row(r, i) + "\n")
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		text    string
		mobiles int // found at most
	}{
		"goods": {"name,article,ean,stock\n" + rows(300, func(r *rand.Rand, i int) string {
			return fmt.Sprintf("Screw %d,%s,%s,%d", i, elevenDigits(r), digitsOf(r, 13), i%97)
		}), 0},
		"goods, no title": {rows(300, func(r *rand.Rand, i int) string {
			return fmt.Sprintf("螺丝%d,%s,0%s,%d", i, elevenDigits(r), digitsOf(r, 10), i%97)
		}), 30},
		"stock": {rows(300, func(r *rand.Rand, i int) string {
			return fmt.Sprintf("%s 0%s %d", elevenDigits(r), digitsOf(r, 10), i%97)
		}), 0},
		"stock, tabs": {rows(300, func(r *rand.Rand, i int) string {
			return fmt.Sprintf("%s\t0%s\t%d", elevenDigits(r), digitsOf(r, 10), i%97)
		}), 30},
		"network counters": {rows(80, func(r *rand.Rand, i int) string {
			return fmt.Sprintf("eth%d  %s 0  %s 0  %s 0 %s 0", i, elevenDigits(r), elevenDigits(r), elevenDigits(r), elevenDigits(r))
		}), 0},
		"/proc/net/dev": {rows(80, func(r *rand.Rand, i int) string {
			return fmt.Sprintf("  eth%d: %s %s    0    0    0     0 %s %s    0    0", i, elevenDigits(r), digitsOf(r, 8), elevenDigits(r), digitsOf(r, 8))
		}), 0},
		"ip -s link": {rows(80, func(r *rand.Rand, i int) string {
			return fmt.Sprintf("    RX:  bytes packets errors dropped\n    %s %s      0       0", elevenDigits(r), digitsOf(r, 8))
		}), 0},
		"ifconfig": {rows(80, func(r *rand.Rand, i int) string {
			return fmt.Sprintf("        RX packets %s  bytes %s (1.2 GiB)\n        RX errors 0  dropped 0", digitsOf(r, 8), elevenDigits(r))
		}), 0},
	} {
		s := scan([]byte(c.text))
		mobiles := 0
		for _, k := range s.Classes {
			if k.Class == CNMobile {
				mobiles = k.Distinct
			}
		}
		if s.People > 0 || mobiles > c.mobiles {
			t.Errorf("%s: %d people, %d mobiles", name, s.People, mobiles)
		}
	}
}

// Two numbers speak for each other where one of them is more than digits.
func TestTelephonesOfPeople(t *testing.T) {
	for name, c := range map[string][2]string{
		"parted landlines": {"", "%m,%l\n"},
		"headings":         {"手机,固定电话\n", "%m,%d\n"},
		"labels":           {"", "手机：%m 电话：%d\n"},
		"names":            {"", "%n,%m,%d\n"},
	} {
		var b strings.Builder
		b.WriteString(c[0])
		for _, p := range synthetic.New(81).People(25) {
			b.WriteString(strings.NewReplacer("%n", p.Name, "%m", p.Mobile, "%l", p.Landline, "%d", strings.ReplaceAll(p.Landline, "-", "")).Replace(c[1]))
		}
		if got := peopleIn(b.String()); got != 25 {
			t.Errorf("%s: %d people of 25", name, got)
		}
	}
}

// Four cards in a column that all hold are no accident.
func TestAShortColumnOfCards(t *testing.T) {
	cards := several(6, luhnCard)
	found := 0
	for _, k := range scan([]byte(inTable("", cards))).Classes {
		found += k.Distinct
	}
	if found != 6 {
		t.Errorf("%d of 6 found", found)
	}
}
