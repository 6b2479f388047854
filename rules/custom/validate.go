package custom

import (
	"math"
	"slices"
)

// validators are the checks a detector may name. They are given what matched,
// half-width.
var validators = map[string]func(value []byte) bool{
	"luhn":    luhn,
	"mod11-2": mod11,
	"mod97":   mod97,
	"gs1":     gs1,
	"random":  random,
}

// Validators answers the names of all checks, sorted.
func Validators() []string {
	var names []string
	for name := range validators {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// luhn checks the last digit of a number by ISO/IEC 7812-1 annex B; what is no
// digit is passed over.
func luhn(value []byte) bool {
	sum, n := 0, 0
	for i := len(value) - 1; i >= 0; i-- {
		if value[i] < '0' || value[i] > '9' {
			continue
		}
		d := int(value[i] - '0')
		if n++; n%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return n > 1 && sum%10 == 0
}

// mod11 checks the last digit, or X, by ISO 7064 MOD 11-2, as GB 11643-1999 does.
func mod11(value []byte) bool {
	rest, n := 0, 0
	for i, c := range value {
		switch {
		case c >= '0' && c <= '9':
			rest = (rest*2 + int(c-'0')) % 11
			n++
		case (c == 'X' || c == 'x') && i == len(value)-1:
			rest = (rest*2 + 10) % 11
			n++
		}
	}
	return n > 1 && rest == 1
}

// mod97 checks the last two digits by ISO 7064 MOD 97-10; letters count from
// A = 10 on, what is neither letter nor digit is passed over.
func mod97(value []byte) bool {
	rest, n := 0, 0
	for _, c := range value {
		switch c = lower[c]; {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'a' && c <= 'z':
			rest = (rest*100 + int(c-'a') + 10) % 97
		default:
			continue
		}
		n++
	}
	return n > 2 && rest == 1
}

// gs1 checks the last digit of a GTIN, SSCC or GLN by the GS1 General
// Specifications, 7.9.
func gs1(value []byte) bool {
	sum, n := 0, 0
	for i := len(value) - 1; i >= 0; i-- {
		if value[i] < '0' || value[i] > '9' {
			continue
		}
		d := int(value[i] - '0')
		if n++; n%2 == 0 {
			d *= 3
		}
		sum += d
	}
	return n > 1 && sum%10 == 0
}

// leastEntropy is what random asks for, in bits a character. Words and numbers
// people write stay below it.
const leastEntropy = 3.0

// random tells whether a text looks drawn at random, as keys and passwords of
// machines are: letters and digits mixed, hardly any twice.
func random(value []byte) bool {
	var count [256]int
	letters, digits, total := 0, 0, 0
	for _, c := range value {
		if !alnum(c) {
			continue
		}
		if count[c]++; c <= '9' {
			digits++
		} else {
			letters++
		}
		total++
	}
	entropy := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(total)
			entropy -= p * math.Log2(p)
		}
	}
	return letters > 1 && digits > 1 && entropy >= leastEntropy
}
