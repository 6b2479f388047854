package custom

import (
	"fmt"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	set := builtIns(t, Health)
	for _, test := range []struct{ text, want string }{
		{"主诉：多饮多尿3年。既往史：高血压病5年，否认糖尿病。", "糖尿病,高血压病"},
		{"初步诊断：1.急性坏疽性阑尾炎 2.冠心病", "冠心病,急性坏疽性阑尾炎"},
		{"患者，女，57岁，因急性胆囊炎于昨日入院", "急性胆囊炎"},
		{"该患者长期服用苯磺酸氨氯地平片 5mg qd", "苯磺酸氨氯地平片"},
		{"姓名,科室,诊断\n甲某,心血管内科,心房颤动\n", "心房颤动,心血管内科"},
		{"处方：阿莫西林胶囊 0.5g×24粒", "阿莫西林胶囊"},
		{"出院诊断 I10.x00 高血压病，E11.900 2型糖尿病", "2型糖尿病,E11.900,I10.x00,高血压病"},
		{"Diagnosis: type 2 diabetes mellitus (E11.9)", "E11.9,type 2 diabetes mellitus"},
		{"Diagnosis codes: U07.1, S72.001A, C7A.020, T36.0X1A", "C7A.020,S72.001A,T36.0X1A,U07.1"},
		{"The patient presented with acute appendicitis.", "acute appendicitis"},
		{"Chief complaint: chest pain. PMH: hypertension, on lisinopril 10 mg daily", "hypertension,lisinopril"},
		{"Patient name: J. D.\nMedications: metformin 500 mg, atorvastatin", "atorvastatin,metformin"},
		{"被保险人于本月确诊肺腺癌", "肺腺癌"},
		{"患者张伟，男，45岁，因高血压入院，给予氨氯地平治疗。", "氨氯地平,高血压"},
		{"患者黄艳若，30岁，因2型糖尿病入院，给予二甲双胍治疗。", "2型糖尿病,二甲双胍"},
		{"患者张伟，45岁，诊断为2型糖尿病。", "2型糖尿病"},
		{"患者欧阳明轩因冠心病住院。", "冠心病"},
		{"病人李娜（女，62岁）患有慢性肾脏病3期", "慢性肾脏病"},
		{"张伟，45岁，因抑郁症入院，现已好转。", "抑郁症"},
		{"李娜 女 38岁 经检查确诊为甲状腺癌", "甲状腺癌"},
		{"检验报告单\n姓名：张伟\nHIV抗体：阳性\n", "HIV抗体"},
		{"检验报告单\n项目\t结果\n乙肝表面抗原\t阳性(+)\n糖化血红蛋白\t9.2\t%\n", "乙肝表面抗原,糖化血红蛋白"},
		{"患者姓名：张伟，梅毒螺旋体抗体检测结果为阳性，HBsAg（+），CA125 312.5", "CA125,HBsAg,梅毒螺旋体抗体"},
	} {
		if got := strings.Join(found(set, test.text), ","); got != test.want {
			t.Errorf("%s: found %s, want %s", test.text, got, test.want)
		}
	}
}

