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
		"糖尿病患者应控制饮食，高血压患者要少吃盐。", "专家提醒：流感高发季节，出现发热应及时就诊，遵医嘱用药。", "肺炎是一种常见的呼吸系统疾病，诊断需要结合影像。",
		"研究显示，阿司匹林可降低心肌梗死的风险。", "People with diabetes should see a doctor.", "Patients with hypertension often take lisinopril 10 mg daily.",
		"世界卫生组织公布了疟疾的最新数据，住院人数下降。", "The diagnosis of pneumonia is made with an X-ray.", "If the patient is allergic to penicillin, other drugs are used.",
		"enough to warrant a general diagnosis, or a syndrome of asthma", "It is referred to as asthma; Thomas takes aspirin.", "诊断：数据库连接池耗尽，重启服务后恢复。", "Diagnosis: the disk was full.", "系统诊断工具 V10.25 发布", "体温 T36.80℃ 脉搏 80", "患者服务中心开放时间：8:00-17:00",
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
	}{{diseasesZH, " ", 250}, {diseasesEN, ",", 120}, {medicinesZH, " ", 150}, {medicinesEN, ",", 80}, {departmentsZH, " ", 40}, {departmentsEN, ",", 20}} {
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
