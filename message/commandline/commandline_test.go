package commandline_test

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/message/commandline"
)

func nothing(*cobra.Command, []string) error { return nil }

// program is a command line with all that cobra has words for.
func program() *cobra.Command {
	root := &cobra.Command{Use: "tool", Short: "工具", Version: "1", SilenceUsage: true, SilenceErrors: true}
	root.PersistentFlags().String("data", "/var", "数据")
	one := &cobra.Command{Use: "copy FROM", Short: "复制", Example: "  tool copy a\n\n", Args: cobra.ExactArgs(1), RunE: nothing}
	one.Flags().Int("jobs", 2, "数量")
	one.Flags().Bool("a", false, "甲")
	one.Flags().Bool("b", false, "乙")
	one.MarkFlagsMutuallyExclusive("a", "b")
	strict := &cobra.Command{Use: "strict", Short: "严格", Args: cobra.NoArgs, RunE: nothing}
	strict.Flags().String("key", "", "密钥")
	_ = strict.MarkFlagRequired("key")
	strict.Flags().String("from", "", "始")
	strict.Flags().String("to", "", "终")
	strict.MarkFlagsRequiredTogether("from", "to")
	many := &cobra.Command{Use: "many", Short: "多个", RunE: nothing, Args: cobra.MinimumNArgs(2)}
	few := &cobra.Command{Use: "few", Short: "少数", RunE: nothing, Args: cobra.MaximumNArgs(1)}
	few.Flags().String("x", "", "子")
	few.Flags().String("y", "", "丑")
	few.MarkFlagsOneRequired("x", "y")
	only := &cobra.Command{Use: "only", Short: "仅", RunE: nothing, Args: cobra.OnlyValidArgs, ValidArgs: []string{"yes"}}
	group := &cobra.Command{Use: "group", Short: "一组"}
	group.AddCommand(&cobra.Command{Use: "below", Short: "下级", RunE: nothing})
	root.AddCommand(one, strict, many, few, only, group)
	return root
}

func call(t *testing.T, language string, args ...string) (out string, err error) {
	t.Helper()
	root := program()
	words, err := commandline.Localize(root, language)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	root.SetOut(&b)
	root.SetErr(&b)
	root.SetArgs(args)
	if err = root.Execute(); err != nil {
		err = words.Explain(err)
	}
	return b.String(), err
}

// Words of cobra and pflag that no reader of Chinese should meet.
var english = regexp.MustCompile(`(?i)\b(usage|flags?|examples?|available|help for|version for|default|unknown|required|argument|invalid|generate|load|did you|needs|set|received|accepts|missing|none)\b`)

func TestHelpIsInChinese(t *testing.T) {
	calls := [][]string{{}, {"copy", "--help"}, {"group"}, {"group", "below", "-h"}, {"help"}, {"help", "help"}, {"completion", "--help"}, {"--version"}}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		calls = append(calls, []string{"completion", shell, "--help"})
	}
	for _, args := range calls {
		out, err := call(t, "zh", args...)
		if err != nil || out == "" {
			t.Errorf("%v: %q, %v", args, out, err)
		}
		for line := range strings.Lines(out) {
			if found := english.FindString(line); found != "" && !strings.HasPrefix(line, "\t") {
				t.Errorf("%v says %q in %q", args, found, line)
			}
		}
	}
}

func TestWhatIsWrongWithACall(t *testing.T) {
	for args, want := range map[string][2]string{
		"unlike":                  {`unknown command "unlike" for "tool"; "tool --help" shows what there is`, "“tool”没有“unlike”这个命令，用“tool --help”查看可用的命令"},
		"mny":                     {`unknown command "mny" for "tool"; did you mean "many, only"?`, "“tool”没有“mny”这个命令，是否指“many, only”？"},
		"cpoy":                    {`unknown command "cpoy" for "tool"; did you mean "copy"?`, "“tool”没有“cpoy”这个命令，是否指“copy”？"},
		"strict x --key k":        {`unknown command "x" for "tool strict"; "tool strict --help" shows what there is`, "“tool strict”没有“x”这个命令，用“tool strict --help”查看可用的命令"},
		"copy":                    {"1 arguments are needed, 0 were given; --help shows which", "需要 1 个参数，实际给出 0 个；用 --help 查看用法"},
		"many a":                  {"at least 2 arguments are needed, 1 were given; --help shows which", "至少需要 2 个参数，实际给出 1 个；用 --help 查看用法"},
		"few a b --x 1":           {"at most 1 arguments are taken, 2 were given; --help shows which", "最多接受 1 个参数，实际给出 2 个；用 --help 查看用法"},
		"few":                     {"at least one of these flags is needed: --x, --y", "以下选项至少要指定一个：--x, --y"},
		"only no":                 {`"no" is no argument of "tool only"; "tool only --help" shows what there is`, "“tool only”不接受参数“no”，用“tool only --help”查看用法"},
		"strict":                  {"required flag --key is not set", "缺少必需的选项 --key"},
		"strict --key k --from 1": {"these flags belong together: --from, --to; missing: --to", "以下选项必须同时指定：--from, --to；缺少：--to"},
		"copy f --a --b":          {"only one of these flags can be set: --a, --b", "以下选项只能指定一个：--a, --b"},
		"copy f --what":           {"unknown flag: --what; --help shows what there is", "没有选项 --what，用 --help 查看可用的选项"},
		"copy f -q":               {"unknown flag: -q; --help shows what there is", "没有选项 -q，用 --help 查看可用的选项"},
		"copy f ---":              {"unknown flag: ---; --help shows what there is", "没有选项 ---，用 --help 查看可用的选项"},
		"copy f --jobs":           {"flag --jobs needs a value", "选项 --jobs 需要一个值"},
		"copy f --jobs many":      {`invalid value "many" for flag --jobs, which takes: int`, "选项 --jobs 的值“many”无效，应为：int"},
	} {
		for n, language := range []string{"en", "zh"} {
			if _, err := call(t, language, strings.Split(args, " ")...); err == nil || err.Error() != want[n] {
				t.Errorf("%s, %q: %v\nwant %s", language, args, err, want[n])
			}
		}
	}
}

// TestOtherErrorsStay: only what cobra says of a call is put into other words.
func TestOtherErrorsStay(t *testing.T) {
	words, err := commandline.Localize(program(), "zh")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []error{errors.New("read x: no such file"), errors.New("x: unknown command")} {
		if got := words.Explain(want); got != want {
			t.Errorf("%v became %v", want, got)
		}
	}
}
