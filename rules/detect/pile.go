package detect

import "strings"

// Programs that write a table as text without its frame put each cell into a
// line of its own: first the headings, then row after row, an empty line for an
// empty cell. Forms put each label over its value, which looks alike: a heading
// alone in its line. A pile is what such lines make.

// pile is a table whose cells stand one below another.
type pile struct {
	width   int  // columns, as far as they are known; those right of the last heading may not be
	lines   int  // since the last heading
	blanks  int  // empty lines right before
	last    int  // column of the last line
	next    int  // column of the next line
	aligned bool // a line fitted its heading
}

const (
	widestPile    = 16
	unknownTitles = 8 // lines between two headings that may be headings as well
)

// headsLine tells whether a line is a heading and nothing else.
func (s *Scanner) headsLine(l *line) bool {
	if len(l.text) > 60 || !l.traits.mayHead() {
		return false
	}
	_, ok := s.pack.labels.heading(l.text)
	return ok || otherTitle(l.text)
}

// otherTitles are headings of what says nothing of who somebody is.
var otherTitles = titlesOf("性别 年龄 民族 籍贯 学历 职业 职务 职位 职称 部门 单位 工作单位 公司 备注 说明 等级 级别 状态 类型 类别 城市 省份 地区 国家 国籍 生日 出生日期 出生年月 婚姻状况 来源 渠道 爱好 学校 班级 专业 年级 关系 邮编 性別 年齡 職業 職稱 部門 單位 備註 說明 城市 國籍 " +
	"gender sex age city state province country nationality title department position occupation company notes note remarks remark comment comments status level type category source birthday dob")

func otherTitle(cell []byte) bool {
	var folded [24]byte
	cell = trimHeading(cell)
	if len(cell) > len(folded) || !otherTitles.mayEnd(cell) {
		return false
	}
	_, ok := otherTitles.roles[string(lower(folded[:0], cell))]
	return ok
}

func titlesOf(list string) (set words) {
	for _, w := range strings.Fields(list) {
		set.add([]byte(w), 0)
	}
	return set
}

// lapsed tells whether nothing was found under a heading alone: what follows
// are no cells of it, though a few may be headings that are not known. The table
// ends when they are too many.
func (t *table) lapsed() bool {
	p := &t.pile
	if p.width > 1 || t.idle < tableMisses {
		return false
	}
	if p.lines++; p.aligned || p.lines > unknownTitles {
		t.clear()
	}
	return true
}

// pileUp takes a further heading of a pile, as long as nothing was found under
// those before. It answers false where the line begins another.
func (s *Scanner) pileUp(l *line) bool {
	t := &s.table
	p := &t.pile
	columns := max(p.width, 1) + p.lines
	if p.aligned || p.lines > unknownTitles || columns >= widestPile {
		t.clear()
		return false
	}
	col := t.column(columns)
	*col = column{titled: true}
	r, _ := s.pack.labels.heading(l.text)
	col.roles, col.form, col.heading, col.clerk = r, formOf(r), string(l.text), isClerk(l.text)
	*p = pile{width: columns + 1}
	t.named = t.named || r.has(personName)
	return true
}

// pileRow looks at a line as the cell of a pile.
func (s *Scanner) pileRow(l *line) {
	p := &s.table.pile
	l.piled = true
	p.lines++
	if p.width <= 1 {
		s.underOne(l)
		return
	}
	column, fits := s.pileColumn(l)
	if fits && !p.aligned {
		p.aligned = true
		p.width = min(widestPile, p.width+max(0, p.lines-1-column)) // headings that are not known stood last
	}
	if column < p.last {
		s.flushPerson()
	}
	p.last, p.next, p.blanks = column, (column+1)%p.width, 0
	l.cells[0].column = column
	s.row(l)
}

// underOne looks at a line below a heading alone: its value, or running text.
func (s *Scanner) underOne(l *line) {
	if s.pileFits(l, 0) {
		s.table.pile.aligned = true
		s.row(l)
		return
	}
	l.cells, l.record, l.piled = nil, false, false
	s.running(l)
	s.table.pile.aligned = s.table.pile.aligned || len(s.found) > 0
}

// pileColumn answers the column of a line: the next one, or where empty lines
// part rows or a column has several, the one that the line fits.
func (s *Scanner) pileColumn(l *line) (column int, fits bool) {
	p := &s.table.pile
	expected := (p.next + p.blanks) % p.width
	if s.pileFits(l, expected) {
		return expected, true
	}
	if p.blanks > 0 && s.pileFits(l, p.next) {
		return p.next, true
	}
	for i := range s.table.columns {
		name := s.table.columns[i].roles.has(personName)
		if name && p.aligned && l.text[0] < 0x80 || !s.pileFits(l, i) {
			continue // words in Latin letters are not told from a name
		}
		return i, true
	}
	return expected, false
}

// pileFits tells whether a line is what the heading of a column calls for.
func (s *Scanner) pileFits(l *line, column int) bool {
	col := s.table.column(column)
	if col == nil || col.roles == 0 || col.roles&(against|maker) != 0 {
		return false
	}
	c := l.cells[0]
	c.column = column
	if s.found = s.found[:0]; c.end > c.start {
		s.cell(l.text, c)
	}
	return len(s.found) == 1 && col.roles.has(s.found[0].kind) && s.found[0].score >= reportFrom
}
