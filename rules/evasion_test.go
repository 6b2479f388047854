package rules_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
)

const evaders = 20

// trick is a way to carry a customer list past a scanner.
type trick struct {
	name    string // of the file
	content []byte
	values  detect.Class // that are counted where it tears people apart
	// limit says why fewer people than there are may be found, as
	// docs/limits.md does; then no more than most are.
	limit string
	most  int
}

// TestEvasion tries every trick with the same people: they are found, or the
// trick is a limit that the product tells of.
func TestEvasion(t *testing.T) {
	e := newEngine()
	for name, trick := range tricks(t) {
		t.Run(name, func(t *testing.T) {
			c, err := e.Scan(context.Background(), trick.name, bytes.NewReader(trick.content), int64(len(trick.content)))
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case trick.values != "":
				i := slices.IndexFunc(c.Summary.Classes, func(s detect.ClassSummary) bool { return s.Class == trick.values })
				if i < 0 || c.Summary.Classes[i].Distinct != evaders {
					t.Errorf("%s, want %d values of class %s", brief(c), evaders, trick.values)
				}
			case trick.limit == "" && (c.Status != rules.Sensitive || c.Summary.People != evaders):
				t.Errorf("%s, want all %d people", brief(c), evaders)
			case trick.limit != "" && c.Summary.People > trick.most:
				t.Errorf("%s: a limit no more, take it out of docs/limits.md: %s", brief(c), trick.limit)
			}
		})
	}
}

func tricks(t *testing.T) map[string]trick {
	list := customers(t, evaders)
	records, err := csv.NewReader(bytes.NewReader(list)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	digits := func(f func(d int) string) []byte { return []byte(eachDigit(string(list), f)) }
	han, wide := []rune("零一二三四五六七八九"), []rune("０１２３４５６７８９")
	text := func(name string, content []byte) trick { return trick{name: name, content: content} }
	all := map[string]trick{
		"full-width digits":              text("a.csv", digits(func(d int) string { return string(wide[d]) })),
		"Chinese numerals":               text("a.csv", digits(func(d int) string { return string(han[d]) })),
		"zero-width characters":          text("a.csv", digits(func(d int) string { return fmt.Sprint(d) + "\u200b" })),
		"soft hyphens":                   text("a.csv", digits(func(d int) string { return fmt.Sprint(d) + "\u00ad" })),
		"direction marks":                text("a.csv", digits(func(d int) string { return "\u202d" + fmt.Sprint(d) + "\u202c" })),
		"separators in numbers":          text("a.csv", rewritten(t, records, grouped(" "))),
		"hyphens in numbers":             text("a.csv", rewritten(t, records, grouped("-"))),
		"odd dashes in numbers":          text("a.csv", rewritten(t, records, grouped("\u2011"))),
		"reversed column order":          text("a.csv", rewritten(t, records, reversed)),
		"no headings":                    text("a.txt", list[bytes.IndexByte(list, '\n')+1:]),
		"renamed text":                   text("holiday.jpg", list),
		"renamed workbook":               text("holiday.jpg", workbook(t, evaders)),
		"renamed archive":                text("setup.log", zipped(t, "readme", list)),
		"workbook, hidden rows":          text("a.xlsx", hiddenRows(t, workbook(t, evaders))),
		"white text":                     text("a.docx", whiteText(t, records)),
		"base64":                         text("a.txt", []byte(base64.StdEncoding.EncodeToString(list))),
		"base64, wrapped":                text("a.pem", []byte(wrapped(base64.StdEncoding.EncodeToString(list), 64))),
		"base64 of the alphabet of URLs": text("a.txt", []byte(base64.RawURLEncoding.EncodeToString(list))),
		"base64 of base64":               text("a.txt", []byte(base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString(list))))),
		"base64 of a workbook":           text("a.txt", []byte(base64.StdEncoding.EncodeToString(workbook(t, evaders)))),
		"base64 of an archive, wrapped":  text("a.pem", []byte(wrapped(base64.StdEncoding.EncodeToString(zipped(t, "a.csv", list)), 72))),
		"base32":                         text("a.txt", []byte(base32.StdEncoding.EncodeToString(list))),
		"base32 of a workbook, wrapped":  text("a.txt", []byte(wrapped(base32.StdEncoding.EncodeToString(workbook(t, evaders)), 76))),
		"UTF-16 behind UTF-8":            text("a.txt", append(harmless(20<<10), eachUnit(list, wideUnit)...)),
		"hexadecimal":                    text("a.txt", []byte(hex.EncodeToString(list))),
		"URL-encoded":                    text("a.txt", []byte(url.QueryEscape(string(list)))),
		"UTF-32":                         text("a.txt", eachUnit(list, binary.LittleEndian.AppendUint32)),
		"UTF-32, big-endian, with mark":  text("a.csv", eachUnit(append([]byte("\uFEFF"), list...), binary.BigEndian.AppendUint32)),
		"JSON escapes":                   text("a.json", jsonRows(records)),
		"references of HTML":             text("a.txt", eachRune(list, "&#%d;")),
		"a cell for each digit":          text("a.html", inBoxes(records)),
		"a column for each digit":        text("a.csv", []byte(strings.NewReplacer("</td>", ",", "<td>", "", "<tr>", "", "</tr>", "", "<html><table>", "", "</table></html>", "").Replace(string(inBoxes(records))))),
		"a column for each, in quotes":   text("a.csv", []byte(strings.NewReplacer("</td>", "\",", "<td>", "\"", "<tr>", "", "</tr>", "", "<html><table>", "", "</table></html>", "").Replace(string(inBoxes(records))))),
		"one value in many cells": {name: "a.csv", content: rewritten(t, records, inPieces), most: 0,
			limit: "A number in cells of several digits each is not put together, one with a cell for each digit is."},
		"line wraps in numbers": {name: "a.txt", content: brokenLines(records), values: detect.CNResidentID},
		"hex dump": {name: "a.txt", content: []byte(hex.Dump(list)), most: 0,
			limit: "Hexadecimal digits count where they stand together: dumps with offsets and gaps are not decoded."},
		"encoded three times": {name: "a.txt", content: []byte(hex.EncodeToString([]byte(hex.EncodeToString([]byte(hex.EncodeToString(list)))))), most: 0,
			limit: "Text encoded more than twice over is not decoded."},
		"picture of a table": {name: "a.png", content: picture(t, records), most: 0,
			limit: "Text in pictures is read only where that is switched on."},
	}
	maps.Copy(all, rowTricks(t, records))
	for name, coded := range framed(t, list) {
		all[name] = text("a.txt", []byte(coded))
	}
	for name, coded := range framed(t, workbook(t, evaders)) {
		all[name+" of a workbook"] = text("a.txt", []byte(coded))
	}
	return all
}

