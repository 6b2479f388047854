package corpus

import (
	"fmt"
	"strings"

	"github.com/trustline/trustline/rules/detect"
)

// field is a kind of data that stands behind a label: what it is called, what
// it looks like, and what looks like it and is something else.
type field struct {
	class    detect.Class
	labels   []string // in Chinese texts
	english  []string // in English ones
	headings []string // of columns
	keys     []string // of JSON objects
	value    func(*writer) string
	odd      func(*writer) string // in an unusual form; nil: there is none
	decoy    func(*writer) string // looks like a value, under a label of something else
	others   []string             // labels of what looks like it
	says     []string             // sentences about it that hold no value
}

// papers write documents that hold such data.
func (f field) papers() []kindOf {
	papers := []kindOf{
		{"form of " + string(f.class), f.form},
		{"letter with " + string(f.class), f.letter},
		{"export of " + string(f.class), f.export},
		{"english form of " + string(f.class), f.englishForm},
		{"english letter with " + string(f.class), f.englishLetter},
	}
	if len(f.headings) > 0 {
		papers = append(papers, kindOf{"table of " + string(f.class), f.table})
	}
	return papers
}

// lookAlikes write documents that hold what looks like it.
func (f field) lookAlikes() []kindOf {
	return []kindOf{
		{"empty form for " + string(f.class), f.emptyForm},
		{"table beside " + string(f.class), f.decoyTable},
		{"text about " + string(f.class), f.about},
		{"log beside " + string(f.class), f.log},
	}
}

// any answers a value, on the hard grade often in an unusual form.
func (f field) any(w *writer) string {
	if f.odd != nil && (w.grade == Hard && w.chance(60) || w.grade == Mixed && w.chance(25)) {
		return f.odd(w)
	}
	return f.value(w)
}

func (w *writer) somebody() string {
	return w.one("王", "李", "张", "刘", "陈", "欧阳") + w.one("伟", "敏", "静怡", "建国", "秀英", "子轩")
}

func (w *writer) somebodyEnglish() string {
	return w.one("Emma", "Oliver", "Grace", "Henry", "Ming") + " " + w.one("Walker", "Hughes", "Chen", "Murphy", "Novak")
}

func (f field) form(w *writer) {
	w.plain("%s\n\n", w.one("客户信息登记表", "人员档案", "会员资料", "业务受理单"))
	for range 1 + w.IntN(4) {
		lead := map[Grade][]string{Plain: {"：", ": "}, Mixed: {"：", " : ", "为："}, Hard: {" ", "是", "：　", "（必填）："}}[w.grade]
		w.plain("姓名：%s\n登记日期：%s\n%s%s", w.somebody(), w.date(), w.one(f.labels...), w.one(lead...))
		w.put(f.class, f.any(w))
		w.plain("\n%s：%s\n备注：%s\n\n", w.one(f.others...), f.decoy(w), w.one("无", "老客户", "已核对", "电话回访"))
	}
}

func (f field) table(w *writer) {
	delim := w.one(",", ",", "\t")
	other := w.one(f.others...)
	before := w.chance(50)
	columns := []string{"序号", "姓名", other, w.one(f.headings...), "登记日期"}
	if before {
		columns[2], columns[3] = columns[3], columns[2]
	}
	w.plain("%s\n", strings.Join(columns, delim))
	for i := range 4 + w.IntN(20) {
		w.plain("%d%s%s%s", i+1, delim, w.somebody(), delim)
		if !before {
			w.plain("%s%s", f.decoy(w), delim)
		}
		w.put(f.class, f.any(w))
		if before {
			w.plain("%s%s", delim, f.decoy(w))
		}
		w.plain("%s%s\n", delim, w.date())
	}
}

