package corpus

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trustline/trustline/rules/detect"
)

// columnOf is a column of a list: a class, or something else.
type columnOf struct {
	class  detect.Class // "" for something else
	zh, en []string     // headings
	filler func(w *writer) string
}

var dataColumns = []columnOf{
	{class: detect.PersonName, zh: []string{"姓名", "客户姓名", "联系人", "收件人", "会员姓名"}, en: []string{"Name", "Full Name", "customer_name", "Contact Name"}},
	{class: detect.CNMobile, zh: []string{"手机", "手机号", "手机号码", "联系电话", "电话"}, en: []string{"Mobile", "Phone", "phone_number", "Tel", "Mobile No."}},
	{class: detect.CNResidentID, zh: []string{"身份证号", "身份证号码", "证件号码"}, en: []string{"ID Number", "id_card", "ID card no"}},
	{class: detect.BankCard, zh: []string{"银行卡号", "卡号", "收款账号"}, en: []string{"Card Number", "bank_card", "Account Number"}},
	{class: detect.Email, zh: []string{"邮箱", "电子邮箱", "Email"}, en: []string{"Email", "E-mail", "email_address"}},
	{class: detect.CNLandline, zh: []string{"固定电话", "座机", "办公电话"}, en: []string{"Landline", "Office Phone", "Tel"}},
	{class: detect.Address, zh: []string{"地址", "收货地址", "家庭住址", "通讯地址"}, en: []string{"Address", "Shipping Address", "Mailing address"}},
}

var otherColumns = []columnOf{
	{zh: []string{"订单号", "订单编号"}, en: []string{"Order No", "order_id"}, filler: func(w *writer) string { return "1" + w.one("3", "5", "7", "8") + w.digits(9) }},
	{zh: []string{"金额", "消费金额(元)"}, en: []string{"Amount", "Total"}, filler: func(w *writer) string { return fmt.Sprintf("%d.%02d", w.IntN(90000), w.IntN(100)) }},
	{zh: []string{"下单时间", "注册日期"}, en: []string{"Date", "Created"}, filler: func(w *writer) string { return w.date() + " " + w.clock() }},
	{zh: []string{"状态", "等级"}, en: []string{"Status", "Tier"}, filler: func(w *writer) string {
		return w.one("已付款", "VIP", "普通", "pending", "黄金会员", "active")
	}},
	{zh: []string{"商品", "备注"}, en: []string{"Product", "Notes"}, filler: func(w *writer) string {
		return w.one("高级套餐", "温水杯", "方便面", "白色 T 恤", "Gold plan", "", "尽快发货")
	}},
	{zh: []string{"序号"}, en: []string{"#"}, filler: func(w *writer) string { return w.digits(4) }},
}

// list writes rows of people under headings, or without.
func list(delimiter string, headed bool) func(*writer) {
	return func(w *writer) {
		en := w.chance(35)
		columns := w.columns()
		if !headed { // nobody can tell an order number from a telephone number then
			columns = slices.DeleteFunc(columns, func(c columnOf) bool { return c.zh[0] == "订单号" })
		}
		rows := 3 + w.IntN(15)
		if w.chance(60) {
			rows = 22 + w.IntN(100)
		}
		if headed {
			for i, c := range columns {
				if i > 0 {
					w.plain("%s", delimiter)
				}
				if en {
					w.plain("%s", w.one(c.en...))
				} else {
					w.plain("%s", w.one(c.zh...))
				}
			}
			w.plain("%s", w.one("\n", "\r\n"))
		}
		for range rows {
			p := w.person()
			if en && headed {
				p = w.english(p)
			}
			w.row(p, columns, delimiter)
		}
		w.count = rows
	}
}

// columns draws two or more classes of which one tells people apart, and
// columns of something else, in any order.
func (w *writer) columns() []columnOf {
	n := 2 + w.IntN(4)
	picked := make([]columnOf, 0, n+2)
	for _, i := range w.Perm(len(dataColumns))[:n] {
		picked = append(picked, dataColumns[i])
	}
	for range w.IntN(1 + int(w.grade)) {
		picked = append(picked, otherColumns[w.IntN(len(otherColumns))])
	}
	w.Shuffle(len(picked), func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })
	return picked
}

