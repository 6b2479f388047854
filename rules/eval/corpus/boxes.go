package corpus

import (
	"strings"

	"github.com/trustline/trustline/rules/detect"
)

// boxPapers are forms with a box for each character of a number, saved as
// delimited text.
var boxPapers = []kindOf{
	{"form in boxes", boxForm},
	{"table with boxes", boxTable},
}

// boxLookAlikes are rows of single characters that are no number of anybody.
var boxLookAlikes = []kindOf{
	{"survey", survey},
	{"matrix", matrix},
	{"codes in boxes", boxedCodes},
	{"ratings of channels", ratings},
	{"puzzle", puzzle},
	{"bitmap", bitmap},
}

func inBoxes(number, delimiter string) string {
	return strings.Join(strings.Split(number, ""), delimiter)
}

func boxForm(w *writer) {
	p := person{w.people.Person()}
	d := w.one(",", "\t", ";")
	w.plain("%s%s\n", w.one("入职登记表", "开户申请表", "会员登记表", "Application form"), strings.Repeat(d, 3))
	if w.grade > Plain {
		w.plain("%s%s%s\n", w.one("编号", "受理编号"), d, inBoxes(w.digits(11), d))
	}
	w.say(p, "姓名：%n"+d+"\n")
	w.plain("%s%s", w.one("身份证号码", "身份证号", "证件号码"), d)
	gap := d
	if w.grade == Hard && w.chance(30) {
		gap = d + d // merged cells
	}
	w.put(detect.CNResidentID, inBoxes(p.ResidentID, gap))
	w.plain("\n%s%s", w.one("手机", "手机号码", "联系电话"), d)
	if w.grade == Hard && w.chance(30) {
		w.plain("%s%s", w.one("A", "男", "1", "*"), d)
	}
	w.put(detect.CNMobile, inBoxes(p.Mobile, d))
	w.plain("\n")
	w.count = 1
}

// boxTable is a table whose headings are spread over the boxes, or are not.
func boxTable(w *writer) {
	d := w.one(",", "\t")
	rows := 5 + w.IntN(20)
	columns := 11
	if w.grade == Hard && w.chance(30) {
		columns = 1
	}
	w.plain("姓名%s手机号%s邮箱\n", d, strings.Repeat(d, columns))
	for range rows {
		p := person{w.people.Person()}
		w.say(p, "%n"+d)
		w.put(detect.CNMobile, inBoxes(p.Mobile, d))
		w.say(p, d+"%e\n")
	}
	w.count = rows
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

// ratings are marks for ways to reach people, one of which is the telephone.
func ratings(w *writer) {
	d := w.one(",", "\t", ";")
	columns := 11 + w.IntN(3)
	if w.chance(50) {
		w.plain("%s", w.one("渠道", "项目", "channel"))
		for i := range columns {
			w.plain("%s%s%s", d, w.one("一组", "二组", "Q"+w.digits(1), "网点"), string(rune('A'+i)))
		}
		w.plain("\n")
	} else {
		for _, channel := range []string{"短信", "柜台", "网站"} {
			w.plain("%s%s%s\n", channel, d, inBoxes(w.digits(columns), d))
		}
	}
	for _, channel := range []string{"电话", "邮箱", "手机", "地址", "微信"} {
		w.plain("%s%s%s\n", channel, d, inBoxes(w.phoneLike()+w.digits(columns-11), d))
	}
}

func puzzle(w *writer) {
	d := w.one(",", "\t", ";", "|", ", ")
	for range 9 + w.IntN(30) {
		w.plain("%s\n", inBoxes(w.digits(9+7*w.IntN(2)), d))
	}
}

// bitmap is a picture or a vector of zeros and one, behind a name.
func bitmap(w *writer) {
	d := w.one(",", "\t", " , ")
	columns := 11 + w.IntN(20)
	for i := range 16 + w.IntN(16) {
		row := []byte(strings.Repeat("0", columns))
		row[(i*7+w.IntN(3))%columns] = '1'
		w.plain("%s%s%s\n", w.one("红", "电话", "手机", "row", "身份证"), d, inBoxes(string(row), d))
	}
}
