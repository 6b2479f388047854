/* A stand-in for winfsp-x64.dll, for tests only: the driver of WinFsp cannot run
 * where they do. It exports what a guard asks of WinFsp's FUSE layer, stands at a
 * letter, and has threads of its own call the file system back in the order in
 * which that layer calls for what programs do. As that layer it asks, once in a
 * process, to be a service, and where that is refused with another answer than that
 * nobody has started it as one, its file systems end; and its letter is gone with
 * its process. It shows that host and callbacks work across the border between the
 * languages, not what Windows makes of them.
 *
 * standin_do takes one call, "name|argument|argument", and answers its result:
 * a number, for create and open also the handle, for read the text. */
#include <winsock2.h>
#include <windows.h>
#include <tlhelp32.h>
#include <winternl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct timespec_w { uintptr_t sec, nsec; };
struct stat_w {
	uint32_t dev, pad1; uint64_t ino; uint32_t mode; uint16_t nlink; uint32_t uid, gid, rdev, pad2;
	int64_t size; struct timespec_w atim, mtim, ctim; int32_t blksize; uint32_t pad3; int64_t blocks; struct timespec_w birthtim;
	uint32_t flags, reserved32[3]; uint64_t reserved64[2];
};
struct file_info { int flags; unsigned fh_old; int writepage; uint32_t bits; uint64_t fh, lock_owner; };
struct context { void *fuse; uint32_t uid, gid; int32_t pid; void *private_data; uint32_t umask; };
struct conn { unsigned major, minor, async_read, max_write, max_readahead, capable, want, reserved[25]; };
struct statvfs_w { uintptr_t bsize, frsize; uintptr_t blocks, bfree, bavail, files, ffree, favail, fsid, flag, namemax; };

/* The operations by their place in the table. */
enum { GETATTR, GETDIR, READLINK, MKNOD, MKDIR, UNLINK, RMDIR, SYMLINK, RENAME, LINK, CHMOD, CHOWN, TRUNCATE, UTIME, OPEN,
	READ, WRITE, STATFS, FLUSH, RELEASE, FSYNC, SETXATTR, GETXATTR, LISTXATTR, REMOVEXATTR, OPENDIR, READDIR, RELEASEDIR,
	FSYNCDIR, INIT, DESTROY, ACCESS, CREATE, FTRUNCATE, FGETATTR, LOCK, UTIMENS, BMAP, FLAGS, IOCTL, POLL, WRITE_BUF,
	READ_BUF, FLOCK, FALLOCATE, GETPATH, RESERVED1, RESERVED2, STATFS_X, SETVOLNAME, EXCHANGE, GETXTIMES, SETBKUPTIME,
	SETCHGTIME, SETCRTIME, CHFLAGS, OPERATIONS };
typedef int64_t (*op)(void *, ...);

static op ops[OPERATIONS + 8];
static void *data;
static HANDLE quit;
static char letter[3];
static __thread struct context current;
static int refuse; /* how often mounting is to fail */
static int late; /* after how many milliseconds the next mounting begins */

__declspec(dllexport) int32_t FspVersion(uint32_t *version)
{
	*version = 2 << 16 | 1;
	return 0;
}
__declspec(dllexport) struct context *fuse_get_context(void) { return &current; }
__declspec(dllexport) int fuse_opt_parse(void *a, void *b, void *c, void *d) { return 0; }
__declspec(dllexport) void fuse_opt_free_args(void *a) {}
__declspec(dllexport) void fuse_exit(void *fuse)
{
	if (quit)
		SetEvent(quit);
}
__declspec(dllexport) void standin_refuse(int times) { refuse = times; }
__declspec(dllexport) void standin_late(int milliseconds) { late = milliseconds; }

static void enter(int pid)
{
	current.fuse = &ops;
	current.private_data = data;
	current.uid = current.gid = -1;
	current.pid = pid;
}

#include "bridge.c"

static void WINAPI as_service(DWORD argc, char **argv) {}