// eachDigit answers text with its digits written by f.
func eachDigit(text string, f func(d int) string) string {
	var b strings.Builder
	for _, r := range text {
		if r >= '0' && r <= '9' {
			b.WriteString(f(int(r - '0')))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func eachRune(text []byte, format string) []byte {
	var b bytes.Buffer
	for _, r := range string(text) {
		if r == '\n' {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, format, r)
		}
	}
	return b.Bytes()
}

// wideUnit appends a character of UTF-16.
func wideUnit(dst []byte, r uint32) []byte { return binary.LittleEndian.AppendUint16(dst, uint16(r)) }

func eachUnit(text []byte, unit func(dst []byte, r uint32) []byte) (out []byte) {
	for _, r := range string(text) {
		out = unit(out, uint32(r))
	}
	return out
}

// rewritten answers a list whose records are rewritten.
func rewritten(t *testing.T, records [][]string, f func(record []string) []string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, r := range records {
		if err := w.Write(f(slices.Clone(r))); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return b.Bytes()
}

func reversed(record []string) []string {
	slices.Reverse(record)
	return record
}

// groups parts the digits of a value as people do.
func groups(value string) []string {
	parts := map[int][]int{11: {3, 7}, 16: {4, 8, 12}, 18: {6, 14}, 19: {4, 8, 12, 16}}[len(value)]
	if strings.Trim(value, "0123456789X") != "" || parts == nil {
		return []string{value}
	}
	var pieces []string
	from := 0
	for _, at := range append(parts, len(value)) {
		pieces = append(pieces, value[from:at])
		from = at
	}
	return pieces
}

func grouped(separator string) func([]string) []string {
	return func(record []string) []string {
		for i, value := range record {
			record[i] = strings.Join(groups(value), separator)
		}
		return record
	}
}

// inPieces puts the parts of numbers into cells of their own, and leaves out
// what is whole.
func inPieces(record []string) (cells []string) {
	for i, value := range record {
		if pieces := groups(value); len(pieces) > 1 || i == 0 {
			cells = append(cells, pieces...)
		}
	}
	return cells
}

// inBoxes is a form, or a table, with a cell for each character of a number.
func inBoxes(records [][]string) []byte {
	var b strings.Builder
	b.WriteString("<html><table>")
	for row, r := range records {
		b.WriteString("<tr>")
		for i, value := range r {
			width := utf8.RuneCountInString(records[1][i])
			switch pieces := groups(records[1][i]); {
			case len(pieces) == 1:
				fmt.Fprintf(&b, "<td>%s</td>", value)
			case row == 0:
				fmt.Fprintf(&b, "<td>%s</td>%s", value, strings.Repeat("<td></td>", width-1))
			default:
				for _, c := range value {
					fmt.Fprintf(&b, "<td>%c</td>", c)
				}
			}
		}
		b.WriteString("</tr>\n")
	}
	return []byte(b.String() + "</table></html>")
}

// brokenLines writes each number over two lines.
func brokenLines(records [][]string) []byte {
	var b bytes.Buffer
	for _, r := range records[1:] {
		for _, value := range r {
			if pieces := groups(value); len(pieces) > 1 {
				fmt.Fprintf(&b, "%s\n%s\n", value[:7], value[7:])
			}
		}
	}
	return b.Bytes()
}

func jsonRows(records [][]string) []byte {
	var b bytes.Buffer
	for _, r := range records[1:] {
		b.WriteString("{")
		for i, value := range r {
			fmt.Fprintf(&b, "%+q:%+q,", records[0][i], value)
		}
		b.WriteString("\"end\":1}\n")
	}
	return b.Bytes()
}

// hiddenRows hides all rows of a workbook.
func hiddenRows(t *testing.T, book []byte) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	hidden := 0
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(in)
		if err = errors.Join(err, in.Close()); err != nil {
			t.Fatal(err)
		}
		hidden += bytes.Count(part, []byte("<row "))
		out, err := z.Create(f.Name)
		if err == nil {
			_, err = out.Write(bytes.ReplaceAll(part, []byte("<row "), []byte(`<row hidden="1" `)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil || hidden < evaders {
		t.Fatalf("%d rows hidden, %v", hidden, err)
	}
	return b.Bytes()
}

// whiteText writes a document of white and hidden text.
func whiteText(t *testing.T, records [][]string) []byte {
	t.Helper()
	var body strings.Builder
	for _, r := range records {
		fmt.Fprintf(&body, `<w:p><w:r><w:rPr><w:vanish/><w:color w:val="FFFFFF"/></w:rPr><w:t>%s</w:t></w:r></w:p>`, strings.Join(r, " "))
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"word/document.xml", `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body.String() + `</w:body></w:document>`},
	} {
		w, err := z.Create(part[0])
		if err == nil {
			_, err = io.WriteString(w, part[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// picture draws the digits of a list, seven segments each.
func picture(t *testing.T, records [][]string) []byte {
	t.Helper()
	const size = 12
	m := image.NewGray(image.Rect(0, 0, 1400, 3*size*(len(records)+1)))
	draw.Draw(m, m.Bounds(), image.White, image.Point{}, draw.Src)
	bar := func(x, y, w, h int) { draw.Draw(m, image.Rect(x, y, x+w, y+h), image.Black, image.Point{}, draw.Src) }
	segments := [10]string{"abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgecd", "abc", "abcdefg", "abcfgd"}
	for row, r := range records[1:] {
		for i, c := range strings.Join(r, "") {
			if c < '0' || c > '9' {
				continue
			}
			x, y := 8+i*size*3/2%1300, size+row*3*size
			for _, s := range segments[c-'0'] {
				switch s {
				case 'a', 'g', 'd':
					bar(x, y+strings.IndexRune("agd", s)*size, size, 2)
				case 'f', 'e':
					bar(x, y+strings.IndexRune("fe", s)*size, 2, size)
				default:
					bar(x+size, y+strings.IndexRune("bc", s)*size, 2, size)
				}
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
