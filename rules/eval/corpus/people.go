package corpus

import (
	"fmt"
	"strings"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
)

// person is a generated person whose values are written as the grade asks.
type person struct {
	synthetic.Person
}

func (p person) value(c detect.Class) string {
	switch c {
	case detect.PersonName:
		return p.Name
	case detect.CNMobile:
		return p.Mobile
	case detect.CNLandline:
		return p.Landline
	case detect.CNResidentID:
		return p.ResidentID
	case detect.BankCard:
		return p.BankCard
	case detect.Email:
		return p.Email
	}
	return p.Address
}

// person makes a person and writes their values in other forms from grade to grade.
func (w *writer) person() person {
	p := person{w.people.Person()}
	w.rename(&p)
	p.Address = w.zhAddress(p.Address)
	if w.grade == Plain {
		return p
	}
	p.Mobile = w.mobileForm(p.Mobile)
	p.Landline = w.landlineForm(p.Landline)
	p.BankCard = w.cardForm(p.BankCard)
	if w.chance(15) {
		p.ResidentID = strings.ToLower(p.ResidentID)
	}
	if w.chance(20) {
		p.Email = strings.ToUpper(p.Email[:1]) + p.Email[1:]
	}
	if w.grade == Hard && w.chance(10) {
		p.Mobile = wide(p.Mobile)
	}
	if w.grade == Hard && w.chance(10) {
		p.ResidentID = p.ResidentID[:6] + " " + p.ResidentID[6:14] + " " + p.ResidentID[14:]
	}
	return p
}

// rename gives some people less common names.
func (w *writer) rename(p *person) {
	if w.chance(6 * int(w.grade-1)) {
		rare := strings.Split("佟,宫,卞,闫,柏,桑,郁,冼,晏,笪,仇,査,敬,帅,由,昝,雍,粟,母,芮,商,茹,相,宿,撒,綦,鹿,赫,邝,麻,展,漆,冉,幸,苍,都,占,权,盖,忻", ",")
		p.Name = rare[w.IntN(len(rare))] + string([]rune(p.Name)[1:])
	}
	if w.chance(5 * int(w.grade-1)) {
		odd := []rune("翀嫚骞亶忞玘茆妘佥旃祯笠彬颀弈珣懿侗冕盟旎劼垒旺乂畑芃奡昪堃芊瑗禛皓蓥漾侑")
		name := []rune(p.Name)
		name[len(name)-1] = odd[w.IntN(len(odd))]
		p.Name = string(name)
	}
	if w.grade == Hard && w.chance(2) {
		p.Name = w.one("阿依古丽·买买提", "古丽娜尔·艾力", "买买提江·吐尔逊", "扎西·多吉")
	}
}

func (w *writer) mobileForm(m string) string {
	sep := w.one("-", " ", "-", " ", ".")
	switch w.IntN(10) {
	case 0, 1:
		return m[:3] + sep + m[3:7] + sep + m[7:]
	case 2:
		return "+86" + m
	case 3:
		return "+86 " + m
	case 4:
		return "+86-" + m[:3] + "-" + m[3:7] + "-" + m[7:]
	case 5:
		return w.one("0086", "86") + m
	}
	return m
}

func (w *writer) landlineForm(l string) string {
	area, number, _ := strings.Cut(l, "-")
	half := len(number) - 4
	switch w.IntN(6) {
	case 0:
		return "(" + area + ")" + number
	case 1:
		return area + " " + number
	case 2:
		return area + "-" + number[:half] + "-" + number[half:]
	case 3:
		return l + "-" + w.digits(3)
	case 4:
		return "+86 " + area[1:] + " " + number
	}
	return l
}

func (w *writer) cardForm(c string) string {
	if w.chance(60) {
		return c
	}
	sep := w.one(" ", " ", "-")
	var parts []string
	for ; len(c) > 4; c = c[4:] {
		parts = append(parts, c[:4])
	}
	return strings.Join(append(parts, c), sep)
}

func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7F {
			return r + 0xFEE0
		}
		return r
	}, s)
}

