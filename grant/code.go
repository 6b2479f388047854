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

// Letters of a challenge: what is random, and how many people it is about.
const (
	challengeLength = 8
	amountLength    = 2
)

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

// ChallengeFor answers a challenge that also says how many people it is about,
// rounded up to two figures: "K7QM-2FXP-4H". The code for it is no other's, so
// that whoever reads it out cannot say less.
func ChallengeFor(people int) string {
	n, unit := min(max(people, 0), MaxPeople), 0
	for n >= 100 {
		n, unit = (n+9)/10, unit+1
	}
	if unit > 0 {
		n += 90 * unit // from 100 on each unit has the numbers 10 to 99
	}
	return NewChallenge() + "-" + string([]byte{alphabet[n/len(alphabet)], alphabet[n%len(alphabet)]})
}

// ChallengePeople answers for how many people at most a challenge in the form it
// is shown in is; false where it does not say, as those of earlier versions and
// those to stop something.
func ChallengePeople(challenge string) (most int, known bool) {
	letters := strings.ReplaceAll(challenge, "-", "")
	if len(letters) != challengeLength+amountLength {
		return 0, false
	}
	n := strings.IndexByte(alphabet, letters[challengeLength])*len(alphabet) + strings.IndexByte(alphabet, letters[challengeLength+1])
	for ; n >= 100; n -= 90 {
		most++
	}
	unit := most
	for most = n; unit > 0; unit-- {
		most *= 10
	}
	return most, true
}

// ReadChallenge answers a challenge as typed by somebody who heard it, in the
// form it is shown in, and false when it cannot be one.
func ReadChallenge(typed string) (string, bool) {
	letters := strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(typed))
	if strings.Trim(letters, alphabet) != "" {
		return "", false
	}
	switch len(letters) {
	case challengeLength:
		return letters[:4] + "-" + letters[4:], true
	case challengeLength + amountLength:
		return letters[:4] + "-" + letters[4:8] + "-" + letters[8:], true
	}
	return "", false
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
