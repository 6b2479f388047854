package mask

import (
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
)

func TestValueFollowsTheNorm(t *testing.T) {
	for _, c := range []struct {
		class       detect.Class
		value, want string
	}{
		{detect.CNMobile, "13812341234", "138****1234"},
		{detect.CNMobile, "+86 138-1234-1234", "138****1234"},
		{detect.CNMobile, "１３８１２３４１２３４", "138****1234"},
		{detect.PersonName, "张伟", "张*"},
		{detect.PersonName, "欧阳修文", "欧阳**"},
		{detect.PersonName, "John Smith", "J*** S***"},
		{detect.CNResidentID, "11010519491231002X", "110105********002X"},
		{detect.BankCard, "6222 0212 3456 7890 128", "622202*********0128"},
		{detect.Email, "zhang@163.com", "z***@163.com"},
		{detect.CNLandline, "010-65529988", "010-****88"},
		{detect.CNLandline, "(0571) 8765-4321", "0571-****21"},
		{detect.CNLandline, "02165529988", "021-****88"},
		{detect.Address, "浙江省杭州市西湖区文三路478号", "浙江省杭州市***"},
		{detect.Address, "12 High Street, Springfield", "***"},
		{"unheard-of", "secret", "******"},
	} {
		if got := Value(c.class, c.value); got != c.want {
			t.Errorf("%s: got %s, want %s", c.class, got, c.want)
		}
	}
}

func TestTextLeavesNothingToFind(t *testing.T) {
	p := detect.DefaultPack()
	for _, person := range synthetic.New(5).People(300) {
		name := person.Name + "-" + person.Mobile + "_" + person.ResidentID + " 客户 " + person.Email + ".xlsx"
		masked := Text(p, name)
		s := detect.NewScanner(p, detect.Limits{})
		s.Write([]byte(masked))
		if found := s.Close().Classes; len(found) > 0 {
			t.Fatalf("after masking there is still %v", found)
		}
		if !strings.HasSuffix(masked, ".xlsx") || strings.Contains(masked, person.Mobile) || strings.Contains(masked, person.ResidentID) {
			t.Fatal("the masked name is wrong")
		}
	}
}

func TestHarmlessTextStays(t *testing.T) {
	for _, name := range []string{"报告 2024-01-02 最终版.docx", "IMG_20240102_123456.jpg", ""} {
		if got := Text(detect.DefaultPack(), name); got != name {
			t.Errorf("%q became %q", name, got)
		}
	}
}
