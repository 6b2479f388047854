package corpus

import (
	"strings"

	"github.com/trustline/trustline/rules/detect"
)

// travelPapers hold numbers of passports and travel permits, and what machines
// read of them.
var travelPapers = []kindOf{
	{"list of travellers", travellers},
	{"visa form", visaForm},
	{"group visa mail", visaMail},
	{"scanned passports", scannedPassports},
	{"permits list", permitsList},
}

// travelLookAlikes seem to.
var travelLookAlikes = []kindOf{
	{"seat and flight", flights},
	{"article numbers", articleNumbers},
	{"spoiled zones", spoiledZones},
	{"visa rules", visaRules},
	{"merge conflicts", conflicts},
}

func (w *writer) passport() string {
	switch w.IntN(12) {
	case 0:
		return w.one("D", "S", "P") + w.digits(8)
	case 1:
		return w.one("DE", "SE", "PE") + w.digits(7)
	case 2, 3, 4:
		return "G" + w.digits(8)
	case 5, 6, 7:
		return "E" + w.one("A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M", "N") + w.digits(7)
	}
	return "E" + w.digits(8)
}

func (w *writer) hongKongPass() string {
	switch w.IntN(5) {
	case 0:
		return w.one("C", "W") + w.digits(8)
	case 3:
		return w.one("HA", "MA") + w.digits(7)
	case 1:
		return "C" + w.one("A", "B", "C", "D", "E", "F", "G", "H") + w.digits(7)
	case 2:
		return w.one("H", "M") + w.digits(8)
	}
	return w.one("H", "M") + w.digits(8) + "0" + w.one("0", "1", "2")
}

func (w *writer) taiwanPass() string {
	if w.chance(50) {
		return w.one("L", "T") + w.digits(8)
	}
	return w.digits(8)
}

func travellers(w *writer) {
	rows := 20 + w.IntN(40)
	w.plain("%s\n", w.one("姓名,护照号,手机号", "姓名,护照号码,电话", "姓名,证件号码,手机号", "Name,Passport No,Mobile", "name,passport_number,phone"))
	for range rows {
		w.say(person{w.people.Person()}, "%n,")
		number := w.passport()
		if w.grade == Hard && w.chance(20) {
			number = strings.ToLower(number)
		}
		w.put(detect.CNPassport, number)
		w.say(person{w.people.Person()}, ",%m\n")
	}
	w.count = rows
}

func visaForm(w *writer) {
	p := person{w.people.Person()}
	w.plain("签证申请表\n\n")
	w.lead()
	number := w.passport()
	switch w.grade {
	case Plain:
		w.plain("护照号：")
		w.put(detect.CNPassport, number)
		w.plain("\n往来港澳通行证号：")
		w.put(detect.HKMacauPass, w.hongKongPass())
		w.plain("\n台胞证号：")
		w.put(detect.TaiwanPass, w.digits(8))
	case Mixed:
		w.plain("申请人护照号码为")
		w.put(detect.CNPassport, number)
		w.plain("，回乡证（")
		w.put(detect.HKMacauPass, w.one("H", "M")+w.digits(8))
		w.plain("），往来台湾通行证 ")
		w.put(detect.TaiwanPass, w.one("L", "T")+w.digits(8))
		w.plain("。")
	default:
		w.plain("请核对：护照（正本）")
		w.put(detect.CNPassport, wide(number))
		w.plain("；旧护照号 ")
		w.put(detect.CNPassport, w.passport())
		w.plain("；通行证号码：")
		w.put(detect.HKMacauPass, w.one("C", "W")+w.digits(8))
		w.plain("\n台湾居民来往大陆通行证号码\n")
		w.put(detect.TaiwanPass, w.digits(8))
	}
	w.say(p, "\n联系电话：%m\n")
	w.count = 1
}

func visaMail(w *writer) {
	p := person{w.people.Person()}
	w.plain("Subject: visa for the group\n\n")
	w.lead()
	switch w.grade {
	case Plain:
		w.plain("Passport No: ")
		w.put(detect.CNPassport, w.passport())
		w.say(p, "\nMobile: %m\n")
	case Mixed:
		w.plain("His passport number is ")
		w.put(detect.CNPassport, w.passport())
		w.say(p, ", please call %m when the visa is there.\n")
	default:
		w.plain("Home return permit ")
		w.put(detect.HKMacauPass, w.one("H", "M")+w.digits(8))
		w.plain(" and Chinese passport no. ")
		w.put(detect.CNPassport, w.passport())
		w.say(p, " belong to the guest with %e.\n")
	}
	w.count = 1
}

func permitsList(w *writer) {
	rows := 5 + w.IntN(40)
	w.plain("%s\n", w.one("往来港澳通行证号\t往来台湾通行证号\t手机号", "港澳通行证号码\t台胞证号\t邮箱", "home return permit no\ttaiwan travel permit no\tmobile"))
	for range rows {
		w.put(detect.HKMacauPass, w.hongKongPass())
		w.plain("\t")
		w.put(detect.TaiwanPass, w.taiwanPass())
		w.say(person{w.people.Person()}, "\t%m\n")
	}
	w.count = rows
}

