package rules_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// Databases made in China call their columns by pinyin, whole or by its first
// letters; what they export is a list of people like any other.
func TestKeysInPinyin(t *testing.T) {
	for _, keys := range [][2]string{{"xm", "sj"}, {"KHXM", "SJH"}, {"lxr", "lxdh"}, {"xingming", "shouji"}, {"khmc", "sfzh"}, {"yhXm", "yhkh"}, {"t_xm", "dzyx"}} {
		for form, write := range map[string]func(name, value string) string{
			"json": func(name, value string) string {
				return fmt.Sprintf(`{"kh":{"%s":"%s","%s":"%s"}},`, keys[0], name, keys[1], value)
			},
			"xml": func(name, value string) string {
				return fmt.Sprintf("<kh><%[1]s>%[2]s</%[1]s><%[3]s>%[4]s</%[3]s></kh>", keys[0], name, keys[1], value)
			},
			"csv": func(name, value string) string { return name + "," + value + "\n" },
			"ini": func(name, value string) string {
				return fmt.Sprintf("[kh]\n%s=%s\n%s=%s\n", keys[0], name, keys[1], value)
			},
		} {
			var b strings.Builder
			if form == "csv" {
				b.WriteString(write(keys[0], keys[1]))
			}
			for _, p := range synthetic.New(61).People(25) {
				value := p.Mobile
				switch strings.ToLower(keys[1]) {
				case "sfzh":
					value = p.ResidentID
				case "yhkh":
					value = p.BankCard
				case "dzyx":
					value = p.Email
				}
				b.WriteString(write(p.Name, value))
			}
			c, err := newEngine().Scan(context.Background(), "export."+form, strings.NewReader(b.String()), int64(b.Len()))
			if err != nil || c.Summary.People < 24 {
				t.Errorf("%s, %s: %d people of 25, %v", keys, form, c.Summary.People, err)
			}
		}
	}
}
