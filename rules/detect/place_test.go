package detect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// peopleIn answers how many people are found in a text.
func peopleIn(text string) int {
	s := NewScanner(NewPack(testKey), Limits{})
	s.Write([]byte(text))
	return s.Close().People
}

// rowsOf writes a row for each of n people; each %n %l … stands for a value.
func rowsOf(n int, head, format string) string {
	var b strings.Builder
	b.WriteString(head)
	for i, p := range synthetic.New(41).People(n) {
		b.WriteString(strings.NewReplacer("%n", p.Name, "%m", p.Mobile, "%l", p.Landline, "%i", p.ResidentID, "%c", p.BankCard, "%e", p.Email, "%a", p.Address, "%#", fmt.Sprint(i),
			"%k", []string{"北京", "上海", "广州", "成都", "武汉"}[i%5]).Replace(format))
	}
	return b.String()
}

// Branches, shops, suppliers, hotels and hospitals have addresses, landlines
// and mailboxes; a list of them is no list of people.
func TestPlacesAreNoPeople(t *testing.T) {
	for name, text := range map[string]string{
		"suppliers":     rowsOf(60, "公司名称,地址,总机\n", "%k宏达贸易有限公司%#,%a,%l\n"),
		"branches":      rowsOf(60, "网点名称,网点地址,联系电话,营业时间\n", "招商银行%k路支行,%a,%l,9:00-17:00\n"),
		"hospitals":     rowsOf(60, "医院名称,等级,地址,电话\n", "%k第四人民医院,三甲,%a,%l\n"),
		"hotels":        rowsOf(60, "酒店,前台电话,地址\n", "全季酒店%k路店,%l,%a\n"),
		"headless":      rowsOf(60, "", "全季酒店%k路店,%l,%a\n"),
		"tabs":          rowsOf(60, "门店名称\t门店地址\t电话\t邮箱\n", "%k人民路店\t%a\t%l\tshop%#@trustcorp.cn\n"),
		"english":       rowsOf(60, "Store,Address,Phone\n", "Store %#,%a,%l\n"),
		"contact page":  rowsOf(22, "# 联系我们\n", "- bj分公司：%a，电话 %l，邮箱 bj%#@trustcorp.cn\n"),
		"blocks":        rowsOf(30, "", "%k第四人民医院\n地址：%a\n电话：%l\n邮箱：office%#@hospital.cn\n\n"),
		"role mailbox":  rowsOf(30, "", "邮箱：info@firm%#.cn 地址：%a\n"),
		"brands":        rowsOf(60, "品牌,电话,售后\n", "王致和,400-735-6028,%l\n"),
		"headed a role": rowsOf(30, "Supplier,E-mail,Landline\n", "Firm %#,sales@firm%#.cn,%l\n"),
	} {
		if got := peopleIn(text); got > 4 {
			t.Errorf("%s: %d people", name, got)
		}
	}
	sheet := NewScanner(NewPack(testKey), Limits{})
	sheet.Row(1, cells("公司名称", "地址", "总机"))
	for i, p := range synthetic.New(42).People(60) {
		sheet.Row(i+2, cells("北京宏达贸易有限公司", p.Address, p.Landline))
	}
	if got := sheet.Close().People; got > 4 {
		t.Errorf("sheet: %d people", got)
	}
}

// What is a person's makes a list of people where organisations are named as well.
func TestPeopleAtPlacesArePeople(t *testing.T) {
	for name, text := range map[string]string{
		"customers called names":   rowsOf(30, "客户名称,地址,电话\n", "%n,%a,%l\n"),
		"companies as customers":   rowsOf(30, "客户名称,地址,电话\n", "%k宏达贸易有限公司,%a,%l\n"),
		"contacts of suppliers":    rowsOf(30, "公司名称,联系人,地址,电话\n", "%k宏达贸易有限公司,%n,%a,%l\n"),
		"mobiles of suppliers":     rowsOf(30, "供应商,手机,地址\n", "%k宏达贸易有限公司,%m,%a\n"),
		"own mailboxes":            rowsOf(30, "公司名称,邮箱,地址\n", "%k宏达贸易有限公司,u%#@qq.com,%a\n"),
		"IDs":                      rowsOf(30, "学校,身份证号,地址\n", "%k第四中学,%i,%a\n"),
		"no organisation":          rowsOf(30, "固定电话,地址\n", "%l,%a\n"),
		"homes beside an employer": rowsOf(30, "家庭住址,宅电,公司\n", "%a,%l,%k宏达贸易有限公司\n"),
		"an unknown heading":       rowsOf(30, "学校,校长,地址,邮编\n", "%k第四中学,%n,%a,200520\n"),
		"said of our company":      rowsOf(30, "", "我公司客户 联系电话 %l，地址：%a，由本公司承担。\n"),
		"name and role mailbox":    rowsOf(30, "姓名,邮箱,地址\n", "%n,info@firm%#.cn,%a\n"),
	} {
		if got := peopleIn(text); got < 29 {
			t.Errorf("%s: %d people of 30", name, got)
		}
	}
}
