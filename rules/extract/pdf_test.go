package extract

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"
	"time"
)

// pdfOf writes a document of these objects, the first one being the catalog.
func pdfOf(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

const (
	pdfCatalog = "<</Type/Catalog/Pages 2 0 R>>"
	pdfFont    = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
	pdfPage    = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>/XObject<</X 6 0 R>>>>>>"
	pdfText    = "BT /F1 12 Tf 10 10 Td (13987654321) Tj ET\n"
)

func pdfStream(dict, content string) string {
	return fmt.Sprintf("<</Length %d %s>>\nstream\n%s\nendstream", len(content), dict, content)
}

// simplePDF is a document of pages that all show the same content.
func simplePDF(pages int, content string) []byte {
	return pdfOf(pdfCatalog, fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", strings.Repeat("3 0 R ", pages), pages), pdfPage, pdfFont, content)
}

func deflated(t testing.TB, content string, times int) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	for range times {
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPDFBombs reads documents made to eat time or memory: each ends soon,
// within its limits, and says so.
func TestPDFBombs(t *testing.T) {
	nested := []string{pdfCatalog, "<</Type/Pages/Kids[3 0 R]/Count 1>>", pdfPage, pdfFont, pdfStream("", "/X Do")}
	for i := range 12 {
		nested = append(nested, pdfStream(fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>", i+7), strings.Repeat("/X Do ", 20)))
	}
	nested = append(nested, pdfStream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F1 4 0 R>>>>", pdfText))
	for name, tt := range map[string]struct {
		content []byte
		limits  Limits
		reason  Reason
	}{
		"text unpacked": {simplePDF(1, pdfStream("/Filter/FlateDecode", deflated(t, strings.Repeat(pdfText, 1000), 6000))), Limits{}, TooLarge},
		"packed twice":  {simplePDF(1, pdfStream("/Filter[/FlateDecode/FlateDecode]", deflated(t, deflated(t, strings.Repeat("\x00", 1<<20), 2000), 1))), Limits{}, TooLarge},
		"forms":         {pdfOf(nested...), Limits{}, TooLarge},
		"pages":         {simplePDF(5_000, pdfStream("", pdfText)), Limits{Expanded: 20_000}, TooLarge},
		"time":          {simplePDF(100_000, pdfStream("", pdfText)), Limits{Time: time.Second}, TimedOut},
		"page tree":     {pdfOf(pdfCatalog, "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2000000000>>"), Limits{}, Corrupt},
		"brackets":      {pdfOf(pdfCatalog[:len(pdfCatalog)-2]+"/A "+strings.Repeat("[", 1<<20)+strings.Repeat("]", 1<<20)+">>", "<</Type/Pages/Kids[]/Count 0>>"), Limits{}, Corrupt},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			if _, result := readWithin(t, tt.content, tt.limits); result.Reason != tt.reason {
				t.Errorf("reason %q, want %q", result.Reason, tt.reason)
			}
			if took := time.Since(start); took > 2*time.Minute {
				t.Errorf("took %v", took)
			}
		})
	}
	if text, result := extracted(t, simplePDF(3, pdfStream("", pdfText))); result.Reason != "" || !strings.Contains(text, "[page 3]\n13987654321") {
		t.Errorf("the next document: %q, %s", result.Reason, text)
	}
}

// TestPDFAround finds text around a document, and calls nothing a document
// that is none.
func TestPDFAround(t *testing.T) {
	const secret = "李娜,13600001111\n"
	plain := string(simplePDF(1, pdfStream("", pdfText)))
	for name, tt := range map[string]struct {
		content string
		reason  Reason
	}{
		"before":                 {secret + plain, ""},
		"behind":                 {plain + secret, ""},
		"archive behind":         {plain + string(zipOf(t, file{"a.csv", secret})), ""},
		"text about PDF":         {"a file begins with %PDF-1.7\n" + secret, ""},
		"broken":                 {plain[:9] + secret, Corrupt},
		"one page of it damaged": {strings.Replace(string(simplePDF(2, pdfStream("", pdfText))), "3 0 R 3 0 R", "3 0 R 99 0 R", 1) + secret, Corrupt},
	} {
		t.Run(name, func(t *testing.T) {
			text, result := extracted(t, []byte(tt.content))
			if result.Reason != tt.reason || !strings.Contains(text, strings.TrimSpace(secret)) {
				t.Errorf("reason %q, want %q: %s", result.Reason, tt.reason, text)
			}
		})
	}
}
