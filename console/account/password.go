// Package account keeps the secrets people sign in with: passwords hashed with
// argon2id, and a brake on guessing. It stores nothing itself.
package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The parameters of RFC 9106, section 4, second choice, for 64 MiB; two lanes
// instead of four, for a console that runs on two cores.
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

// Passwords hashes and checks passwords. Each hash takes 64 MiB: only so many
// are worked on at once, the others wait.
type Passwords struct{ turns chan struct{} }

// NewPasswords answers one that works on this many at once.
func NewPasswords(atOnce int) *Passwords { return &Passwords{make(chan struct{}, atOnce)} }

func (p *Passwords) turn(ctx context.Context) (done func(), err error) {
	select {
	case p.turns <- struct{}{}:
		return func() { <-p.turns }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
}

// Hash answers a password's hash as a PHC string. Errors: ErrPassword, or that
// of a context that ended before it was this password's turn.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < MinPassword || n > MaxPassword {
		return "", ErrPassword
	}
	done, err := p.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	salt := make([]byte, saltLen)
	rand.Read(salt) // never fails
	sum := argon2.IDKey([]byte(password), salt, passes, memory, threads, hashLen)
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads, e.EncodeToString(salt), e.EncodeToString(sum)), nil
}

// Check tells whether the password is the one of the hash. For a hash that is
// none it takes as long as for one that is: whether an account exists does not
// show in the time. The error is that of a context that ended first.
func (p *Passwords) Check(ctx context.Context, hash, password string) (bool, error) {
	if len(password) > 4*MaxPassword {
		return false, nil
	}
	done, err := p.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	salt, want, known := parse(hash)
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, hashLen)
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

// parse answers the parts of a PHC string made with today's parameters.
func parse(hash string) (salt, sum []byte, ok bool) {
	parts := strings.Split(hash, "$")
	if len(parts) == 6 && parts[1] == "argon2id" && parts[2] == fmt.Sprintf("v=%d", argon2.Version) &&
		parts[3] == fmt.Sprintf("m=%d,t=%d,p=%d", memory, passes, threads) {
		salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
		sum, err2 := base64.RawStdEncoding.DecodeString(parts[5])
		if err1 == nil && err2 == nil && len(salt) == saltLen && len(sum) == hashLen {
			return salt, sum, true
		}
	}
	return make([]byte, saltLen), make([]byte, hashLen), false
}