// Texts about health in general, and about other things, are nobody's record.
func TestNoHealth(t *testing.T) {
	set := builtIns(t, Health)
	for _, text := range []string{
		"患者因人而异，高血压的治疗方案需要个体化。", "患者因病情不同，糖尿病的用药也不同。", "患者男女均可发病，高血压多见于中年。",
		"糖尿病患者应控制饮食，高血压患者要少吃盐。", "专家提醒：流感高发季节，出现发热应及时就诊，遵医嘱用药。", "肺炎是一种常见的呼吸系统疾病，诊断需要结合影像。",
		"研究显示，阿司匹林可降低心肌梗死的风险。", "People with diabetes should see a doctor.", "Patients with hypertension often take lisinopril 10 mg daily.",
		"世界卫生组织公布了疟疾的最新数据，住院人数下降。", "The diagnosis of pneumonia is made with an X-ray.", "If the patient is allergic to penicillin, other drugs are used.",
		"enough to warrant a general diagnosis, or a syndrome of asthma", "It is referred to as asthma; Thomas takes aspirin.", "诊断：数据库连接池耗尽，重启服务后恢复。", "Diagnosis: the disk was full.", "系统诊断工具 V10.25 发布", "体温 T36.80℃ 脉搏 80", "患者服务中心开放时间：8:00-17:00",
		"高血压患者应坚持服用氨氯地平，糖尿病患者常因感染入院。", "患者情况各异，诊断为高血压的，应当规律服药。", "HIV抗体阳性者应到定点医院就诊。", "乙肝表面抗原阳性的患者应定期复查，转氨酶升高时给予恩替卡韦。",
		"【适应症】用于诊断为2型糖尿病的成人患者，45岁以上慎用。", "据报道，我国每年因心肌梗死入院的病人超过百万。", "45岁以上人群中，诊断为高血压的比例逐年升高。", "检验报告：混凝土强度合格，含水率 3.2", "本院检验科可做HIV抗体、梅毒螺旋体抗体等项目，结果阴性即可。", "入院须知：因高血压入院的患者请携带病历。",
		"患者高热、寒战，多见于肺炎。", "患者安静时心率正常，活动后可因心肌缺血胸痛。", "患者常因冠心病入院，男性多见。",
		"本院心血管内科门诊时间调整", "Python 3.12.1 fixes I10.5", "图片 20 支 笔 5 ml", "高血压健康讲座：如何预防冠心病",
	} {
		if got := found(set, text); len(got) > 0 {
			t.Errorf("%s: found %q", text, got)
		}
	}
}

// The lists are as long as they should be, and hold nothing twice.
func TestTerms(t *testing.T) {
	for _, test := range []struct {
		list, sign string
		least      int
	}{{diseasesZH, " ", 250}, {diseasesEN, ",", 120}, {medicinesZH, " ", 150}, {markersZH, " ", 100}, {medicinesEN, ",", 80}, {departmentsZH, " ", 40}, {departmentsEN, ",", 20}} {
		words, seen := terms(test.list, test.sign), map[string]bool{}
		for _, w := range words {
			if seen[foldWord(w)] {
				t.Errorf("%s is listed twice", w)
			}
			seen[foldWord(w)] = true
			if err := CheckWord(w); err != nil {
				t.Errorf("%s: %v", w, err)
			}
		}
		if len(seen) < test.least {
			t.Error(fmt.Sprintf("%d words from %s, want %d", len(seen), words[0], test.least))
		}
	}
}

// Patients are counted, where each has a row, and not only what they have.
func TestRowsOfPatients(t *testing.T) {
	set := builtIns(t, Health)
	ills := []string{"高血压", "2型糖尿病", "冠心病", "乙型肝炎", "抑郁症"}
	table, told, one := "患者姓名,诊断,ICD编码\n", "", "入院记录\n"
	for i := range 25 {
		name := "王" + string([]rune("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉")[i])
		table += fmt.Sprintf("%s,%s,I10\n", name, ills[i%5])
		told += fmt.Sprintf("患者%s，%d岁，因%s入院。\n", name, 30+i, ills[i%5])
		one += fmt.Sprintf("第%d天查房：既往史高血压。\n", i)
	}
	for name, test := range map[string]struct {
		text        string
		least, most int
	}{"table": {table, 25, 27}, "the same twice": {table + table, 25, 27}, "told": {told, 25, 25}, "one patient": {one, 1, 1}} {
		for _, cut := range []int{7, 4096} {
			if c := look(set, test.text, cut).Classes; len(c) != 1 || c[0].Distinct < test.least || c[0].Distinct > test.most || c[0].Count < c[0].Distinct {
				t.Errorf("%s: %v", name, c)
			}
		}
	}
}
