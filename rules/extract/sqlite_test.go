package extract

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// TestSQLiteDamaged reads databases that are cut off, or whose pages lead in
// circles: it ends, says so, and what is whole is still read.
func TestSQLiteDamaged(t *testing.T) {
	whole := real(t, "sqlite.db")
	const page = 1024
	circle := bytes.Clone(whole)
	for at := page; at < len(circle); at += page { // every interior page has itself as its last child
		if circle[at] == interiorTable || circle[at] == interiorIndex {
			binary.BigEndian.PutUint32(circle[at+8:], uint32(at/page+1))
		}
	}
	cells := bytes.Clone(whole)
	for at := page; at < len(cells); at += page {
		if cells[at] == leafTable {
			binary.BigEndian.PutUint16(cells[at+3:], 0xFFFF)
		}
	}
	size := bytes.Clone(whole)
	binary.BigEndian.PutUint16(size[16:], 1000)
	for name, tt := range map[string]struct {
		content []byte
		reason  Reason
		want    string
	}{
		"cut off":         {whole[:20*page], Truncated, "B=欧阳明轩 C=13812345678"},
		"header only":     {whole[:100], Truncated, ""},
		"shorter":         {whole[:50], Truncated, ""},
		"circle":          {circle, Corrupt, "B=欧阳明轩 C=13812345678"},
		"number of cells": {cells, Corrupt, "B=欧阳明轩 C=13812345678"},
		"size of pages":   {size, Corrupt, "13700002222"},
	} {
		t.Run(name, func(t *testing.T) {
			text, result := extracted(t, tt.content)
			if result.Reason != tt.reason || !strings.Contains(text, tt.want) {
				t.Errorf("reason %q, want %q: %.300s", result.Reason, tt.reason, text)
			}
		})
	}
}

func TestColumnsOf(t *testing.T) {
	for sql, want := range map[string]string{
		`CREATE TABLE t (a, b INT DEFAULT (1,2), "c,d" TEXT, [e f], ` + "`g`" + ` CHECK (x IN ('(', ',')), PRIMARY KEY (a, b))`: "a|b|c,d|e f|g",
		"CREATE TABLE \"x\"(\n  姓名 TEXT NOT NULL,\n  \"primary\" INT,\n  CONSTRAINT u UNIQUE (姓名)\n)":                           "姓名|primary",
		"CREATE VIEW v AS SELECT 1": "", "": "", "CREATE TABLE t (": "", "CREATE TABLE t (a": "a",
	} {
		if got := strings.Join(columnsOf(sql), "|"); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}