// zhAddress writes an address in one of the ways people do, keeping province
// to county of the one given.
func (w *writer) zhAddress(full string) string {
	cut := 0
	for i, r := range full {
		if r == '区' || r == '县' {
			cut = i + len("区")
		}
		if i > 60 {
			break
		}
	}
	head := full[:cut]
	if cut == 0 || w.chance(40) {
		return full
	}
	road := w.one("文三西", "龙腾", "桃源", "云锦", "望江东", "五四", "环城北", "学府", "软件园二", "宝安", "天府三", "凤起", "丹桂", "清华园", "九华山", "昌岗中") + w.one("路", "街", "大道", "大街", "巷")
	n := 1 + w.IntN(900)
	switch w.IntN(7) {
	case 0:
		return fmt.Sprintf("%s%s%d号", head, road, n)
	case 1:
		return fmt.Sprintf("%s%s%d弄%d号%d室", head, road, n, 1+w.IntN(80), 101+w.IntN(1900))
	case 2:
		return fmt.Sprintf("%s%s%d号%s小区%d栋%d单元%d", head, road, n, w.one("锦绣", "金地", "翠湖", "阳光", "御景"), 1+w.IntN(30), 1+w.IntN(4), 101+w.IntN(2000))
	case 3:
		return fmt.Sprintf("%s%s街道%s%d号%s大厦%c座%d层", head, w.one("粤海", "翠苑", "桂花", "双井", "滨江"), road, n, w.one("环球", "国贸", "腾飞", "创新"), 'A'+rune(w.IntN(4)), 1+w.IntN(40))
	case 4:
		return fmt.Sprintf("%s%s镇%s村%d组%d号", head, w.one("青山", "石桥", "太平", "永兴", "白马"), w.one("李家", "新庄", "东河", "红旗"), 1+w.IntN(12), 1+w.IntN(200))
	case 5:
		return fmt.Sprintf("%s %s%d号 %d-%d", head, road, n, 1+w.IntN(30), 101+w.IntN(2000))
	}
	return fmt.Sprintf("%s%s与%s交叉口%s花园%d幢%d室", head, road, w.one("中山路", "解放路", "建设路"), w.one("丽景", "東方", "滨河"), 1+w.IntN(30), 101+w.IntN(1900))
}

// english makes the person one whose name and address are in Latin letters.
func (w *writer) english(p person) person {
	first := w.one("James", "Mary", "Robert", "Patricia", "Michael", "Linda", "Wei", "Xiaoming", "David", "Siobhan", "Carlos", "Fatima", "Jean-Luc", "Anna", "Priya", "Oluwaseun", "Grace", "Thomas", "Hannah", "Kenji")
	last := w.one("Smith", "Johnson", "Zhang", "Li", "Garcia", "O'Brien", "Müller", "Nguyen", "Patel", "Kim", "Brown", "MacDonald", "Rossi", "Okafor", "Wang", "Ivanova", "Tanaka", "Silva", "Lopez-Diaz", "Chen")
	p.Name = first + " " + last
	if w.grade > Plain && w.chance(15) {
		p.Name = first + " " + string(rune('A'+w.IntN(26))) + ". " + last
	}
	n := 1 + w.IntN(2000)
	street := w.one("Maple", "High", "Jianguo", "Nanjing", "Church", "Queens", "Station", "Sunset", "Park", "Zhongshan")
	kind := w.one("Street", "Road", "Avenue", "St", "Rd", "Lane", "Drive", "Blvd")
	city := w.one("Springfield, IL 62704", "London SW1A 1AA", "Shanghai 200040", "Beijing 100022", "Austin, TX", "Leeds", "Shenzhen, Guangdong")
	switch w.IntN(3) {
	case 0:
		p.Address = fmt.Sprintf("%d %s %s, %s", n, street, kind, city)
	case 1:
		p.Address = fmt.Sprintf("Room %d, Building %d, No. %d %s %s, %s", 100+w.IntN(2000), 1+w.IntN(20), n, street, kind, city)
	default:
		p.Address = fmt.Sprintf("Flat %d, %d %s %s, %s", 1+w.IntN(50), n, street, kind, city)
	}
	return p
}
