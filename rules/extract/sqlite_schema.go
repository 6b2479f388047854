package extract

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// constraints begin a part of CREATE TABLE that is no column.
var constraints = set("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")

// columnsOf reads the names of the columns from a CREATE TABLE statement as
// SQLite keeps it; nil when there are none to see.
func columnsOf(sql string) []string {
	_, body, ok := strings.Cut(sql, "(")
	if !ok {
		return nil
	}
	var columns []string
	for body != "" && len(columns) < mostColumns {
		var part string
		part, body = cutPart(body)
		name, quoted := firstName(part)
		if name == "" || !quoted && constraints[strings.ToUpper(name)] {
			continue
		}
		columns = append(columns, name)
	}
	return columns
}

// cutPart cuts at the next comma outside of brackets and quotes; rest is empty
// behind the bracket that closes the list.
func cutPart(s string) (part, rest string) {
	open, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '[':
			quote = ']'
		case c == '(':
			open++
		case c == ')' && open == 0:
			return s[:i], ""
		case c == ')':
			open--
		case c == ',' && open == 0:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func firstName(part string) (name string, quoted bool) {
	part = strings.TrimLeft(part, " \t\r\n")
	if part == "" {
		return "", false
	}
	closing := map[byte]string{'"': `"`, '`': "`", '[': "]", '\'': "'"}[part[0]]
	if closing != "" {
		name, _, _ = strings.Cut(part[1:], closing)
		return name, true
	}
	if i := strings.IndexAny(part, " \t\r\n("); i >= 0 {
		part = part[:i]
	}
	return part, false
}

// validText tells text from other bytes.
func validText(p []byte) bool { return utf8.Valid(p) && bytes.IndexByte(p, 0) < 0 }

// textOf makes UTF-8 of text in any charset.
func textOf(p []byte) string {
	if validText(p) {
		return string(p)
	}
	return decodeString(p)
}
