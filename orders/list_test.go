package orders

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/signed"
)

func TestListIsOpenedWithItsKeyAlone(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(nil)
	stranger, _, _ := ed25519.GenerateKey(nil)
	good := List{Serial: 3, Issued: time.Now().UTC(), Kind: "exact", Name: "crm", Build: 7, Size: 9, SHA256: strings.Repeat("ab", 32), Key: "PEM"}
	e, err := good.Sign(private)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenList(e, public); err != nil || got != good {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := OpenList(e, stranger); !errors.Is(err, signed.ErrUnknownKey) {
		t.Errorf("a stranger's key: %v", err)
	}
	if _, err := OpenList(signed.Sign(private, purposePolicy, e.Payload), public); !errors.Is(err, signed.ErrForged) {
		t.Errorf("signed as a policy: %v", err)
	}
	for name, change := range map[string]func(*List){
		"no serial":         func(l *List) { l.Serial = 0 },
		"a way out by name": func(l *List) { l.Name = "../../etc/passwd" },
		"a way out by kind": func(l *List) { l.Kind = "a/b" },
		"no name":           func(l *List) { l.Name = "" },
		"a way out by sum":  func(l *List) { l.SHA256 = "../" + strings.Repeat("ab", 30) + "a" },
		"capitals":          func(l *List) { l.SHA256 = strings.Repeat("AB", 32) },
		"no bytes":          func(l *List) { l.Size = 0 },
		"less than none":    func(l *List) { l.Size = -1 },
		"too large":         func(l *List) { l.Size = MaxListSize + 1 },
		"no key":            func(l *List) { l.Key = "" },
		"a long key":        func(l *List) { l.Key = strings.Repeat("k", maxListKey+1) },
		"withdrawn by half": func(l *List) { l.Withdrawn = true },
	} {
		bad := good
		change(&bad)
		e, err := bad.Sign(private)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := OpenList(e, public); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	many, _ := json.Marshal(Orders{Lists: make([]signed.Envelope, MaxLists+1)})
	if _, err := Parse(many); err == nil {
		t.Error("too many lists are taken")
	}
}