/* service_thread ends when this process cannot be used by the layer. */
static DWORD WINAPI service_thread(void *unused)
{
	SERVICE_TABLE_ENTRYA table[2] = { { "stand-in", as_service }, { 0, 0 } };
	if (StartServiceCtrlDispatcherA(table) || GetLastError() == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
		Sleep(INFINITE);
	return 0;
}

static BOOL CALLBACK start_service_thread(INIT_ONCE *once, void *thread, void **unused)
{
	*(HANDLE *)thread = CreateThread(0, 0, service_thread, 0, 0, 0);
	return TRUE;
}

/* stand leads a letter here for as long as what it answers is open. */
static HANDLE stand(void)
{
	NTSTATUS (NTAPI *open)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtOpenSymbolicLinkObject");
	NTSTATUS (NTAPI *temporary)(HANDLE) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtMakeTemporaryObject");
	WCHAR path[] = L"\\DosDevices\\?:";
	UNICODE_STRING name = { sizeof path - sizeof *path, sizeof path, path };
	OBJECT_ATTRIBUTES at = { .Length = sizeof at, .ObjectName = &name, .Attributes = OBJ_CASE_INSENSITIVE };
	HANDLE held = 0;
	path[12] = letter[0];
	if (!DefineDosDeviceA(DDD_RAW_TARGET_PATH, letter, "\\Device\\StandIn"))
		return 0;
	if (open(&held, DELETE, &at) != 0 || temporary(held) != 0)
		return 0;
	return held;
}

__declspec(dllexport) int fuse_main_real(int argc, char **argv, void *table, size_t size, void *private_data)
{
	static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
	static HANDLE ends[2];
	struct conn c = { .major = 2, .minor = 8, .capable = 1u << 29 | 1u << 21 | 1u << 23 | 1u << 24 };
	struct stat_w root;
	struct statvfs_w room;
	HANDLE held;
	int port = bridge_port();
	if (refuse > 0) {
		refuse--;
		return 1;
	}
	Sleep(late);
	late = 0;
	memcpy(ops, table, size < sizeof ops ? size : sizeof ops);
	data = private_data;
	quit = ends[1] = CreateEventA(0, TRUE, FALSE, 0);
	enter(-1);
	((void *(*)(struct conn *))ops[INIT])(&c);
	if (ops[STATFS]("/", &room) != 0 || ops[GETATTR]("/", &root) != 0 || (root.mode & 0040000) == 0)
		return 1;
	snprintf(letter, sizeof letter, "%s", argv[1]);
	if ((port && !open_bridge(port)) || !(held = stand()))
		return 1;
	InitOnceExecuteOnce(&once, start_service_thread, &ends[0], 0);
	WaitForMultipleObjects(2, ends, FALSE, INFINITE);
	CloseHandle(held);
	if (port)
		close_bridge();
	enter(-1);
	if (ops[DESTROY])
		ops[DESTROY](data);
	return 0;
}

static int listed(void *buf, const char *name, struct stat_w *st, int64_t off)
{
	char *out = buf;
	if (strlen(out) + strlen(name) + 2 < 4000) {
		strcat(out, name);
		strcat(out, "/");
	}
	return 0;
}

/* copy does what CopyFile has the layer call. It answers the first call that
 * fails and how, and goes on to close as CopyFile does. */
static void copy(char *path, char *text, char *answer)
{
	struct file_info fi = { .flags = 0x0100 | 0x0400 | 2 };
	struct stat_w st;
	struct timespec_w when[2] = { { 1577934245, 0 }, { 1577934245, 0 } };
	int64_t size = strlen(text), off, r;
	const char *at = "create";
	enter(GetCurrentProcessId());
	if ((r = ops[CREATE](path, (uintptr_t)0777, &fi)) != 0) {
		sprintf(answer, "%s %d", at, (int)r);
		return;
	}
	enter(-1);
	at = "chflags";
	if ((r = ops[CHFLAGS](path, (uintptr_t)0x800)) != 0) goto close;
	at = "fgetattr";
	if ((r = ops[FGETATTR](path, &st, &fi)) != 0) goto close;
	at = "ftruncate";
	if ((r = ops[FTRUNCATE](path, (uintptr_t)size, &fi)) != 0) goto close;
	for (off = 0; off < size; off += r) {
		int64_t n = size - off < 4096 ? size - off : 4096;
		at = "write";
		if ((r = ops[FGETATTR](path, &st, &fi)) != 0) goto close;
		if ((r = (int)ops[WRITE](path, text + off, (uintptr_t)n, (uintptr_t)off, &fi)) < 0) goto close;
	}
	at = "utimens";
	if ((r = ops[UTIMENS](path, when)) != 0) goto close;
	at = "setcrtime";
	if ((r = ops[SETCRTIME](path, when)) != 0) goto close;
	at = "done";
close:
	ops[FLUSH](path, &fi);
	ops[RELEASE](path, &fi);
	sprintf(answer, "%s %d", at, (int)r);
}

static void call(char *command, char *answer)
{
	char *part[4] = { "", "", "", "" };
	struct file_info fi = { 0 };
	struct stat_w st;
	struct timespec_w when[2] = { { 1577934245, 0 }, { 1577934245, 0 } };
	char *name = command, *p = command;
	int n = 0;
	int64_t r = -9999;
	memset(&st, 0, sizeof st);
	while (n < 4 && (p = strchr(p, '|')) != 0) {
		*p++ = 0;
		part[n++] = p;
	}
	fi.fh = strtoull(part[0], 0, 10);
	enter(-1);
	if (!strcmp(name, "copy")) { copy(part[0], part[1], answer); return; }
	if (!strcmp(name, "create") || !strcmp(name, "open") || !strcmp(name, "rename") || !strcmp(name, "mkdir"))
		enter(GetCurrentProcessId());
	if (!strcmp(name, "create")) {
		fi = (struct file_info){ .flags = 0x0100 | 0x0400 | 2 };
		r = ops[CREATE](part[0], (uintptr_t)0777, &fi);
		sprintf(answer, "%d %llu", (int)r, (unsigned long long)fi.fh);
		return;
	}
	if (!strcmp(name, "open")) {
		fi = (struct file_info){ .flags = atoi(part[1]) };
		r = ops[OPEN](part[0], &fi);
		sprintf(answer, "%d %llu", (int)r, (unsigned long long)fi.fh);
		return;
	}
	if (!strcmp(name, "read")) {
		r = (int)ops[READ]("", answer, (uintptr_t)2000, (uintptr_t)atoi(part[1]), &fi);
		if (r < 0)
			sprintf(answer, "%d", (int)r);
		else
			answer[r] = 0;
		return;
	}
	if (!strcmp(name, "list")) {
		answer[0] = 0;
		ops[OPENDIR](part[0], &fi);
		r = (int)ops[READDIR](part[0], answer, listed, (uintptr_t)0, &fi);
		ops[RELEASEDIR](part[0], &fi);
		if (r < 0)
			sprintf(answer, "%d", (int)r);
		return;
	}
	if (!strcmp(name, "stat")) {
		r = (int)ops[GETATTR](part[0], &st);
		sprintf(answer, "%d %lld %llu %o %x", (int)r, (long long)st.size, (unsigned long long)st.mtim.sec, st.mode, st.flags);
		return;
	}
	if (!strcmp(name, "write")) r = ops[WRITE]("", part[2], (uintptr_t)strlen(part[2]), (uintptr_t)atoi(part[1]), &fi);
	if (!strcmp(name, "truncate")) r = ops[FTRUNCATE]("", (uintptr_t)atoi(part[1]), &fi);
	if (!strcmp(name, "sync")) r = ops[FSYNC]("", (uintptr_t)0, &fi);
	if (!strcmp(name, "release")) r = ops[RELEASE]("", &fi);
	if (!strcmp(name, "utimens")) r = ops[UTIMENS](part[0], when);
	if (!strcmp(name, "chflags")) r = ops[CHFLAGS](part[0], (uintptr_t)strtoul(part[1], 0, 16));
	if (!strcmp(name, "mkdir")) r = ops[MKDIR](part[0], (uintptr_t)0777);
	if (!strcmp(name, "unlink")) r = ops[UNLINK](part[0]);
	if (!strcmp(name, "rmdir")) r = ops[RMDIR](part[0]);
	if (!strcmp(name, "rename")) r = ops[RENAME](part[0], part[1]);
	if (!strcmp(name, "link")) r = ops[LINK](part[0], part[1]);
	if (!strcmp(name, "symlink")) r = ops[SYMLINK](part[0], part[1]);
	if (!strcmp(name, "setxattr")) r = ops[SETXATTR](part[0], part[1], part[2], (uintptr_t)strlen(part[2]), (uintptr_t)0);
	sprintf(answer, "%d", (int)r);
}

struct order { char *command, *answer; };

static DWORD WINAPI run(void *o)
{
	call(((struct order *)o)->command, ((struct order *)o)->answer);
	return 0;
}

/* answer has room for 4096 bytes. */
__declspec(dllexport) int standin_do(char *command, char *answer)
{
	struct order o = { command, answer };
	HANDLE t = CreateThread(0, 0, run, &o, 0, 0);
	if (!t)
		return 1;
	WaitForSingleObject(t, INFINITE);
	CloseHandle(t);
	return 0;
}
