package share

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trustline/trustline/rules/activity"
)

func TestWhereItCameFrom(t *testing.T) {
	for _, c := range []struct{ kind, source, name, host string }{
		{"nfs", "nas:/export/sales", "nas:/export/sales", "nas"},
		{"nfs4", "NAS.corp.example:/", "NAS.corp.example:/", "nas.corp.example"},
		{"nfs4", "[fe80::1%eth0]:/export", "[fe80::1%eth0]:/export", "fe80::1%eth0"},
		{"nfs4", "10.1.2.3:/a:b", "10.1.2.3:/a:b", "10.1.2.3"},
		{"nfs4", "nonsense", "nonsense", ""},
		{"cifs", "//NAS/Sales", "//NAS/Sales", "nas"},
		{"smb3", `\\nas\sales$`, `\\nas\sales$`, "nas"},
		{"cifs", "//nas", "//nas", "nas"},
		{"cifs", "", "", ""},
		{"smbfs", "//anna@nas:445/Sales", "//anna@nas:445/Sales", "nas"},
		{"fuse.sshfs", "anna@nas:/srv/sales", "anna@nas:/srv/sales", "nas"},
		{"fuse.sshfs", "nas:", "nas:", "nas"},
		{"fuse.sshfs", "anna@[2001:db8::1]:sales", "anna@[2001:db8::1]:sales", "2001:db8::1"},
		{"fuse.glusterfs", "nas:/volume", "nas:/volume", "nas"},
		{"fuse", "https://anna:secret@dav.example:8443/sales?x=1", "https://dav.example:8443/sales", "dav.example"},
		{"fuse.smbnetfs", "//nas/sales", "//nas/sales", "nas"},
		{"ceph", "10.0.0.1:6789,10.0.0.2:6789:/", "10.0.0.1:6789,10.0.0.2:6789:/", ""},
	} {
		got, ok := parse(c.kind, c.source)
		if want := (activity.Share{Name: c.name, Host: c.host}); !ok || got != want {
			t.Errorf("%s %s: %+v, %v; want %+v", c.kind, c.source, got, ok, want)
		}
	}
	for kind, source := range map[string]string{
		"ext4": "/dev/sda1", "fuse.trustline": "/media/stick", "fuseblk": "/dev/sdb1", "tmpfs": "tmpfs", "overlay": "//lower", "fuse.gvfsd-fuse": "gvfsd-fuse", "fuse.rclone": "drive:", "": "",
	} {
		if got, ok := parse(kind, source); ok {
			t.Errorf("%s %s is taken for a share: %+v", kind, source, got)
		}
	}
}

func TestPathsOfWindows(t *testing.T) {
	for path, want := range map[string]activity.Share{
		`\\NAS\Sales\list.csv`:           {Name: `\\NAS\Sales`, Host: "nas"},
		`\\nas\sales`:                    {Name: `\\nas\sales`, Host: "nas"},
		`//nas/sales/x`:                  {Name: `\\nas\sales`, Host: "nas"},
		`\\?\UNC\nas\sales\sub\list.csv`: {Name: `\\nas\sales`, Host: "nas"},
		`\\dav@SSL@8443\DavWWWRoot\x`:    {Name: `\\dav@SSL@8443\DavWWWRoot`, Host: "dav"},
		`C:\Users\anna`:                  {},
		`\\?\C:\Users\anna`:              {},
		`\\.\COM1`:                       {},
		`\\nas`:                          {},
		`\\nas\`:                         {},
		`\\\sales\x`:                     {},
		``:                               {},
	} {
		if got, ok := fromUNC(path); got != want || ok != (want.Name != "") {
			t.Errorf("%s: %+v, %v", path, got, ok)
		}
	}
}

func FuzzSource(f *testing.F) {
	for _, s := range []string{"nas:/x", "//nas/x", `\\?\UNC\nas\x`, "u@[::1]:x", "https://a:b@c:1/d", "]:", "@", "[", "[]", "//", `\\`} {
		f.Add("fuse.sshfs", s)
		f.Add("cifs", s)
		f.Add("fuse", s)
	}
	f.Fuzz(func(t *testing.T, kind, source string) {
		for _, read := range []func() (activity.Share, bool){
			func() (activity.Share, bool) { return parse(kind, source) },
			func() (activity.Share, bool) { return fromUNC(source) },
		} {
			s, ok := read()
			switch {
			case s.Proven:
				t.Error("a name proves itself")
			case !ok && s != activity.Share{}:
				t.Errorf("no share, and yet %+v", s)
			case utf8.ValidString(source) && strings.ContainsAny(s.Host, `/\`):
				t.Errorf("a host with a path: %+v", s)
			}
		}
	})
}
