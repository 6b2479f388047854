#include "textflag.h"

// HALF takes the 32 bytes at from and those one byte on. Y10 to Y15 hold the
// tables, Y9 0x0F in every byte, Y8 1, Y7 0. What it answers, a bit a byte:
// pair, number (bytes of one) and digit (those but for separators).
#define HALF(from, pair, number, digit) \
	VMOVDQU   from(SI), Y0   \
	VMOVDQU   from+1(SI), Y1 \
	VPSRLW    $4, Y0, Y2     \
	VPSRLW    $4, Y1, Y3     \
	VPAND     Y9, Y0, Y0     \
	VPAND     Y9, Y1, Y1     \
	VPAND     Y9, Y2, Y2     \
	VPAND     Y9, Y3, Y3     \
	VPSHUFB   Y0, Y10, Y4    \
	VPSHUFB   Y2, Y11, Y5    \
	VPSHUFB   Y1, Y12, Y1    \
	VPSHUFB   Y3, Y13, Y3    \
	VPSHUFB   Y0, Y14, Y0    \
	VPSHUFB   Y2, Y15, Y2    \
	VPAND     Y4, Y5, Y4     \
	VPAND     Y1, Y3, Y1     \
	VPAND     Y0, Y2, Y0     \
	VPAND     Y4, Y1, Y4     \
	VPCMPGTB  Y7, Y4, Y4     \
	VPCMPGTB  Y7, Y0, Y2     \
	VPCMPGTB  Y8, Y0, Y0     \
	VPMOVMSKB Y4, pair       \
	VPMOVMSKB Y2, number     \
	VPMOVMSKB Y0, digit

// Text is seldom in the cache yet: it is asked for a page ahead, which no
// processor takes for a read where there is none.
//
// func vectorGroups(words *uint64, text *byte, n int, t *tables)
TEXT ·vectorGroups(SB), NOSPLIT, $0-32
	MOVQ words+0(FP), DI
	MOVQ text+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ t+24(FP), DX

	VBROADCASTI128 0(DX), Y10  // firstLow
	VBROADCASTI128 16(DX), Y11 // firstHigh
	VBROADCASTI128 32(DX), Y12 // secondLow
	VBROADCASTI128 48(DX), Y13 // secondHigh
	VBROADCASTI128 64(DX), Y14 // numberLow
	VBROADCASTI128 80(DX), Y15 // numberHigh
	VPXOR          Y7, Y7, Y7
	VPCMPEQB       Y8, Y8, Y8
	VPABSB         Y8, Y8      // 1
	MOVL           $0x0F0F0F0F, AX
	VMOVD          AX, X9
	VPBROADCASTD   X9, Y9
	MOVQ           $0x1111111111111111, R13
	MOVQ           $0x1000000000000000, R14

group:
	PREFETCHT0 4096(SI)
	HALF(0, AX, BX, DX)
	HALF(32, R8, R9, R10)
	SHLQ $32, R8
	ORQ  R8, AX // pairs
	SHLQ $32, R9
	ORQ  R9, BX // bytes of numbers
	SHLQ $32, R10
	ORQ  R10, DX // digits

	// as fours does
	MOVQ DX, R8
	SHRQ $1, R8
	ORQ  R8, DX
	MOVQ BX, R8
	SHRQ $1, R8
	ANDQ R8, BX
	ANDQ DX, BX
	MOVQ BX, R8
	SHRQ $1, R8
	MOVQ BX, R9
	SHRQ $2, R9
	ANDQ R8, BX
	ANDQ R9, BX
	ANDQ R13, BX
	MOVQ BX, R8
	SHRQ $4, R8
	ORQ  R14, R8
	ANDQ R8, BX

	ORQ  BX, AX
	MOVQ AX, (DI)
	ADDQ $64, SI
	ADDQ $8, DI
	DECQ CX
	JNZ  group
	VZEROUPPER
	RET
