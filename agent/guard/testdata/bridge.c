/* The bridge of the stand-in: where the file C:\bridge names a port, what programs
 * of a Wine do at the letter reaches the file system. Wine itself leads a letter to
 * a folder of Linux; there a file system of the test's asks here, over connections
 * that this side opens, and each is served by a thread as WinFsp's are.
 *
 * Wine also has to be told two things for a drive to be taken over, which are
 * answered inside the process that has loaded this: that a drive takes writes, and
 * that its file system was taken off. */
struct asked { int64_t op, path, more, off, fh; };
struct answered { int64_t result; uint64_t fh; };
enum { ASK_CREATE = 1, ASK_OPEN, ASK_WRITE, ASK_TRUNCATE, ASK_SYNC, ASK_RELEASE, ASK_TIMES };

static SOCKET bridge[4];

static int bridge_port(void)
{
	int port = 0;
	FILE *f = fopen("C:\\bridge", "r");
	if (f) {
		if (fscanf(f, "%d", &port) != 1)
			port = 0;
		fclose(f);
	}
	return port;
}

static BOOL (WINAPI *control)(HANDLE, DWORD, void *, DWORD, void *, DWORD, DWORD *, OVERLAPPED *);

static BOOL WINAPI controlled(HANDLE h, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size, DWORD *got, OVERLAPPED *o)
{
	if (code != 0x00070024 /* IOCTL_DISK_IS_WRITABLE */ && code != 0x00090020 /* FSCTL_DISMOUNT_VOLUME */)
		return control(h, code, in, in_size, out, out_size, got, o);
	if (got)
		*got = 0;
	return TRUE;
}

/* kernel32 passes DeviceIoControl on to kernelbase through its table of imports. */
static void answer_for_wine(void)
{
	char *base = (char *)GetModuleHandleA("kernel32.dll");
	IMAGE_NT_HEADERS *head = (IMAGE_NT_HEADERS *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
	void *real = (void *)GetProcAddress(GetModuleHandleA("kernelbase.dll"), "DeviceIoControl");
	IMAGE_IMPORT_DESCRIPTOR *from = (void *)(base + head->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress);
	for (; from->Name; from++) {
		void **entry = (void **)(base + from->FirstThunk);
		for (; *entry; entry++) {
			DWORD was;
			if (*entry != real || !VirtualProtect(entry, sizeof *entry, PAGE_READWRITE, &was))
				continue;
			control = real;
			*entry = (void *)controlled;
			VirtualProtect(entry, sizeof *entry, was, &was);
		}
	}
}

BOOL WINAPI DllMain(HINSTANCE dll, DWORD why, void *reserved)
{
	if (why == DLL_PROCESS_ATTACH && bridge_port())
		answer_for_wine();
	return TRUE;
}

/* whole receives or sends all of something. */
static int whole(SOCKET s, void *at, int64_t size, int sends)
{
	for (char *p = at; size > 0;) {
		int n = sends ? send(s, p, (int)size, 0) : recv(s, p, (int)size, 0);
		if (n <= 0)
			return 0;
		p += n;
		size -= n;
	}
	return 1;
}

/* Files are opened by Wine's own server for everybody: that it was a cmd.exe is
 * what the test knows. */
static int who_copies(void)
{
	PROCESSENTRY32 e = { .dwSize = sizeof e };
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	int pid = -1;
	for (BOOL more = Process32First(all, &e); more; more = Process32Next(all, &e))
		if (!_stricmp(e.szExeFile, "cmd.exe"))
			pid = e.th32ProcessID;
	CloseHandle(all);
	return pid;
}

static void ask(struct asked *q, char *path, char *more, struct answered *a)
{
	struct file_info fi = { .fh = q->fh };
	struct timespec_w when[2] = { { q->off, 0 }, { q->off, 0 } };
	enter(q->op == ASK_CREATE || q->op == ASK_OPEN ? who_copies() : -1);
	switch (q->op) {
	case ASK_CREATE:
		fi.flags = 0x0100 | 0x0400 | 2;
		a->result = (int)ops[CREATE](path, (uintptr_t)0777, &fi);
		break;
	case ASK_OPEN:
		fi.flags = (int)q->off;
		a->result = (int)ops[OPEN](path, &fi);
		break;
	case ASK_WRITE: a->result = (int)ops[WRITE](path, more, (uintptr_t)q->more, (uintptr_t)q->off, &fi); break;
	case ASK_TRUNCATE: a->result = (int)ops[FTRUNCATE](path, (uintptr_t)q->off, &fi); break;
	case ASK_SYNC: a->result = (int)ops[FSYNC](path, (uintptr_t)0, &fi); break;
	case ASK_TIMES: a->result = (int)ops[UTIMENS](path, when); break;
	case ASK_RELEASE:
		ops[FLUSH](path, &fi);
		a->result = (int)ops[RELEASE](path, &fi);
	}
	a->fh = fi.fh;
}

static DWORD WINAPI serve_bridge(void *connection)
{
	SOCKET s = (SOCKET)connection;
	struct asked q;
	while (whole(s, &q, sizeof q, 0)) {
		struct answered a = { -5, 0 };
		char *path = calloc(1, q.path + 1), *more = calloc(1, q.more + 1);
		int there = whole(s, path, q.path, 0) && whole(s, more, q.more, 0);
		if (there)
			ask(&q, path, more, &a);
		free(path);
		free(more);
		if (!there || !whole(s, &a, sizeof a, 1))
			break;
	}
	SetEvent(quit);
	return 0;
}

/* open_bridge waits until the other side leads the letter here. */
static int open_bridge(int port)
{
	WSADATA started;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char ready;
	int n = sizeof bridge / sizeof *bridge;
	WSAStartup(0x0202, &started);
	for (int i = 0; i < n; i++) {
		bridge[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(bridge[i], (struct sockaddr *)&to, sizeof to) != 0 || !whole(bridge[i], &ready, 1, 0))
			return 0;
		CloseHandle(CreateThread(0, 0, serve_bridge, (void *)bridge[i], 0, 0));
	}
	return 1;
}

static void close_bridge(void)
{
	for (int i = 0; i < (int)(sizeof bridge / sizeof *bridge); i++)
		closesocket(bridge[i]);
}
