/* ProcessPrng, which Windows has since 7 and this Wine has not: programs made
   with Go want it. Built into bcryptprimitives.dll for tests under Wine only. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size)
{
    while (size > 0) {
        ULONG n = size > 0x10000 ? 0x10000 : (ULONG)size;
        if (!RtlGenRandom(data, n)) return FALSE;
        data += n;
        size -= n;
    }
    return TRUE;
}
