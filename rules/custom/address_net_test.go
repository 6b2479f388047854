package custom

import (
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/detect"
)

func TestNetworkAddressesAndPhones(t *testing.T) {
	for _, test := range []struct {
		class detect.Class
		text  string
		want  string
	}{
		{IPAddress, "登录IP：203.0.113.77，登录时间 10:00", "203.0.113.77"},
		{IPAddress, "user,client_ip\na,198.51.100.4\nb,10.1.2.3\n", "10.1.2.3 198.51.100.4"},
		{IPAddress, "X-Forwarded-For: 2001:db8:85a3::8a2e:370:7334", "2001:db8:85a3::8a2e:370:7334"},
		{IPAddress, "remote_addr=192.168.10.200:51234", "192.168.10.200"},
		{MACAddress, "MAC地址：00-1A-2B-3C-4D-5E", "00-1A-2B-3C-4D-5E"},
		{MACAddress, "   Physical Address. . . . . . . . . : 00-1A-2B-3C-4D-5E", "00-1A-2B-3C-4D-5E"},
		{MACAddress, "    link/ether 52:54:00:6b:3c:58 brd ff:ff:ff:ff:ff:ff", "52:54:00:6b:3c:58"},
		{MACAddress, `{"mac": "001a.2b3c.4d5e"}`, "001a.2b3c.4d5e"},
		{IntlPhone, "Tel: +44 20 7946 0958", "+44 20 7946 0958"},
		{IntlPhone, "联系电话 +1 (212) 736-5000；传真 0065 6222 1234", "+1 (212) 736-5000 0065 6222 1234"},
		{IntlPhone, "WhatsApp +85291234567", "+85291234567"},
		{IntlPhone, "Phone: (212) 736-5000, fax: 212-736-5001", "(212) 736-5000 212-736-5001"},
		{IntlPhone, "name,phone\nA B,(415) 362-7711\nC D,415.362.7712\n", "(415) 362-7711 415.362.7712"},
		{IntlPhone, "電話：0912-345-678，手機 0987654321", "0912-345-678 0987654321"},
		{IntlPhone, "姓名\t手機\n甲\t0912 345 678\n", "0912 345 678"},
		{IntlPhone, "reach me on +49 30 901820 any time", "+49 30 901820"},
	} {
		if got := strings.Join(found(builtIns(t, test.class), test.text), " "); got != test.want {
			t.Errorf("%s: found %q, want %q", test.text, got, test.want)
		}
	}
}

func TestNoNetworkAddressesNorPhones(t *testing.T) {
	for class, texts := range map[detect.Class][]string{
		IPAddress: {"IP地址 999.1.2.3", "the IP address 127.0.0.1 and 0.0.0.0", "IP地址: 子网掩码 255.255.255.0", "client ip library version 1.2.3.4", "客户端 10.2.3.4 版本", "section 4.3.2.1 of the manual", "IP地址 1.2.3.4.5", "IP address OID 1.3.6.1.4.1.311", "IP地址登记时间 12:30:45"},
		MACAddress: {"52:54:00:6b:3c:58", "MAC address: ff:ff:ff:ff:ff:ff", "mac 00:00:00:00:00:00", "MAC 10.15.7 is out", "fingerprint 52:54:00:6b:3c:58:11:22:33:44", "mac address: 52:54:00:6b:3c:58:11:22",
			"ether: 0123456789abcdef0123"},
		IntlPhone: {"电话 +86 138 0013 8000", "电话 008613800138000", "tel +1 000 555 1234", "+0800 timezone", "@@ -10,7 +12345678,9 @@", "phone +999 1234 5678", "编号 0044123456789", "a+12125551234567b", "+1 2 3 4 5 6 7 8 9", "tel +44 123", "seconds/86400.0 +2440587.51", "x = y +1234567890123456",
			"(212) 736-5000 is a sum", "order,phone\n212-736-5000,none\n", "phone: (212) 555-0123", "phone: 112-736-5000", "phone: 212-736.5000", "phone: 1-212-736-5000-4", "編號：0912345678", "phone: 222-222-2222"},
	} {
		set := builtIns(t, class)
		for _, text := range texts {
			if got := found(set, text); len(got) > 0 {
				t.Errorf("%s: found %q", text, got)
			}
		}
	}
}
