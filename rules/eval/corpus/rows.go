package corpus

import (
	"fmt"
	"strings"

	"github.com/trustline/trustline/rules/detect"
)

// rowPapers hold bare numbers that only those beside them explain: lists of
// them, and columns among others.
var rowPapers = []kindOf{
	{"numbers in a line", numbersInLine},
	{"numbers several a line", numbersSeveral},
	{"column of bare numbers", bareColumn},
}

// rowLookAlikes are columns and lists of other numbers as long.
var rowLookAlikes = []kindOf{
	{"measurements", measurements},
	{"identifiers like cards", cardLike},
	{"turnover", turnover},
	{"orders in a line", ordersInLine},
	{"sequence", sequence},
}

// bareNumber puts the mobile or the card of another person.
func (w *writer) bareNumber(c detect.Class) {
	p := w.people.Person()
	w.put(c, person{p}.value(c))
}

func (w *writer) mobileOrCard() detect.Class {
	if w.chance(50) {
		return detect.BankCard
	}
	return detect.CNMobile
}

func numbersInLine(w *writer) {
	c, d := w.mobileOrCard(), w.one(",", ";", "，", "；", "、", ", ", "\t", "|", " ")
	w.plain("%s", w.one("", "", "["))
	for i := range 20 + w.IntN(300) {
		if i > 0 {
			w.plain("%s", d)
		}
		w.bareNumber(c)
	}
	w.plain("\n")
}

func numbersSeveral(w *writer) {
	c, d, most := w.mobileOrCard(), w.one(",", ";", "，", "\t", "|", ", "), 2+w.IntN(8)
	for range 20 + w.IntN(40) {
		for i := range most {
			if i > 0 {
				w.plain("%s", d)
			}
			w.bareNumber(c)
		}
		w.plain("\n")
	}
}

func bareColumn(w *writer) {
	c, d := w.mobileOrCard(), w.one(",", ";", "\t")
	w.plain("%s", w.one("", "", strings.Join([]string{"#", "内容", "备注"}, d)+"\n", strings.Join([]string{"no", "item", "note"}, d)+"\n"))
	for i := range 20 + w.IntN(200) {
		w.plain("%d%s", i, d)
		w.bareNumber(c)
		w.plain("%s%d\n", d, w.IntN(9000))
	}
}

func measurements(w *writer) {
	d := w.one(",", "\t", "  ", ";")
	n, columns := w.one("11", "12", "16", "19"), 3+w.IntN(5)
	var long int
	fmt.Sscan(n, &long)
	for range 40 + w.IntN(200) {
		for i := range columns {
			if i > 0 {
				w.plain("%s", d)
			}
			w.plain("%s", w.digits(long))
		}
		w.plain("\n")
	}
}

func cardLike(w *writer) {
	w.plain("%s", w.one("", "id,value\n", "key,n\n"))
	for range 60 + w.IntN(300) {
		w.plain("62%s,%d\n", w.digits(17), w.IntN(999))
	}
}

func turnover(w *writer) {
	w.plain("%s\n", w.one("代码,名称,收盘,成交额(元)", "股票代码,股票名称,最新价,成交量", "code,name,close,turnover"))
	for range 40 + w.IntN(60) {
		w.plain("600%s,%s,%d.%s,%s\n", w.digits(3), w.one("中国平安", "贵州茅台", "宁德时代", "比亚迪"), w.IntN(900), w.digits(2), w.phoneLike())
	}
}

func ordersInLine(w *writer) {
	d := w.one(",", ";", "，", "、", ", ")
	w.plain("%s", w.one("订单号：", "流水号：", "order_id: ", "运单号："))
	for i := range 20 + w.IntN(200) {
		if i > 0 {
			w.plain("%s", d)
		}
		w.plain("%s", w.phoneLike())
	}
	w.plain("\n")
}

func sequence(w *writer) {
	next, step := 13_000_000_000+w.IntN(5_000_000)*1000, 1+w.IntN(9)
	for i := range 40 + w.IntN(100) {
		w.plain("%d,%d,%s\n", i, next+i*step, w.one("ok", "done", "new"))
	}
}
