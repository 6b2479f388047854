// Package account keeps the secrets people sign in with: passwords hashed with
// argon2id, and a brake on guessing. It stores nothing itself.
package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The parameters of RFC 9106, section 4, second choice, for 64 MiB.
const (
	passes  = 3
	memory  = 64 << 10 // KiB
	threads = 2
	saltLen = 16
	hashLen = 32
)

// The bounds on a password, in characters.
const (
	MinPassword = 10
	MaxPassword = 256
)

// ErrPassword: too short or too long.
var ErrPassword = errors.New("the password is too short or too long")

// Hash answers a password's hash as a PHC string.
func Hash(password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < MinPassword || n > MaxPassword {
		return "", ErrPassword
	}
	salt := make([]byte, saltLen)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	sum := argon2.IDKey([]byte(password), salt, passes, memory, threads, hashLen)
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads, e.EncodeToString(salt), e.EncodeToString(sum)), nil
}

// Check tells whether the password is the one of the hash. For a hash that is
// none it takes as long as for one that is: whether an account exists does not
// show in the time.
func Check(hash, password string) bool {
	salt, want := make([]byte, saltLen), make([]byte, hashLen)
	known := false
	if parts := strings.Split(hash, "$"); len(parts) == 6 && parts[1] == "argon2id" &&
		parts[2] == fmt.Sprintf("v=%d", argon2.Version) && parts[3] == fmt.Sprintf("m=%d,t=%d,p=%d", memory, passes, threads) {
		s, err1 := base64.RawStdEncoding.DecodeString(parts[4])
		w, err2 := base64.RawStdEncoding.DecodeString(parts[5])
		if err1 == nil && err2 == nil && len(w) == hashLen {
			salt, want, known = s, w, true
		}
	}
	if len(password) > 4*MaxPassword {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, hashLen)
	return subtle.ConstantTimeCompare(got, want) == 1 && known
}
