package account

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// What runs here runs under Wine as well: go test -exec wine.
func TestWindowsKnowsPeople(t *testing.T) {
	own, err := OfProcess(uint32(os.Getpid()))
	if err != nil || own.UID < 1<<30 {
		t.Fatalf("this process is %+v, %v", own, err)
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	name, _, _, err := user.User.Sid.LookupAccount("")
	if err != nil {
		t.Fatal(err)
	}
	var d Directory
	p := d.Person(own.UID)
	if !strings.HasSuffix(p.User, name) || len(p.Groups) == 0 {
		t.Errorf("%s is known as %q in %q", name, p.User, p.Groups)
	}
	t.Logf("groups: %d, a domain is named: %v", len(p.Groups), slices.ContainsFunc(p.Groups, func(g string) bool { return strings.Contains(g, `\`) }))
	if p := d.Person(0); p.User != "SYSTEM" {
		t.Errorf("0 is %q", p.User)
	}
	if p := d.Person(own.UID ^ 1); p.User != strconv.Itoa(own.UID^1) || p.Groups != nil {
		t.Errorf("somebody who is not here is known as %+v", p)
	}

	f, err := os.CreateTemp("", "") // Wine does not take temporary folders away
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rights, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	if uid, _, unsigned := Owner(rights); uid != own.UID || unsigned {
		t.Errorf("a file of ours belongs to %d", uid)
	}
	for text, want := range map[string]struct {
		uid      int
		unsigned bool
	}{"O:SY": {0, false}, "O:BA": {-1, true}, "O:WD": {-1, true}, "O:NS": {-1, false}, "D:": {-1, true}} {
		rights, err := windows.SecurityDescriptorFromString(text)
		if err != nil {
			t.Fatal(err)
		}
		if uid, _, unsigned := Owner(rights); uid != want.uid || unsigned != want.unsigned {
			t.Errorf("a file of %s belongs to %d, unsigned: %v", text, uid, unsigned)
		}
	}
}

func TestNumbersOfAccounts(t *testing.T) {
	seen := map[int]string{}
	for text, person := range map[string]bool{
		"S-1-5-21-1111111111-2222222222-3333333333-1001": true,
		"S-1-5-21-1111111111-2222222222-3333333334-1001": true, // another domain's
		"S-1-12-1-1111111111-2222222222-3333333333-4444": true, // Entra ID
		"S-1-5-32-544": false, // administrators
		"S-1-1-0":      false, // everyone
		"S-1-5-20":     false, // network service
		"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464": false, // TrustedInstaller
	} {
		sid, err := windows.StringToSid(text)
		if err != nil {
			t.Fatal(err)
		}
		n := OfSID(sid)
		if (n >= 1<<30 && n < 1<<31) != person || !person && n != -1 {
			t.Errorf("%s is %d", text, n)
		}
		if before, taken := seen[n]; taken && person {
			t.Errorf("%s and %s are one", text, before)
		}
		seen[n] = text
	}
	system, err := windows.StringToSid("S-1-5-18")
	if err != nil || OfSID(system) != 0 {
		t.Errorf("the system is %d, %v", OfSID(system), err)
	}
}
