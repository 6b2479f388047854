package extract

import "testing"

// Records of XML that are made of the same fields are a table under the names
// of the fields; others are given with the names before the values.
func TestRecordsOfXML(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"elements": {`<r><c><xm>李娜</xm><sjh>13987654321</sjh></c><c><xm>王建国</xm><sjh>15012340987</sjh></c><c><xm>赵 敏</xm><sjh>15112345678</sjh></c></r>`,
			"\n[]\nxm\tsjh\n李娜\t13987654321\n王建国\t15012340987\n赵 敏\t15112345678\n"},
		"attributes": {`<r><c xm="李娜" sjh="13987654321"/><c xm="王建国" sjh="15012340987"/></r>`,
			"\n[]\nxm\tsjh\n李娜\t13987654321\n王建国\t15012340987\n"},
		"one alone":       {`<r><name>李娜</name><mobile>13987654321</mobile></r>`, "\n[]\nname: 李娜\tmobile: 13987654321\t\n"},
		"other fields":    {`<r><c><a>1</a><b>2</b></c><c><a>3</a><d>4</d></c><c><a>5</a><d>6</d></c></r>`, "\n[]\na: 1\tb: 2\t\na\td\n3\t4\n5\t6\n"},
		"text between":    {`<r><c><a>1</a><b>2</b></c><e>x</e><c><a>3</a><b>4</b></c></r>`, "\n[]\na: 1\tb: 2\t\ne: x\ta: 3\tb: 4\t\n"},
		"lines in values": {"<r><c><a>1\n2</a><b>3\t4</b></c><c><a>5</a><b>6</b></c></r>", "\n[]\na\tb\n1 2\t3 4\n5\t6\n"},
		"a comment":       {`<r><c><a>1</a><b>2</b></c><c><!-- 13987654321 --><a>3</a><b>4</b></c><c><a>5</a><b>6</b></c></r>`, "\n[]\na: 1\tb: 2\t\nc:  13987654321 a: 3\tb: 4\t\na: 5\tb: 6\t\n"},
		"keys":            {`<plist><dict><key>name</key><string>李娜</string></dict><dict><key>name</key><string>王建国</string></dict></plist>`, "\n[]\nkey: name\tstring: 李娜\t\nkey: name\tstring: 王建国\t\n"},
	} {
		if got, _ := extracted(t, []byte(tt.in)); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// Inline elements set numbers and names apart where one number could not be so
// long; a number in several of them stays one.
func TestPartsOfALine(t *testing.T) {
	for in, want := range map[string]string{
		`<div><span>李娜</span><span>13987654321</span><span>310104198512120024</span></div>`:    "李娜 13987654321 310104198512120024",
		`<div><span>13987654321</span><span>李娜</span></div>`:                                   "13987654321 李娜",
		`<div>电话<b>139</b><i>8765</i>4321</div>`:                                               "电话13987654321",
		`<div>310104<b>19851212</b>0024</div>`:                                                 "310104198512120024",
		`<dl><dt>李娜</dt><dd>13987654321</dd><dt>王建国</dt><dd>15012340987</dd></dl>`:             "李娜\t13987654321\n王建国\t15012340987",
		`<select><option value="13987654321">李娜</option><option value="1">b</option></select>`: "13987654321\t李娜\n1\tb",
		`<input type="text" name="mobile" value="13987654321" title="x">`:                      "mobile: 13987654321\ttitle=x\t",
	} {
		expect(t, in, []byte("<!doctype html><html>"+in), "", want+"\n")
	}
}
