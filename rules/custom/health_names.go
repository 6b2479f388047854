package custom

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// What names of diseases and medicines are made with. Endings of medicines are
// stems of the WHO's International Nonproprietary Names (The use of stems, 2018)
// and their Chinese forms.
const (
	// between stands what joins words and is in no name
	between = `，。；：、（）《》“”！？因为的是有无伴并诊断患者及和与或史示予被曾于考确以既往否认在了其该对院查提拟存向们`

	endingsZH = `炎|癌|瘤|综合征|综合症|血症|尿症|结石|梗死|梗塞|骨折|衰竭|硬化|肥大|增生|狭窄|栓塞|血栓|溃疡|息肉|囊肿|结节|积液|脱垂|脱位|麻痹|出血|感染|功能不全|功能亢进|功能减退|障碍|紊乱|失调|白血病|休克|中毒|贫血|疹|癣|疝|痔|癫痫|哮喘|水肿|畸形|缺损|撕裂|损伤|扭伤|挫伤|突出|坏死|变性|病变|早搏|心动过速|传导阻滞|流产|病|症|不良|反流|不张|淤积|扩张|瘘|疣|聋|痉挛|青光眼|白内障|甲状腺肿|关闭不全|缺血|供血不足|劳损|受限|期前收缩|便秘|卒中|脱离|阻塞|梗阻|肿大|脓肿|失眠|耳鸣|神经痛|偏头痛|瘫痪|偏瘫|痴呆|酸中毒|迟缓|不孕|痛经|近视|弱视|斜视|外翻|内翻|侧弯|骨裂|脱发|黄疸|瘢痕|烧伤|烫伤|综合症候群|静脉曲张`

	stemsZH = `沙坦|普利|地平|洛尔|他汀|列净|列汀|拉唑|替丁|西林|培南|沙星|霉素|环素|硝唑|康唑|替尼|单抗|西泮|唑仑|贝特|双胍|肝素|司琼|曲坦|胰岛素|太尼|洛韦|昔布|鲁肽|格雷|沙班|他滨|他赛|孢菌素|头孢|西汀|普兰|哌酮|特罗|奈德|松龙|米松|格列|司特|噻嗪|膦酸|巴林|西坦|昔康|洛芬|贝胺|替康|拉丁|司他|布宗|麦布|血脂康|鱼精蛋白`

	// of names of medicines: no words that tell how one is taken
	part = `[^\x00-\x7f，。；：、（）《》“”因为的是有无伴并予给服用加换停改与和及或以在了其经静滴注每次]`

	medicineZH = `(` + part + `{0,6}(?:` + stemsZH + `)(?:` + part + `{0,4}(?:片|胶囊|颗粒|溶液|滴眼液|软膏|乳膏|喷雾剂|粉雾剂|气雾剂|吸入剂|干混悬剂))?` +
		`(?:\d{0,3}注射液|口服液|口服溶液|钾|钠|酯)?)`

	// forms of the Pharmacopoeia of the PRC (2020), volume IV, 0100
	formsZH = `缓释片|控释片|肠溶片|分散片|咀嚼片|含片|泡腾片|缓释胶囊|肠溶胶囊|软胶囊|胶囊|颗粒|口服溶液|口服液|合剂|糖浆|混悬剂|混悬液|注射液|注射剂|粉针|滴眼液|滴丸|乳膏|软膏|贴膏|凝胶|喷雾剂|吸入剂|气雾剂|栓剂|酊`

	formedZH = `(` + part + `(?:` + part + `|[A-Z]?\d{1,2}|口服){1,12}?(?:` + formsZH + `))(?:[^\p{Han}]|$)|(` + part + `(?:` + part + `|[A-Z]\d{0,2}){2,9}(?:片))(?:[^\p{Han}]|$)`

	doseZH = `([^\x00-\x7f，。；：、（）因为的是有无予给服用加换停改每次各共约]{2,14}) ?(?:\(.{1,16}\))? ?\d+(?:\.\d+)? ?(?:mg|ml|μg|ug|IU|万?单位|片|粒|支|袋|丸|滴)`

	labelledDiagnosis = `(?:(?:入院|出院|初步|门诊|临床|主要|其他|会诊|送检|病理|最后)诊断|疾病名称|(?:诊断(?:名称|结果|意见|结论)?|印象)) ?(?:为|:|\t) ?(?:\d[.、)] ?)?([^\x00-\x2f:;<=>?@，。；：、（）伴并行予]{2,24}?)(?:伴|并|合并|行|予|[\x00-\x2f:;，。；、（）]|$)`

	modifiers = `(?:(?:acute|chronic|subacute|severe|mild|moderate|recurrent|primary|secondary|bilateral|left|right|allergic|viral|bacterial|idiopathic|autoimmune|nonspecific)[ -])*`

	suffixesEN = `itis|oma|emia|aemia|osis|opathy|plegia|paresis|algia|rrhea|uria|penia|megaly|ectasis|lithiasis|phobia|pnea|cardia|thorax|edema|cele|spasm|phagia|physema`

	headsEN = `syndrome|disease|carcinoma|disorder|fracture|failure|infarction|infection|insufficiency|stenosis|hernia|effusion|deficiency|dystrophy|hemorrhage|neuropathy|tumor|tumour|cancer|ulcer|abscess|palsy|arrhythmia|fibrillation|dysfunction|embolism|thrombosis|laceration|sprain|dislocation|contusion|rupture|tear|cyst|polyp|prolapse|injury|apnea|poisoning|dependence|intolerance|regurgitation|aneurysm|pneumonia|hypertension|diabetes|lymphoma|leukemia`

	stemsEN = `pril|sartan|statin|olol|cillin|mycin|micin|floxacin|cycline|nidazole|conazole|prazole|tidine|dipine|gliptin|gliflozin|glutide|glitazone|gliclazide|mab|tinib|zepam|zolam|setron|triptan|parin|xaban|gatran|grel|fibrate|vir|citabine|taxel|platin|rubicin|profen|coxib|oxetine|peridone|lukast|terol|sone|solone|cef|thiazide|dronate|afil|zosin|barbital|caine|oxicam|triptyline|azodone|nirole|spirone|steride|nafine|prost|butynin|rizine|roxyzine|conate|benzaprine|osin|oprine|limus|trexate|relin|tropium|astine|setine|trigine|barbitone|curium|dopa|giline`
)

