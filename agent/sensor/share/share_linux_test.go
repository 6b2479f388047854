package share

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

// table is what mountinfo shows of shares as distributions mount them.
const table = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/sales rw,relatime shared:2 - cifs //nas.corp.example/Sales\040Team rw,vers=3.1.1,addr=10.1.2.3
31 22 0:41 / /mnt/export rw,relatime - nfs4 nas:/export rw,vers=4.2,proto=tcp,addr=10.1.2.4
32 31 0:42 / /mnt/export/deep rw,relatime - ext4 /dev/sdb1 rw
33 22 0:43 / /home/anna/remote rw,nosuid,nodev,relatime - fuse.sshfs nas:/export rw,user_id=1000,group_id=1000
34 22 0:44 / /srv/remote rw,nosuid,nodev,relatime - fuse.sshfs backup@nas:/srv rw,user_id=0,group_id=0,allow_other
35 22 0:45 / /srv/unsaid rw,relatime - fuse.sshfs nas:/srv rw
36 30 0:46 / /mnt/sales rw,relatime - tmpfs tmpfs rw
37 36 0:40 /sub /mnt/sales rw,relatime shared:2 - cifs //nas.corp.example/Sales\040Team rw,vers=3.1.1
`

func TestSharesInTheMountTable(t *testing.T) {
	for id, want := range map[int]activity.Share{
		22: {}, 32: {}, 36: {}, 99: {},
		30: {Name: "//nas.corp.example/Sales Team", Host: "nas.corp.example", Proven: true},
		31: {Name: "nas:/export", Host: "nas", Proven: true},
		33: {Name: "nas:/export", Host: "nas"}, // may be anything that anna calls so
		34: {Name: "backup@nas:/srv", Host: "nas", Proven: true},
		35: {Name: "nas:/srv", Host: "nas"},
		37: {Name: "//nas.corp.example/Sales Team", Host: "nas.corp.example", Proven: true},
	} {
		got, ok, err := choose(strings.NewReader(table), func(m *mountinfo.Info) bool { return m.ID == id })
		if err != nil || got != want || ok != (want.Name != "") {
			t.Errorf("mount %d: %+v, %v, %v", id, got, ok, err)
		}
	}
	if _, ok, err := choose(strings.NewReader("this is no mount table\n"), func(*mountinfo.Info) bool { return true }); ok || err == nil {
		t.Error("a broken table is read")
	}
	for path, want := range map[string]string{
		"/mnt/sales/x": "//nas.corp.example/Sales Team", "/mnt/sales": "//nas.corp.example/Sales Team", "/mnt/sales-2": "", "/": "",
		"/mnt/export/deep/x": "", "/mnt/export/shallow": "nas:/export",
	} {
		got, _, err := choose(strings.NewReader(table), covering(path))
		if err != nil || got.Name != want {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
}

// TestRealShare mounts one for real: sshfs, with the server's program at the
// other end of a pipe instead of a network.
func TestRealShare(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: this test mounts and needs root")
	}
	dir := t.TempDir()
	far, near := filepath.Join(dir, "far"), filepath.Join(dir, "near")
	for _, d := range []string{far, near} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(far, "list.csv"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sshfs", "-f", "-o", "ssh_command=sh -c /usr/lib/openssh/sftp-server", "anna@NAS.example:"+far, near)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.Unmount(near, unix.MNT_DETACH)
		cmd.Wait()
	})
	path := filepath.Join(near, "list.csv")
	for range 300 {
		if _, err := os.Stat(path); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	// A link to it is on it, too; a file beside it is not.
	link := filepath.Join(dir, "link")
	if err := os.Symlink(near, link); err != nil {
		t.Fatal(err)
	}
	want := activity.Share{Name: "anna@NAS.example:" + far, Host: "nas.example", Proven: true}
	for path, want := range map[string]activity.Share{path: want, filepath.Join(link, "list.csv"): want, filepath.Join(far, "list.csv"): {}} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := Of(f); got != want || ok != (want.Name != "") {
			t.Errorf("%s: %+v, %v", path, got, ok)
		}
		f.Close()
	}
	if got, ok := Under(path); !ok || got != want {
		t.Errorf("by its name: %+v, %v", got, ok)
	}
}
