/* clip set FILE puts the UTF-8 text of a file on the clipboard of Windows, and
   clip get prints what is there: nothing when it is empty. clip secret FILE
   marks the text as password managers do. clip files FILE puts the file itself
   there, as Explorer does; clip get then prints [files]. */
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <shlobj.h>

static int opened(void) {
	for (int i = 0; i < 200; i++) {
		if (OpenClipboard(NULL)) return 1;
		Sleep(10);
	}
	return 0;
}

int main(int argc, char **argv) {
	static char text[1 << 20];
	static WCHAR wide[1 << 20];
	if (!opened()) return 2;
	if (argc == 2 && !strcmp(argv[1], "get")) {
		if (IsClipboardFormatAvailable(CF_HDROP)) fputs("[files]", stdout);
		HANDLE h = GetClipboardData(CF_UNICODETEXT);
		if (h) {
			WideCharToMultiByte(CP_UTF8, 0, GlobalLock(h), -1, text, sizeof text, NULL, NULL);
			fputs(text, stdout);
		}
		CloseClipboard();
		return 0;
	}
	if (argc != 3) return 3;
	if (!strcmp(argv[1], "files")) {
		int n = MultiByteToWideChar(CP_UTF8, 0, argv[2], -1, wide, MAX_PATH);
		HGLOBAL h = GlobalAlloc(GMEM_MOVEABLE | GMEM_ZEROINIT, sizeof(DROPFILES) + (n + 1) * sizeof *wide);
		DROPFILES *d = GlobalLock(h);
		d->pFiles = sizeof *d;
		d->fWide = TRUE;
		memcpy(d + 1, wide, n * sizeof *wide);
		GlobalUnlock(h);
		EmptyClipboard();
		SetClipboardData(CF_HDROP, h);
		CloseClipboard();
		return 0;
	}
	FILE *f = fopen(argv[2], "rb");
	if (!f) return 4;
	text[fread(text, 1, sizeof text - 1, f)] = 0;
	int n = MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, sizeof wide / sizeof *wide);
	HGLOBAL h = GlobalAlloc(GMEM_MOVEABLE, n * sizeof *wide);
	memcpy(GlobalLock(h), wide, n * sizeof *wide);
	GlobalUnlock(h);
	EmptyClipboard();
	SetClipboardData(CF_UNICODETEXT, h);
	if (!strcmp(argv[1], "secret")) {
		HGLOBAL one = GlobalAlloc(GMEM_MOVEABLE, 4);
		SetClipboardData(RegisterClipboardFormatA("ExcludeClipboardContentFromMonitorProcessing"), one);
	}
	CloseClipboard();
	return 0;
}
