package detect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// Dumps of databases: the statement names the columns.
func TestDumps(t *testing.T) {
	var copied, headless, one, many, below, quoted strings.Builder
	copied.WriteString("--\n-- PostgreSQL database dump\n--\n\nCOPY public.customers (id, full_name, email, created_at) FROM stdin;\n")
	many.WriteString("INSERT INTO `customers` (`id`, `full_name`, `email`) VALUES ")
	below.WriteString("INSERT INTO customers (id, full_name, email) VALUES\n")
	for i, p := range synthetic.New(91).People(25) {
		name := latinName(i)
		fmt.Fprintf(&copied, "%d\t%s\t%s\t2024-01-02 10:00:00\n", i+1, name, p.Email)
		fmt.Fprintf(&headless, "%d\t%s\t%s\n", i+1, p.Name, p.Mobile)
		fmt.Fprintf(&one, "INSERT INTO customers (id, full_name, email) VALUES (%d, '%s', '%s');\n", i+1, name, p.Email)
		fmt.Fprintf(&many, "(%d,'%s','%s'),", i+1, name, p.Email)
		fmt.Fprintf(&below, "  (%d, '%s', '%s'),\n", i+1, name, p.Email)
		fmt.Fprintf(&quoted, "insert into [crm].[customers]([id],[note],[full_name],[phone]) values(%d,N'it''s (ok), %s',N'%s',N'%s')\nGO\n", i+1, "said", name, p.Mobile)
	}
	for name, text := range map[string]string{"COPY": copied.String() + "\\.\n", "rows alone": headless.String(), "a statement a row": one.String(),
		"rows in a line": many.String(), "rows below": below.String(), "SQL Server": quoted.String()} {
		if got := peopleIn(text); got != 25 {
			t.Errorf("%s: %d people of 25", name, got)
		}
	}
}

// Statements that are cut off, and those that insert nobody.
func TestDumpsOfNobody(t *testing.T) {
	for name, text := range map[string]string{
		"no end":      "INSERT INTO t (name, email) VALUES ('Ann Lee', 'a",
		"no brackets": "COPY me from there\n",
		"no values":   "INSERT INTO t (name, email) SELECT name, email FROM u;\n",
		"settings":    strings.Repeat("INSERT INTO settings (key, value) VALUES ('Server Name', 'Blue Whale');\n", 30),
		"brackets":    "INSERT INTO t (name) VALUES " + strings.Repeat("(", 5000),
	} {
		if got := peopleIn(text); got > 0 {
			t.Errorf("%s: %d people", name, got)
		}
	}
}
