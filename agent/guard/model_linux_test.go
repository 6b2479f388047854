package guard

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var modelTime = flag.Duration("model", 20*time.Second, "how long the model test works on the guard")

// modelScript does the same random things in two places, the guarded medium
// and a plain folder, and stops where they answer differently. One process, one
// folder of its own; the shared folder is for all, and there only a crash or
// a hang is wrong.
const modelScript = `
import errno, mmap, os, random, sys, time
guarded, plain, shared, seed, until = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5])
r = random.Random(seed)
names = ["a", "b", "c", "名单", "d", "x" * 200]
folders = ["", "p", "q", "p/r"]
open_files = {}
ops = 0

def path(): return os.path.join(r.choice(folders), r.choice(names))
def data(): return bytes(r.choices(b"abcdefgh \n", k=r.choice([0, 1, 10, 4096, 70000, 300000])))

def both(what):
    answers = []
    state = r.getstate()
    for root in (guarded, plain):
        r.setstate(state)
        try: answers.append(("ok", what(root)))
        except OSError as e: answers.append(("error", errno.errorcode.get(e.errno, e.errno)))
    if answers[0] != answers[1]:
        sys.exit("seed %d, operation %d: %s: guarded %s, plain %s" % (seed, ops, what.__name__, str(answers[0])[:300], str(answers[1])[:300]))
    return answers[0]

def write(root):
    with open(os.path.join(root, path()), r.choice(["wb", "ab", "r+b"])) as f:
        if r.random() < .5: f.seek(r.choice([0, 5, 5000, 100000]))
        f.write(data())
        if r.random() < .2: f.truncate(r.choice([0, 3, 200000]))
def read(root):
    with open(os.path.join(root, path()), "rb") as f:
        f.seek(r.choice([0, 3, 50000]))
        return f.read(r.choice([10, 100000, -1]))
def stat(root):
    s = os.lstat(os.path.join(root, path()))
    return s.st_mode, s.st_nlink, s.st_uid, s.st_gid, s.st_size if not os.path.isdir(os.path.join(root, "x")) else 0
def unlink(root): os.unlink(os.path.join(root, path()))
def rename(root): os.rename(os.path.join(root, path()), os.path.join(root, path()))
def rename_folder(root): os.rename(os.path.join(root, r.choice(folders[1:])), os.path.join(root, r.choice(["p", "q", "z"])))
def link(root): os.link(os.path.join(root, path()), os.path.join(root, path()))
def symlink(root): os.symlink(r.choice(names), os.path.join(root, path()))
def mkdir(root): os.mkdir(os.path.join(root, r.choice(folders[1:] + ["z"])))
def rmdir(root): os.rmdir(os.path.join(root, r.choice(folders[1:] + ["z"])))
def listing(root): return sorted(os.listdir(os.path.join(root, r.choice(folders))))
def truncate(root): os.truncate(os.path.join(root, path()), r.choice([0, 1, 5000, 100000]))
def chmod(root): os.chmod(os.path.join(root, path()), r.choice([0o600, 0o644, 0o755, 0o400]))
def utime(root):
    p = os.path.join(root, path()); t = r.randrange(10**9); os.utime(p, (t, t)); return os.stat(p).st_mtime
def xattr(root):
    p = os.path.join(root, path()); os.setxattr(p, "user.k", data()[:50]); return os.getxattr(p, "user.k"), os.listxattr(p)
def mapped(root):
    f = os.open(os.path.join(root, path()), os.O_RDWR)
    try:
        n = os.fstat(f).st_size
        if n == 0: return 0
        m = mmap.mmap(f, n); k = r.randrange(n); m[k:k+1] = b"M"; m.flush(); m.close()
        return n
    finally: os.close(f)
def hold(root):
    key = (root, r.randrange(3))
    if key in open_files:
        f = open_files.pop(key)
        try:
            f.write(data()); f.flush(); f.seek(0); return f.read(1000), os.fstat(f.fileno()).st_size
        finally: f.close()
    open_files[key] = open(os.path.join(root, path()), "w+b")
def sync(root):
    f = os.open(os.path.join(root, path()), os.O_WRONLY)
    try: os.pwrite(f, data(), r.choice([0, 100])); os.fsync(f); return os.fstat(f).st_size
    finally: os.close(f)
def watch(root):
    p = path()
    with open(os.path.join(root, p), "rb", buffering=0) as f:
        seen = [f.read()]
        w = os.open(os.path.join(root, p), os.O_WRONLY)
        try:
            for _ in range(r.choice([1, 3])):
                os.pwrite(w, data(), r.choice([0, 3, 4096, 100000])); seen.append(os.pread(f.fileno(), 1 << 20, 0))
                n = os.fstat(f.fileno()).st_size
                if n and r.random() < .5:
                    m = mmap.mmap(f.fileno(), n, prot=mmap.PROT_READ); seen.append(m[:]); m.close()
        finally: os.close(w)
        return seen

mine = [watch] * 2 + [write] * 6 + [read] * 4 + [stat] * 3 + [listing] * 2 + [unlink, rename, rename, rename_folder, link, symlink, mkdir, mkdir, rmdir, truncate, chmod, utime, xattr, mapped, hold, hold, sync]
def together(what):
    try: what(shared)
    except OSError as e:
        if e.errno not in (errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.EINVAL, errno.ELOOP, errno.ENODATA, errno.EPERM, errno.ESTALE):
            sys.exit("seed %d, together: %s: %s" % (seed, what.__name__, e))
    except ValueError: pass
while time.time() < until:
    ops += 1
    # Whoever maps a file that somebody else cuts meanwhile is killed on every file system.
    if r.random() < .1: together(r.choice([m for m in mine if m not in (hold, mapped, watch)]))
    else: both(r.choice(mine))
for key in list(open_files): open_files.pop(key).close()
def tree(root):
    found = []
    for d, ds, fs in os.walk(root):
        for n in sorted(ds + fs):
            p = os.path.join(d, n); s = os.lstat(p)
            found.append((os.path.relpath(p, root), s.st_mode, 0 if os.path.isdir(p) else s.st_size,
                os.readlink(p) if os.path.islink(p) else open(p, "rb").read() if os.path.isfile(p) else b""))
    return sorted(found)
a, b = tree(guarded), tree(plain)
if a != b:
    sys.exit("seed %d: the trees differ after %d operations: %s" % (seed, ops, [(x[:3], y[:3]) for x, y in zip(a, b) if x != y][:5] or (len(a), len(b))))
print(ops)
`

