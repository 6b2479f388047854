package orders

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/signed"
)

func TestPolicyIsOpenedWithItsKeyAlone(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(nil)
	stranger, _, _ := ed25519.GenerateKey(nil)
	p := Policy{Serial: 3, Issued: time.Now().UTC(), Author: "li", Text: "version: 1\n"}
	e, err := p.Sign(private)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenPolicy(e, public)
	if err != nil || got != p {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := OpenPolicy(e, stranger); !errors.Is(err, signed.ErrUnknownKey) {
		t.Errorf("a stranger's key: %v", err)
	}
	if _, err := OpenPolicy(signed.Sign(private, "grant", e.Payload), public); !errors.Is(err, signed.ErrForged) {
		t.Errorf("signed as a grant: %v", err)
	}
	for _, payload := range []string{"", "null", "{}", `{"serial":0,"text":"x"}`, `{"serial":1}`, `[]`} {
		if _, err := OpenPolicy(signed.Sign(private, purposePolicy, []byte(payload)), public); err == nil {
			t.Errorf("%q is taken for a policy", payload)
		}
	}
}

func TestParseIsBounded(t *testing.T) {
	whole, err := json.Marshal(Orders{Secret: make([]byte, 32), Grants: make([]signed.Envelope, 2)})
	if err != nil {
		t.Fatal(err)
	}
	if o, err := Parse(whole); err != nil || len(o.Grants) != 2 || len(o.Secret) != 32 {
		t.Fatalf("%+v %v", o, err)
	}
	many, _ := json.Marshal(Orders{Grants: make([]signed.Envelope, MaxGrants+1)})
	busy, _ := json.Marshal(Orders{Tasks: make([]signed.Envelope, MaxTasks+1)})
	short, _ := json.Marshal(Orders{Secret: make([]byte, 31)})
	for name, body := range map[string][]byte{
		"not JSON": []byte("<html>"), "nothing": nil, "too long": bytes.Repeat([]byte(" "), MaxSize+1),
		"many grants": many, "many tasks": busy, "short secret": short,
	} {
		if _, err := Parse(body); err == nil || strings.Contains(err.Error(), "<html>") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"policy":{"key":"ab","payload":"YQ==","signature":"YQ=="},"grants":[],"secret":""}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := Parse(body)
		if err == nil && (len(o.Grants) > MaxGrants || len(o.Tasks) > MaxTasks || len(o.Secret) != 0 && len(o.Secret) != secretSize) {
			t.Error("out of bounds")
		}
	})
}