func (f field) letter(w *writer) {
	w.plain("%s：\n\n%s", w.one("您好", "各位同事", "王经理"), w.one("关于上次的事，", "按您的要求，", "补充资料如下，"))
	for range 1 + w.IntN(3) {
		w.plain("%s的%s", w.somebody(), w.one(f.labels...))
		switch w.grade {
		case Plain:
			w.plain("：")
		case Mixed:
			w.plain("%s", w.one("是", "为", "是："))
		default:
			w.plain("%s", w.one("", " ", "（已核）", "—"))
		}
		w.put(f.class, f.any(w))
		w.plain("%s", w.one("，请尽快办理。", "，麻烦核对一下。", "。", "，谢谢！"))
	}
	w.plain("\n联系电话转分机 %s，文件编号 %s-%d。\n", w.digits(3), w.one("HR", "OA", "CRM"), 100+w.IntN(900))
}

func (f field) export(w *writer) {
	key := w.one(f.keys...)
	for i := range 3 + w.IntN(12) {
		w.plain(`{"id": %d, "%s": "`, i+1, w.one("ref", "trace"))
		w.plain(`%s", "%s": "`, f.decoy(w), key)
		w.put(f.class, f.any(w))
		w.plain(`", "updated": "%s"}`+"\n", w.date())
	}
}

func (f field) englishForm(w *writer) {
	w.plain("%s\n\n", w.one("Customer record", "Application form", "New starter details", "Account profile"))
	for range 1 + w.IntN(4) {
		w.plain("Name: %s\nDate: %s\n%s%s", w.somebodyEnglish(), w.date(), w.one(f.english...), w.one(map[Grade][]string{Plain: {": "}, Mixed: {": ", " - ", "  "}, Hard: {" ", " = ", "\t"}}[w.grade]...))
		w.put(f.class, f.any(w))
		w.plain("\n%s: %s\nStatus: %s\n\n", w.one("Order reference", "Ticket", "Part number", "Batch"), f.decoy(w), w.one("open", "active", "verified"))
	}
}

func (f field) englishLetter(w *writer) {
	w.plain("Dear %s,\n\n%s", w.somebodyEnglish(), w.one("as discussed on the phone, ", "thank you for getting back to us. ", "please find the details below. "))
	for range 1 + w.IntN(3) {
		switch w.grade {
		case Plain:
			w.plain("%s: ", w.one(f.english...))
		default:
			w.plain("%s %s %s ", w.one("My", "The", "Her"), w.one(f.english...), w.one("is", "number is", "is"))
		}
		w.put(f.class, f.any(w))
		w.plain("%s", w.one(". Please confirm. ", ", thanks. ", " as you asked. "))
	}
	w.plain("\n\nRegards, extension %s\n", w.digits(4))
}

func (f field) emptyForm(w *writer) {
	w.plain("%s\n", w.one("申请须知", "填写说明", "How to fill in this form"))
	for range 3 + w.IntN(5) {
		label := w.one(append(append([]string{}, f.labels...), f.english...)...)
		w.plain("%s%s\n%s：%s\n", label, w.one("：________", "：（请填写）", ": (leave blank)", "：　　　　", ": ****", "：无"), w.one(f.others...), f.decoy(w))
	}
}

func (f field) decoyTable(w *writer) {
	delim := w.one(",", "\t")
	w.plain("%s\n", strings.Join([]string{"序号", w.one(f.others...), "名称", "日期"}, delim))
	for i := range 6 + w.IntN(20) {
		w.plain("%d%s%s%s%s%s%s\n", i+1, delim, f.decoy(w), delim, w.one("螺栓", "滤芯", "显示器", "打印纸", "连接器"), delim, w.date())
	}
}

func (f field) about(w *writer) {
	w.sentences(4+w.IntN(5), f.says...)
	w.plain("\n%s %s。\n", w.one(f.others...), f.decoy(w))
}

func (f field) log(w *writer) {
	for range 8 + w.IntN(16) {
		w.plain("%s %s %s %s=%s %s\n", w.date(), w.clock(), w.one("INFO", "WARN", "DEBUG"), w.one("req", "trace", "batch", "ref"), f.decoy(w), w.one("done", "retry in 3s", fmt.Sprintf("took %dms", w.IntN(9000)), "queued"))
	}
}
