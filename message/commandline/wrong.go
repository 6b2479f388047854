package commandline

import (
	"errors"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/trustline/trustline/message"
)

// wrong are the answers of cobra to a call that cannot be: plain text there,
// with what was typed in it.
var wrong = []struct {
	id   string
	says *regexp.Regexp
}{
	{"wrong.command-meant", regexp.MustCompile(`(?s)^unknown command "(.*)" for "([^"]*)"\n\nDid you mean this\?\n\t(.*?)\n*$`)},
	{"wrong.command", regexp.MustCompile(`(?s)^unknown command "(.*)" for "([^"]*)"$`)},
	{"wrong.too-few", regexp.MustCompile(`^requires at least (\d+) arg\(s\), only received (\d+)$`)},
	{"wrong.too-many", regexp.MustCompile(`^accepts at most (\d+) arg\(s\), received (\d+)$`)},
	{"wrong.number", regexp.MustCompile(`^accepts (\d+) arg\(s\), received (\d+)$`)},
	{"wrong.argument", regexp.MustCompile(`(?s)^invalid argument "(.*)" for "([^"]*)"`)},
	{"wrong.flags-required", regexp.MustCompile(`^required flag\(s\) "(.*)" not set$`)},
	{"wrong.flags-exclusive", regexp.MustCompile(`^if any flags in the group \[(.*)\] are set none of the others can be; \[(.*)\] were all set$`)},
	{"wrong.flags-together", regexp.MustCompile(`^if any flags in the group \[(.*)\] are set they must all be set; missing \[(.*)\]$`)},
	{"wrong.flags-one-of", regexp.MustCompile(`^at least one of the flags in the group \[(.*)\] is required$`)},
}

// flagsBetween parts the names of several flags.
var flagsBetween = regexp.MustCompile(`", "| `)

// Explain answers what is wrong with a call in the person's language; an
// error that is not about the call is answered as it is.
func (w Words) Explain(err error) error {
	var unknown *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	var value *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &unknown):
		name := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			name = "-" + unknown.GetSpecifiedName()
		}
		return w.wrong("wrong.flag", name)
	case errors.As(err, &empty):
		return w.wrong("wrong.no-value", "--"+empty.GetFlag().Name)
	case errors.As(err, &value):
		return w.wrong("wrong.value", value.GetValue(), "--"+value.GetFlag().Name, value.GetFlag().Value.Type())
	case errors.As(err, &syntax):
		return w.wrong("wrong.flag", syntax.GetSpecifiedFlag())
	}
	for _, c := range wrong {
		if found := c.says.FindStringSubmatch(err.Error()); found != nil {
			if strings.HasPrefix(c.id, "wrong.flags-") {
				for n, names := range found {
					found[n] = "--" + flagsBetween.ReplaceAllString(names, ", --")
				}
			}
			return w.wrong(c.id, found[1:]...)
		}
	}
	return err
}

func (w Words) wrong(id string, typed ...string) error {
	args := message.Args{}
	for n, t := range typed {
		args[[]string{"A", "B", "C"}[n]] = strings.ReplaceAll(t, "\n\t", ", ")
	}
	return errors.New(w.Text(id, args))
}
