/* letter says what a letter leads to, as Windows' table of devices has it. */
#include <windows.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char to[300];
	if (argc != 2 || !QueryDosDeviceA(argv[1], to, sizeof to))
		strcpy(to, "nowhere");
	puts(to);
	return 0;
}
