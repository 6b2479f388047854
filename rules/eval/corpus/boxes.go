package corpus

import "strings"

// boxLookAlikes are rows of single characters that are no number of anybody.
var boxLookAlikes = []kindOf{
	{"survey", survey},
	{"matrix", matrix},
	{"codes in boxes", boxedCodes},
}

func inBoxes(number, delimiter string) string {
	return strings.Join(strings.Split(number, ""), delimiter)
}

func survey(w *writer) {
	d := w.one(",", "\t", ";")
	columns := 11 + w.IntN(9)
	w.plain("%s\n", w.one("答卷", "学生", "id")+strings.Repeat(d+w.one("第1题", "q1", "选项"), columns))
	for range 20 + w.IntN(40) {
		w.plain("%s%s%s\n", w.one("甲", "乙", "S", "A")+w.digits(2), d, inBoxes(w.phoneLike()+w.digits(columns-11), d))
	}
}

func matrix(w *writer) {
	d := w.one(",", "\t", ";", "|")
	columns := 12 + w.IntN(30)
	for range 20 + w.IntN(20) {
		w.plain("%s\n", inBoxes(strings.Map(func(r rune) rune { return '0' + r%2 }, w.digits(columns)), d))
	}
}

func boxedCodes(w *writer) {
	d := w.one(",", "\t")
	for range 6 + w.IntN(10) {
		switch w.IntN(3) {
		case 0:
			w.plain("%s%s%s\n", w.one("订单号", "运单号", "箱号", "order no"), d, inBoxes(w.phoneLike(), d))
		case 1:
			w.plain("%s%s%s\n", w.one("身份证号码", "编号"), d, inBoxes(spoiled(person{w.people.Person()}.ResidentID), d))
		default:
			w.plain("%s%s%s\n", w.one("序列号", "流水号"), d, inBoxes("6222"+w.digits(15), d))
		}
	}
}
