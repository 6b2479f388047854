package synthetic

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSameSeedSamePeople(t *testing.T) {
	if !slices.Equal(New(7).People(50), New(7).People(50)) {
		t.Error("the same seed made other people")
	}
	if slices.Equal(New(7).People(50), New(8).People(50)) {
		t.Error("another seed made the same people")
	}
}

// The weights of GB 11643-1999, written out here to check the recursive form.
func TestResidentIDsFollowTheStandard(t *testing.T) {
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	for _, p := range New(1).People(2000) {
		sum := 0
		for i, w := range weights {
			sum += w * int(p.ResidentID[i]-'0')
		}
		if len(p.ResidentID) != 18 || "10X98765432"[sum%11] != p.ResidentID[17] {
			t.Fatal("a resident ID has a wrong check character")
		}
		if _, err := time.Parse("20060102", p.ResidentID[6:14]); err != nil {
			t.Fatal("a resident ID has no real date")
		}
	}
}

func TestBankCardsFollowLuhn(t *testing.T) {
	for _, p := range New(2).People(2000) {
		sum := 0
		for i, c := range []byte(p.BankCard) {
			d := int(c - '0')
			if (len(p.BankCard)-i)%2 == 0 {
				d = d*2/10 + d*2%10
			}
			sum += d
		}
		if sum%10 != 0 || len(p.BankCard) != 16 && len(p.BankCard) != 19 {
			t.Fatal("a bank card has a wrong sum or length")
		}
	}
}

// A spreadsheet program of somebody else's reads what XLSX writes.
func TestXLSXIsReadByOthers(t *testing.T) {
	if err := exec.Command("/usr/bin/python3", "-c", "import openpyxl").Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("python3-openpyxl is needed in CI")
		}
		t.Skip("SKIPPED: needs python3-openpyxl")
	}
	people := New(3).People(20)
	var book, list bytes.Buffer
	if err := XLSX(&book, people, "zh"); err != nil {
		t.Fatal(err)
	}
	if err := CSV(&list, people, "zh"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "list.xlsx")
	if err := os.WriteFile(path, book.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("/usr/bin/python3", "-c", `import csv, openpyxl, sys
csv.writer(sys.stdout, lineterminator="\n").writerows(openpyxl.load_workbook(sys.argv[1]).active.iter_rows(values_only=True))`, path).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != strings.TrimSpace(list.String()) {
		t.Errorf("the workbook and the list differ: %v", err)
	}
}