// TestModel has many processes do everything at once and compares what they
// see with a plain folder.
func TestModel(t *testing.T) {
	s := newStick(t, 1<<30)
	routines, open := runtime.NumGoroutine(), descriptors(t, "self")
	g := s.guard()
	plain := filepath.Join(filepath.Dir(s.path), "plain")
	shared := filepath.Join(s.path, "shared")
	must(t, os.Mkdir(plain, 0o755))
	must(t, os.Mkdir(shared, 0o755))
	// The model is on the same kind of file system.
	image := s.image + "-plain"
	must(t, os.WriteFile(image, nil, 0o600))
	must(t, os.Truncate(image, 1<<30))
	s.run("mkfs.ext4", "-q", "-F", image)
	s.run("mount", "-o", "loop", image, plain)
	defer unix.Unmount(plain, unix.MNT_DETACH)

	until := time.Now().Add(*modelTime)
	type result struct {
		out string
		err error
	}
	results := make(chan result)
	const processes = 32
	for i := range processes {
		here, there := filepath.Join(s.path, fmt.Sprint(i)), filepath.Join(plain, fmt.Sprint(i))
		must(t, os.Mkdir(here, 0o755))
		must(t, os.Mkdir(there, 0o755))
		cmd := exec.Command("/usr/bin/python3", "-c", modelScript, here, there, shared, fmt.Sprint(i+1), fmt.Sprint(until.Unix()))
		go func() {
			out, err := cmd.CombinedOutput()
			results <- result{strings.TrimSpace(string(out)), err}
		}()
	}
	watchdog := time.After(*modelTime + 90*time.Second)
	total := 0
	for range processes {
		select {
		case r := <-results:
			if r.err != nil {
				t.Errorf("%v: %.2000s", r.err, r.out)
			}
			n := 0
			fmt.Sscan(r.out, &n)
			total += n
		case <-watchdog:
			buf := make([]byte, 1<<20)
			t.Fatalf("the guard hangs:\n%s", buf[:runtime.Stack(buf, true)])
		}
	}
	t.Logf("%d operations", total)
	must(t, g.Stop(t.Context()))
	waitFor(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= routines+2 })
	waitFor(t, "descriptors to be closed", func() bool { return descriptors(t, "self") <= open+2 })
	if total < processes {
		t.Errorf("only %d operations", total)
	}
}