// betweenNames is between, to look up.
var betweenNames = func() map[rune]bool {
	m := map[rune]bool{}
	for _, r := range between {
		m[r] = true
	}
	return m
}()

// generalZH are what ends like a disease and is none, or any.
var generalZH = wordSet("疾病", "生病", "看病", "发病", "发炎", "炎症", "消炎", "抗炎", "抗癌", "防癌", "肿瘤", "病症", "并发症", "合并症", "后遗症", "适应症", "禁忌症",
	"传染病", "慢性病", "常见病", "职业病", "重症", "毛病", "治病", "疾症", "对症", "抗感染", "预防感染", "控制感染", "降血脂", "止血", "出血", "感染", "损伤", "障碍",
	"突出", "扩张", "失调", "不良", "中毒", "结节", "水肿", "过敏", "老毛病", "主病", "大病", "小病", "重大疾病", "特定疾病", "轻症", "中症", "基础疾病", "基础病", "医保大病", "门诊慢特病", "门诊特病", "慢特病", "住院病", "急诊病", "地方病", "罕见病",
	"无症", "急症", "癌症筛查", "营养不良筛查", "无出血", "未见出血", "危重症", "重症监护", "无明显异常不适症", "感染性疾病", "血管性疾病", "病变", "占位性病变", "传染性疾病")

// machines have troubles of their own.
var machines = []string{"线程", "进程", "网络", "服务", "磁盘", "系统性能", "队列", "请求", "端口", "设备", "连接", "数据库", "程序", "管道", "道路", "交通", "市场", "经济", "商标", "产品", "产能", "通信", "病毒库", "主机"}

// disease tells a name of a disease from what only ends like one.
func disease(before, value, after []byte) bool {
	if generalZH[string(value)] || utf8.RuneCount(value) < 2 || hasAnyPrefix(after, "状", "房", "区", "历", "程", "案", "人", "友", "理", "床", "因", "毒", "科", "假", "原", "种", "情", "例", "史采", "型号", "代码", "编码", "名称", "名") {
		return false
	}
	for _, s := range machines {
		if bytes.Contains(value, []byte(s)) {
			return false // 线程阻塞
		}
	}
	for _, s := range []string{"疾病", "看病", "生病", "发病", "并发症", "后遗症", "适应症", "禁忌症", "炎症", "对症"} {
		if bytes.HasSuffix(value, []byte(s)) && utf8.RuneCount(value) < 8 && !bytes.HasSuffix(value, []byte("性疾病")) {
			return false
		}
	}
	return notInGeneral(before, value, after)
}

// diagnosis tells whether what stands behind the label of a diagnosis is one.
func diagnosis(before, value, after []byte) bool {
	return surelyDiagnosis.Match(before) && utf8.RuneCount(value) > 2 || bytes.ContainsAny(value, "病炎癌瘤症痛折伤梗栓衰疝疹疮痫痹瘫晕肿疸癣喘咳热孕娠染综结窄缺损增退硬贫聋盲痔瘘扭裂脱溃息囊积滞早搏颤障") && disease(before, value, after)
}

