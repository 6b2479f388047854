package grant

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
)

// Codes are read out over the telephone when a machine cannot reach the
// console: it shows a challenge, the console answers a code for it. Both know a
// secret of this one machine. A code is good for one challenge and one thing.

// CodeDigits is how long a code is. Who guesses has one chance in 10^8 a try,
// and gets few.
const CodeDigits = 8

// alphabet has no letter that is heard or read as another.
const alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

const challengeLength = 8

// NewChallenge answers a challenge as it is shown: "K7QM-2FXP".
func NewChallenge() string {
	var random [challengeLength]byte
	rand.Read(random[:]) // never fails
	var b strings.Builder
	for i, r := range random {
		if i == challengeLength/2 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[int(r)%len(alphabet)])
	}
	return b.String()
}

// ReadChallenge answers a challenge as typed by somebody who heard it, in the
// form it is shown in, and false when it cannot be one.
func ReadChallenge(typed string) (string, bool) {
	var b strings.Builder
	for _, r := range strings.ToUpper(typed) {
		switch {
		case r == '-' || r == ' ':
		case b.Len() >= challengeLength+1 || !strings.ContainsRune(alphabet, r):
			return "", false
		default:
			if b.Len() == challengeLength/2 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
		}
	}
	return b.String(), b.Len() == challengeLength+1
}

// Code answers the code for a challenge and what it is to permit, such as
// "stop". Secret is the machine's.
func Code(secret []byte, permits, challenge string) string {
	h := hmac.New(sha256.New, secret)
	fmt.Fprintf(h, "trustline code v1\x00%s\x00%s", permits, challenge)
	n := binary.BigEndian.Uint64(h.Sum(nil)) % 100_000_000
	return fmt.Sprintf("%0*d", CodeDigits, n)
}

// CodeIs tells whether a code as typed is the one for a challenge.
func CodeIs(typed string, secret []byte, permits, challenge string) bool {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(typed)
	return len(secret) > 0 && hmac.Equal([]byte(digits), []byte(Code(secret, permits, challenge)))
}
