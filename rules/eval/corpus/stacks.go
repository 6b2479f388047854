package corpus

import (
	"fmt"
	"strings"
)

// stackPapers list people otherwise than in rows of one line: a value in each
// line, a person in each column, statements of a database.
var stackPapers = []kindOf{
	{"a value a line", valueALine},
	{"labels over values", labelsOver},
	{"a cell a line", cellALine},
	{"people in columns", peopleInColumns},
	{"dump with columns", dumpWithColumns},
}

// stackLookAlikes are shops in lines, goods, counters and tables of nobody.
var stackLookAlikes = []kindOf{
	{"places a line", placesALine},
	{"stock", stock},
	{"counters", counters},
	{"survey by person", byPerson},
	{"titles and numbers", titlesAndNumbers},
}

// stacked are fields that stand below one another, the name first or last.
func (w *writer) stacked() []string {
	rest := []string{"%m", "%e", "%i", "%a"}
	w.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	fields := append([]string{"%n"}, rest[:1+w.IntN(3)]...)
	if w.chance(20) {
		fields[0], fields[1] = fields[1], fields[0]
	}
	return fields
}

func (w *writer) people22() int { return 22 + w.IntN(40) }

func valueALine(w *writer) {
	fields, end := w.stacked(), w.one("\n", "\n\n")
	w.count = w.people22()
	for range w.count {
		w.say(w.person(), strings.Join(fields, "\n")+end)
	}
}

var stackTitles = map[string][]string{"%n": {"姓名", "客户姓名", "联系人"}, "%m": {"手机", "手机号码", "联系电话"}, "%e": {"邮箱", "电子邮箱"}, "%i": {"身份证号", "证件号码"}, "%a": {"地址", "家庭住址"}}

func labelsOver(w *writer) {
	fields, colon, end := w.stacked(), w.one("", "：", ":"), w.one("", "\n")
	w.count = w.people22()
	for range w.count {
		p := w.person()
		for _, f := range fields {
			w.say(p, stackTitles[f][0]+colon+"\n"+f+"\n")
		}
		w.plain("%s", end)
	}
}

// cellALine writes a table as programs save it as text: headings, then cells.
func cellALine(w *writer) {
	fields := w.stacked()
	others := w.IntN(3)
	for _, f := range fields {
		w.plain("%s\n", w.one(stackTitles[f]...))
	}
	for range others {
		w.plain("%s\n", w.one("备注", "等级", "金额"))
	}
	w.count = w.people22()
	for range w.count {
		w.say(w.person(), strings.Join(fields, "\n")+"\n")
		for range others {
			w.plain("%s\n", w.one("老客户", "高级", "120.00", ""))
		}
	}
}

func peopleInColumns(w *writer) {
	fields, d := w.stacked(), w.one(",", "\t", ";")
	w.count = 22
	people := make([]person, w.count)
	for i := range people {
		people[i] = w.person()
	}
	for _, f := range fields {
		w.plain("%s", w.one(stackTitles[f]...))
		for _, p := range people {
			w.say(p, d+f)
		}
		w.plain("\n")
	}
}

// dumpWithColumns names the columns of English rows in a statement.
func dumpWithColumns(w *writer) {
	w.count = w.people22()
	if w.chance(50) {
		w.plain("COPY public.customers (id, full_name, email, created_at) FROM stdin;\n")
		for i := range w.count {
			w.say(w.english(w.person()), fmt.Sprintf("%d\t%%n\t%%e\t%s %s\n", i+1, w.date(), w.clock()))
		}
		w.plain("\\.\n")
		return
	}
	for i := range w.count {
		p := w.english(w.person())
		p.Name = strings.ReplaceAll(p.Name, "'", "''")
		w.say(p, fmt.Sprintf("INSERT INTO customers (id, full_name, email) VALUES (%d, '%%n', '%%e');\n", i+1))
	}
}

func placesALine(w *writer) {
	for range w.people22() {
		w.plain("%s\n", w.organisation())
		w.landlineAndAddress(w.chance(50), "\n")
		w.plain("\n\n")
	}
}

// stock is article numbers of eleven digits, many of which begin as mobiles do.
func stock(w *writer) {
	d := w.one(" ", "\t", ",")
	for range 40 + w.IntN(200) {
		w.plain("1%d%s%s0%s%s%d\n", 3+w.IntN(7), w.digits(9), d, w.digits(10), d, w.IntN(500))
	}
}

func counters(w *writer) {
	for i := range 40 + w.IntN(100) {
		w.plain("eth%d: 1%s %s 0 0 1%s %s 0 0\n", i%8, w.digits(10), w.digits(8), w.digits(10), w.digits(7))
	}
}

func byPerson(w *writer) {
	w.plain("%s", w.one("姓名", "学生", "客户"))
	n := 5 + w.IntN(10)
	for range n {
		w.plain("\t%s", w.one("选项", "问题", "评价", "得分"))
	}
	for range 30 {
		w.plain("\n甲%s", w.digits(2))
		for range n {
			w.plain("\t%d", w.IntN(10))
		}
	}
	w.plain("\n")
}

func titlesAndNumbers(w *writer) {
	for range 30 {
		w.plain("%s\n%s\n", w.one("本期销量", "累计浏览", "设备编号", "安全检查", "方案说明", "合计金额"), w.digits(9))
	}
}
