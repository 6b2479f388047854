package guard

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// asPerson runs a shell command as somebody else.
func asPerson(uid, gid uint32, groups []uint32, command string, args ...string) (string, error) {
	cmd := exec.Command("/bin/sh", append([]string{"-c", command, "sh"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid, Groups: groups}}
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Dir = "/"
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// TestRightsAreTheMediums does the same as several people on a bare and on a
// guarded medium: what is answered and what is there afterwards is the same.
func TestRightsAreTheMediums(t *testing.T) {
	bare, guarded := newStick(t, 32<<20), newStick(t, 32<<20)
	for _, s := range []*stick{bare, guarded} {
		for name, mode := range map[string]uint32{"open": 0o777, "sticky": 0o1777, "private": 0o700, "team": 0o2775, "acl": 0o755} {
			must(t, os.Mkdir(filepath.Join(s.path, name), 0o755))
			must(t, unix.Chmod(filepath.Join(s.path, name), mode))
		}
		must(t, os.Chown(filepath.Join(s.path, "team"), 0, 5000))
		must(t, os.WriteFile(filepath.Join(s.path, "open", "roots"), []byte("root"), 0o600))
		must(t, os.WriteFile(filepath.Join(s.path, "sticky", "roots"), []byte("root"), 0o644))
		// user::rwx, user:2001:rwx, group::r-x, mask::rwx, other::r-x, and the
		// same by default.
		acl := "\x02\x00\x00\x00\x01\x00\x07\x00\xff\xff\xff\xff\x02\x00\x07\x00\xd1\x07\x00\x00\x04\x00\x05\x00\xff\xff\xff\xff\x10\x00\x07\x00\xff\xff\xff\xff\x20\x00\x05\x00\xff\xff\xff\xff"
		for _, attr := range []string{"system.posix_acl_access", "system.posix_acl_default"} {
			must(t, unix.Setxattr(filepath.Join(s.path, "acl"), attr, []byte(acl), 0))
		}
	}
	guarded.guard()
	steps := []struct {
		uid, gid uint32
		groups   []uint32
		command  string
	}{
		{2000, 2000, nil, `cd "$1" && echo x > open/mine && umask 077 && echo x > open/secret && umask 002 && echo x > open/shared && mkdir open/d`},
		{2001, 2001, nil, `cat "$1"/open/secret`},
		{2001, 2001, nil, `echo y > "$1"/open/mine`},
		{2001, 2001, nil, `rm -f "$1"/sticky/roots`},
		{2001, 2001, nil, `cat "$1"/open/roots`},
		{2001, 2001, nil, `echo > "$1"/private/x`},
		{2001, 2001, nil, `ls "$1"/private`},
		{2001, 2001, nil, `chmod 777 "$1"/open/mine`},
		{2001, 2001, nil, `chown 2001 "$1"/open/mine`},
		{2001, 2001, nil, `touch -d 2001-01-01 "$1"/open/mine`},
		{2002, 2002, []uint32{5000}, `cd "$1"/team && echo x > f && mkdir d && echo x > d/g && umask 0 && echo x > all`},
		{2003, 2003, nil, `echo x > "$1"/team/f`},
		{2002, 2002, []uint32{5000, 5001}, `echo x > "$1"/open/g && chgrp 5001 "$1"/open/g`},
		{2002, 2002, nil, `chgrp 5001 "$1"/open/g`},
		{2001, 2001, nil, `umask 077; echo x > "$1"/acl/f && mkdir "$1"/acl/d`},
		{2002, 2002, nil, `echo x > "$1"/acl/g`},
		{2000, 2000, nil, `ln "$1"/open/mine "$1"/open/again && mv "$1"/open/again "$1"/open/moved`},
		{2000, 2000, nil, `cp /bin/true "$1"/open/t && chmod 6755 "$1"/open/t && echo x >> "$1"/open/t`},
		{2000, 2000, nil, `mknod "$1"/open/p p && ln -s mine "$1"/open/l && truncate -s 3 "$1"/open/mine`},
		{2000, 2000, nil, `ls "$1"/nothing`},
		{0, 0, nil, `umask 027; echo x > "$1"/open/by-root && mkdir "$1"/team/by-root`},
	}
	for _, step := range steps {
		want, wantErr := asPerson(step.uid, step.gid, step.groups, step.command, bare.path)
		got, gotErr := asPerson(step.uid, step.gid, step.groups, step.command, guarded.path)
		if strings.ReplaceAll(want, bare.path, "") != strings.ReplaceAll(got, guarded.path, "") || (wantErr == nil) != (gotErr == nil) {
			t.Errorf("%d %v: %s\nbare:    %s (%v)\nguarded: %s (%v)", step.uid, step.groups, step.command, want, wantErr, got, gotErr)
		}
	}
	if want, got := inventory(t, bare.path), inventory(t, guarded.path); want != got {
		t.Errorf("bare:\n%s\nguarded:\n%s", want, got)
	}
}

// inventory lists a tree with everything that rights consist of.
func inventory(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.Name() == "lost+found" {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		acl := make([]byte, 256)
		n, _ := unix.Lgetxattr(path, "system.posix_acl_access", acl)
		size := st.Size
		if st.Mode&unix.S_IFMT == unix.S_IFDIR {
			size = 0
		}
		fmt.Fprintf(&b, "%s %o %d:%d links %d size %d acl %x\n", strings.TrimPrefix(path, dir), st.Mode, st.Uid, st.Gid, st.Nlink, size, acl[:max(n, 0)])
		return nil
	})
	must(t, err)
	return b.String()
}

func TestNobodyGetsTheSpaceThatIsReserved(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	must(t, os.Mkdir(filepath.Join(s.path, "open"), 0o777))
	must(t, os.Chmod(filepath.Join(s.path, "open"), 0o777))
	out, err := asPerson(2000, 2000, nil, `dd if=/dev/zero of="$1"/open/fill bs=64k`, s.path)
	if err == nil || !strings.Contains(out, "No space left") {
		t.Fatalf("%v: %s", err, out)
	}
	must(t, os.RemoveAll(filepath.Join(s.path, "open", "fill")))
	for i := range 100 {
		out, err = asPerson(2000, 2000, nil, fmt.Sprintf(`dd if=/dev/zero of="$1"/open/fill%d bs=512k count=1`, i), s.path)
		if err != nil {
			break
		}
	}
	if !strings.Contains(out, "No space left") {
		t.Fatalf("%v: %s", err, out)
	}
	var st unix.Statfs_t
	must(t, unix.Statfs(s.path, &st))
	if reserved := st.Bfree - st.Bavail; st.Bfree < reserved || reserved == 0 {
		t.Errorf("%d blocks are free, %d are reserved", st.Bfree, reserved)
	}
	must(t, os.WriteFile(filepath.Join(s.path, "roots"), make([]byte, 256<<10), 0o644))
}

// A file that did not fit is taken away after its last writer has left. Who
// looks for it meanwhile finds nothing; before, they were told of a stale file.
func TestWhatIsBeingTakenAwayIsNoFile(t *testing.T) {
	f, dir := &fileSystem{}, &inode{id: 1}
	writing, leaving := &inode{id: 2, pend: &pending{}}, &inode{id: 3}
	dir.fresh = map[string]*inode{"writing": writing, "leaving": leaving}
	if f.freshAt(dir, "writing") != writing || f.recall(dir, "writing") != writing {
		t.Error("a file that is being written is not found")
	}
	if f.freshAt(dir, "leaving") != nil || f.recall(dir, "leaving") != nil || leaving.lookups != 0 {
		t.Error("a file that is being taken away is found")
	}
	if names := f.freshNames(dir); len(names) != 1 || names[0] != "writing" {
		t.Errorf("listed: %q", names)
	}
}
