package redact

import "bytes"

// tree rewrites markup of any vocabulary, read as the extractor reads it:
// every leaf with the name of its element before it, attributes as name=value.
type tree struct {
	*part
	line passage
	leaf string // name of the element just begun, "" behind its text
}

func (p *part) tree() error {
	t := &tree{part: p}
	p.frame.begin()
	for {
		switch p.kind {
		case startToken:
			t.start()
		case endToken:
			if t.leaf == "" && len(t.line.text) > 0 && t.line.text[len(t.line.text)-1] != '\t' {
				t.line.add("\t")
				break
			}
			if t.leaf == "" {
				t.endLine()
				if err := p.breathe(); err != nil {
					return err
				}
			}
			t.leaf = ""
		case textToken, plainToken:
			t.text()
		}
		if err := p.tooLong(); err != nil {
			return err
		}
		if ok, err := p.next(); err != nil {
			return err
		} else if !ok {
			break
		}
	}
	t.endLine()
	return p.flush()
}

func (t *tree) start() {
	words := len(t.line.text) > 0
	t.leaf = string(t.name)
	t.list = t.attributes(t.list[:0])
	for _, a := range t.list {
		if bytes.HasPrefix(a.name, []byte("xmlns")) {
			continue
		}
		t.line.add(string(a.local) + "=")
		t.takeAttribute(&t.line, a)
		t.line.add("\t")
		words = true
	}
	if t.empty && words || len(t.line.text) > 1<<20 {
		t.endLine()
	}
}

func (t *tree) text() {
	if !t.isText() {
		return
	}
	if t.leaf != "" {
		t.line.add(t.leaf + ": ")
		t.leaf = ""
	}
	t.take(&t.line, elementText)
}

func (t *tree) endLine() {
	if len(t.line.text) > 0 {
		t.frame.line(&t.line)
	}
}

// texts rewrites a part whose attributes are measures: only text counts.
func (p *part) texts() error {
	p.frame.begin()
	for {
		ok, err := p.next()
		if err != nil {
			return err
		}
		if !ok {
			return p.flush()
		}
		if p.isText() {
			var line passage
			p.take(&line, elementText)
			p.frame.line(&line)
		}
		if err := p.breathe(); err != nil {
			return err
		}
	}
}

// links rewrites relations: where a part points to outside of the document.
// Those to parts that gone answers true for go.
func (p *part) links(gone func(target string) bool) error {
	p.frame.begin()
	for {
		ok, err := p.next()
		if err != nil {
			return err
		}
		if !ok {
			return p.flush()
		}
		if p.kind != startToken || string(p.name) != "Relationship" {
			continue
		}
		if p.attr("TargetMode") != "External" {
			if gone(p.attr("Target")) && p.empty {
				p.drop()
			}
			continue
		}
		for _, a := range p.attributes(nil) {
			if string(a.local) == "Target" {
				var line passage
				p.takeAttribute(&line, a)
				p.frame.line(&line)
			}
		}
	}
}