func (w *writer) row(p person, columns []columnOf, delimiter string) {
	for i, c := range columns {
		if i > 0 {
			w.plain("%s", delimiter)
		}
		if c.class == "" {
			w.plain("%s", c.filler(w))
			continue
		}
		value := p.value(c.class)
		quoted := strings.Contains(value, delimiter) && delimiter == ","
		if quoted {
			w.plain(`"`)
		}
		w.put(c.class, value)
		if quoted {
			w.plain(`"`)
		}
	}
	w.plain("\n")
}

// fixedWidth writes columns padded with spaces.
func fixedWidth(w *writer) {
	rows := 22 + w.IntN(60)
	w.plain("%-12s%-20s%s\n", "姓名", "手机号", "邮箱")
	for range rows {
		p := w.person()
		w.put(detect.PersonName, p.Name)
		w.plain("%s", strings.Repeat(" ", 4+w.IntN(6)))
		w.put(detect.CNMobile, p.Mobile)
		w.plain("%s", strings.Repeat(" ", 3+w.IntN(4)))
		w.put(detect.Email, p.Email)
		w.plain("\n")
	}
	w.count = rows
}

// pairs writes what people paste into a chat: a name and a number a line.
func pairs(w *writer) {
	rows := 22 + w.IntN(30)
	sep := w.one(" ", "  ", "\t", "：", "，", "-", "/")
	classes := []byte{'m', 'e', 'i', 'l'}
	class := classes[w.IntN(len(classes))]
	for range rows {
		w.say(w.person(), "%n"+sep+"%"+string(class)+"\n")
	}
	w.count = rows
}

func jsonLines(w *writer) {
	rows := 22 + w.IntN(60)
	keys := []string{`"name":"%n"`, `"phone":"%m"`, `"email":"%e"`, `"idCard":"%i"`, `"address":"%a"`}
	n := 2 + w.IntN(4)
	w.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for range rows {
		w.say(w.person(), `{"id":`+w.digits(6)+`,`+strings.Join(keys[:n], ",")+`,"createdAt":"`+w.date()+"T"+w.clock()+`Z"}`+"\n")
	}
	w.count = rows
}

func sqlDump(w *writer) {
	rows := 22 + w.IntN(60)
	w.plain("CREATE TABLE `customer` (`id` bigint, `name` varchar(32), `mobile` varchar(20), `id_no` char(18));\nINSERT INTO `customer` VALUES ")
	for i := range rows {
		if i > 0 {
			w.plain(",")
		}
		w.say(w.person(), "("+w.digits(5)+",'%n','%m','%i','"+w.date()+" "+w.clock()+"')")
	}
	w.plain(";\n")
	w.count = rows
}

func vCards(w *writer) {
	rows := 22 + w.IntN(20)
	for range rows {
		w.say(w.person(), "BEGIN:VCARD\nVERSION:3.0\nFN:%n\nTEL;TYPE=CELL:%m\nEMAIL:%e\nEND:VCARD\n")
	}
	w.count = rows
}

func form(w *writer) {
	rows := 1 + w.IntN(30)
	fields := []string{"姓名：%n", "手机号码：%m", "身份证号：%i", "家庭住址：%a", "电子邮箱：%e", "银行卡号：%c", "固定电话：%l"}
	fields = slices.Clone(fields)
	n := 2 + w.IntN(len(fields)-2)
	for range rows {
		p := w.person()
		w.plain("客户登记表\n")
		for _, f := range fields[:n] {
			w.say(p, f+"\n")
			if w.chance(20) {
				w.plain("%s\n", w.one("性别：男", "性别：女", "备注：无", "职业：教师"))
			}
		}
		w.plain("\n")
	}
	w.count = rows
}