// surelyDiagnosis are labels that only medical records have.
var surelyDiagnosis = regexp.MustCompile(`(?:入院|出院|初步|门诊|临床|会诊|送检|病理)诊断 ?[:\t] ?(?:\d[.、)] ?)?$`)

// formed tells a medicine from a picture.
func formed(before, value, after []byte) bool {
	return !hasAnySuffix(value, "图片", "照片", "胸片", "光片", "拍片", "阅片", "影片", "名片", "芯片", "卡片", "切片", "涂片", "平片", "薄片", "底片", "碎片") && notInGeneral(before, value, after)
}

// dosed tells whether what stands before an amount is a medicine.
func dosed(before, value, after []byte) bool {
	small := lowered(value)
	return !hasAnySuffix(small, "量", "水", "血", "尿", "液体", "引流", "体重", "包括", "规格", "数量", "小时", "左右", "以上", "不超过", "大于", "少于", "剂", "总计", "合计", "血糖", "血脂", "蛋白", "胆固醇", "三酯", "肌酐") &&
		!doseless[string(small)] && !hasAnyPrefix(after, "/") && notInGeneral(before, value, after)
}

var doseless = wordSet("about", "total", "takes", "taking", "every", "daily", "weight", "under", "above", "below", "least", "dosage", "given", "increase", "increased", "reduce", "reduced", "maximum", "received", "glucose", "cholesterol",
	"hemoglobin", "creatinine", "protein", "albumin", "bilirubin", "triglycerides", "contains", "calcium", "sodium", "volume", "storage", "tablet", "tablets", "strength", "quantity", "dispense")

// diseaseEN tells names of diseases from everyday words that end alike.
func diseaseEN(before, value, after []byte) bool {
	small := string(lowered(value))
	words := strings.Fields(small)
	for len(words) > 0 && joining[words[0]] {
		words = words[1:]
	}
	if len(words) == 0 || everyday[words[len(words)-1]] || len(words) == 1 && heads[words[0]] {
		return false
	}
	return notInGeneral(before, value, after)
}

var heads = wordSet(strings.Split("apnea|edema|spasm|"+headsEN, "|")...)

var joining = wordSet("with", "without", "this", "that", "independent", "from", "have", "has", "had", "their", "other", "such", "these", "about", "any", "and", "the", "for", "his", "her", "its", "was", "due", "possible", "history", "risk", "some", "no",
	"into", "than", "which", "your", "our", "rare", "serious", "common", "known", "underlying", "prevent", "treat", "cause", "causes", "caused", "against", "also", "been", "being")

var everyday = wordSet("diagnosis", "prognosis", "osmosis", "hypnosis", "symbiosis", "metamorphosis", "diploma", "diplomas", "aroma", "aromas", "oklahoma", "coma", "sympathy", "empathy", "apathy", "academia", "schema", "cinema",
	"diagnoses", "meiosis", "mitosis", "homeostasis", "apoptosis", "biopsy", "sonoma", "tacoma", "paloma", "curia", "manuria", "etcetera", "mimosis", "arthropathy-free", "telepathy", "homeopathy", "naturopathy", "osteopathy")

// notInGeneral tells a finding from a word about a disease in general: how to
// prevent it, who is prone to it, who studies it.
func notInGeneral(before, _, after []byte) bool {
	return !hasAnyPrefix(after, "患者应", "患者可", "患者需", "患者要", "患者的", "患者在", "患者如", "患者们", "患者群", "人群", "的预防", "的防治", "防治", "预防", "科普", "知识", "协会", "学会", "分会", "基金会", "研究", "疫苗", "是一种", "是指", "是由", "是常见", "的病因", "的发病", "发病率", "高危", "的症状", "的治疗", "的危险", "的风险", "风险", "筛查",
		"病人应", "病人要", "日", " association", " society", " foundation", " research", " awareness", " prevention", " risk", " screening", " vaccine", " is a ", " is an ", " is the ", " patients ", " occurs", " affects") &&
		!hasAnySuffix(before, "预防", "防治", "抗击", "关于", "什么是", "研究", "筛查", "远离", "患", "世界", "全国", "prevent ", "what is ", "about ", "risk of ", "research on ", "studies of ", "world ", "people with ", "patients with ", "those with ", "adults with ", "children with ") ||
		hasAnySuffix(before, "既往患", "患者患", "自幼患", "曾患", "年前患", "现患", "身患")
}
