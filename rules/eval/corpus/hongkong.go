package corpus

import (
	"strings"

	"github.com/trustline/trustline/rules/detect"
)

// hongKongPapers hold numbers of Hong Kong identity cards, under headings and
// labels in traditional characters.
var hongKongPapers = []kindOf{
	{"members hk", membersHK},
	{"application hk", applicationHK},
	{"mail hk", mailHK},
}

// hongKongLookAlikes seem to.
var hongKongLookAlikes = []kindOf{
	{"references", references},
	{"parts", shortParts},
}

func membersHK(w *writer) {
	rows := 5 + w.IntN(40)
	bare := w.grade > Plain && w.chance(50)
	w.plain("%s\n", w.one("身份證號碼,手機號碼,電郵", "香港身份證號碼,聯絡電話,電郵地址", "HKID,Mobile,Email"))
	for range rows {
		id := w.hongKongID()
		if bare {
			id = strings.NewReplacer("(", "", ")", "").Replace(id)
		}
		w.put(detect.HKID, id)
		w.say(person{w.people.Person()}, ",%m,%e\n")
	}
	w.count = rows
}

func applicationHK(w *writer) {
	p := person{w.people.Person()}
	w.plain("申請表\n")
	w.lead()
	if w.grade == Hard {
		w.say(p, "申請人的身份證號碼：")
	} else {
		w.plain("%s：", w.one("香港身份證", "香港身份证号码", "身份證號碼"))
	}
	w.put(detect.HKID, w.hongKongID())
	w.say(p, "\n手機：%m\n電郵：%e\n")
	w.count = 1
}

func mailHK(w *writer) {
	p := person{w.people.Person()}
	w.plain("Subject: your application\n\n")
	w.lead()
	switch w.grade {
	case Hard:
		w.plain("Please check ")
		w.put(detect.HKID, w.hongKongID())
		w.say(p, " against the copy and call %m.\n")
	default:
		w.plain("Hong Kong identity card: ")
		w.put(detect.HKID, w.hongKongID())
		w.say(p, "\nMobile: %m\n")
		w.count = 1
	}
}

func references(w *writer) {
	for range 20 + w.IntN(20) {
		id := w.hongKongID()
		wrong := byte('0')
		if id[len(id)-2] == '0' {
			wrong = '1'
		}
		w.plain("see %s%s(%c) and item %s\n", w.one("", "DOC"), id[:len(id)-3], wrong, w.one("A12345(6)", "B1234567(8)", "C 123456 (7)"))
	}
}

func shortParts(w *writer) {
	w.plain("%s\n", w.one("貨號,數量,序號", "part no,qty,serial", "货号,数量,序列号"))
	for range 20 + w.IntN(40) {
		w.plain("%s%s,%d,%s%s\n", string(rune('A'+w.IntN(26))), w.digits(7), w.IntN(90), w.one("AB", "K", "ZX"), w.digits(7))
	}
}