// scannedPassports are what a reader of documents writes.
func scannedPassports(w *writer) {
	for range 3 + w.IntN(8) {
		w.plain("%s\n", w.one("scan complete", "读取完成", "page 2 of 2"))
		if w.grade > Plain {
			w.lead()
		}
		if w.grade == Hard && w.chance(40) {
			w.putCard()
		} else {
			w.put(detect.PassportMRZ, w.passportZone())
		}
		w.plain("\n\n")
		w.count++
	}
}

func (w *writer) latinName(width int) string {
	name := w.one("ZHANG", "LI", "WANG", "OUYANG", "MUSTERMANN", "SMITH", "NAKAMURA") + "<<" + w.one("WEI", "NA", "XIAOMING", "ERIKA", "JOHN<PAUL", "YUKI")
	return filled(name, width)
}

func filled(text string, width int) string {
	return (text + strings.Repeat("<", width))[:width]
}

// zoneDigit is a check digit of ICAO Doc 9303.
func zoneDigit(text string) string {
	sum := 0
	for i, c := range []byte(text) {
		if c != '<' {
			sum += value36(c) * []int{7, 3, 1}[i%3]
		}
	}
	return string(rune('0' + sum%10))
}

func (w *writer) zoneDate() string {
	d := w.birth()[2:]
	return d + zoneDigit(d)
}

func (w *writer) passportZone() string {
	state := w.one("CHN", "CHN", "CHN", "GBR", "D<<", "JPN", "USA")
	number := filled(w.one("E", "G", "C", "L")+w.digits(8), 9)
	number += zoneDigit(number)
	birth, expiry := w.zoneDate(), w.zoneDate()
	personal := strings.Repeat("<", 14)
	check := "<"
	if w.chance(50) {
		personal = filled(w.digits(8), 14)
		check = zoneDigit(personal)
	}
	last := zoneDigit(number + birth + expiry + personal + check)
	return "P<" + state + w.latinName(39) + "\n" + number + state + birth + w.one("M", "F", "<") + expiry + personal + check + last
}

// putCard writes the three lines of a card, the last of which is a name.
func (w *writer) putCard() {
	state := w.one("D<<", "AUT", "ITA", "UTO")
	number := filled(w.one("L", "T", "Y")+w.digits(8), 9)
	optional := strings.Repeat("<", 15)
	rest := number + zoneDigit(number) + optional
	birth, expiry := w.zoneDate(), w.zoneDate()
	name := w.latinName(30)
	w.put(detect.PassportMRZ, "I<"+state+rest+"\n"+birth+w.one("M", "F")+expiry+state+optional[:11]+zoneDigit(rest+birth+expiry+optional[:11]))
	w.plain("\n")
	short := strings.TrimRight(name, "<")
	w.put(detect.PersonName, short)
	w.plain("%s", name[len(short):])
}

func flights(w *writer) {
	w.plain("%s\n", w.one("航班,票号,座位", "flight,ticket no,seat"))
	for range 20 + w.IntN(20) {
		w.plain("%s%s,%s%s,%d%s\n", w.one("CA", "MU", "CZ"), w.digits(4), w.one("E", "G", "W"), w.digits(8), 1+w.IntN(60), w.one("A", "C", "F"))
	}
}

func articleNumbers(w *writer) {
	w.plain("%s\n", w.one("以下物料待盘点", "parts to be counted"))
	w.lead()
	for range 20 + w.IntN(20) {
		w.plain("%s%s%s %s\n", w.one("货号 ", "part ", "库位", "item #"), w.one("E", "G", "EA", "C", "W", "H", "M", "L", "T"), w.digits(8), w.one("入库", "shipped", "x 12"))
	}
}

func spoiledZones(w *writer) {
	for range 5 + w.IntN(10) {
		w.plain("%s\n\n", spoiled(w.passportZone()))
	}
}

func visaRules(w *writer) {
	w.plain("%s\n", w.one("护照有效期须超过 6 个月，护照办理时间约 20 天。", "A passport must be valid for 6 months; passport photos are 35 x 45 mm."))
	w.lead()
	for range 10 {
		w.plain("%s%s\n", w.one("护照办理进度查询电话 12367，受理编号：", "passport application reference: ", "台胞证办理回执：", "通行证 签注 "), w.one("RC"+w.digits(8), w.digits(6), "2024-05-06", w.date()))
	}
}

func conflicts(w *writer) {
	for range 10 + w.IntN(20) {
		w.plain("<<<<<<< HEAD\nx := a << %d\n=======\n%s\n>>>>>>> %s\n", w.IntN(9), strings.Repeat("<", 20+w.IntN(30)), w.hex(7))
	}
}
