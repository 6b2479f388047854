package detect

import "bytes"

// Top level domains of more than two letters that people have mail under. All
// of two letters count as a country's.
const topDomains = " com net org edu gov mil int info biz name pro xyz top vip club shop site online tech store app dev cloud email work live ltd group ink wang ren fun art asia mobi coop museum jobs tel cat post travel aero link email ai company center world city team email law legal blog news media global bank insurance health care clinic hospital consulting solutions services systems agency studio design finance capital digital network zone today life email guru academy school university foundation international "

// Local parts of accounts that are no person's.
const roleAccounts = " noreply no-reply donotreply do-not-reply admin administrator root postmaster webmaster hostmaster mailer-daemon abuse support info help git svn bugs bug security list lists service system notification notifications newsletter nobody www http ftp daemon api test example user username me you your name email mail someone somebody foo bar foobar xxx alice bob "

// emails finds addresses of RFC 5322's addr-spec in their everyday form: dot
// atoms of ASCII, a domain of two labels or more.
func (p *Pack) emails(text []byte, found []match) []match {
	for from := 0; ; {
		at := bytes.IndexByte(text[from:], '@')
		if at < 0 {
			return found
		}
		at += from
		if m, ok := p.email(text, from, at); ok {
			found = append(found, m)
			from = m.end
		} else {
			from = at + 1
		}
	}
}

// Bytes of the two sides of an address.
var localBytes, domainBytes = func() (local, domain [256]bool) {
	for c := range 256 {
		domain[c] = isLetter(byte(c)) || isDigit(byte(c)) || c == '-' || c == '.'
		local[c] = domain[c] || c == '_' || c == '+' || c == '%' || c == '\''
	}
	return local, domain
}()

// addrSpec answers where the address stands that the '@' at is of.
func (p *Pack) addrSpec(text []byte, from, at int) (start, end int, ok bool) {
	start, end = at, at+1
	for start > from && at-start < 65 && localBytes[text[start-1]] {
		start--
	}
	for start < at && !isLetter(text[start]) && !isDigit(text[start]) {
		start++
	}
	for end < len(text) && end-at < 254 && domainBytes[text[end]] {
		end++
	}
	for end > at+1 && (text[end-1] == '.' || text[end-1] == '-') {
		end--
	}
	local, domain := text[start:at], text[at+1:end]
	if len(local) == 0 || len(local) > 64 || local[len(local)-1] == '.' || twoDots(local) || twoDots(domain) {
		return 0, 0, false
	}
	n := p.topLevel(domain)
	if n == 0 {
		return 0, 0, false
	}
	end = at + 1 + n
	return start, end, !goesOn(text, start, end, string(local) == "git")
}

// topLevel answers how far a domain goes that ends in one at the top, 0 if it
// is none: zhang@163.com.xlsx ends before the last dot.
func (p *Pack) topLevel(domain []byte) int {
	for range 2 {
		dot := bytes.LastIndexByte(domain, '.')
		if dot < 1 || domain[0] == '-' {
			return 0
		}
		if p.topDomain(domain[dot+1:]) {
			return len(domain)
		}
		domain = domain[:dot]
	}
	return 0
}

func twoDots(p []byte) bool {
	for i := 1; i < len(p); i++ {
		if p[i] == '.' && p[i-1] == '.' {
			return true
		}
	}
	return false
}

// goesOn tells whether what looks like an address is a part of something else.
func goesOn(text []byte, start, end int, git bool) bool {
	if start > 0 && text[start-1] == '@' || start > 1 && text[start-1] == '/' && (isLetter(text[start-2]) || isDigit(text[start-2])) {
		return true
	}
	if end == len(text) {
		return false
	}
	switch text[end] {
	case '@', '_', '(':
		return true
	case '=':
		return git
	case ':': // git@host:path, scp's user@host:path
		return git || end+1 < len(text) && (isLetter(text[end+1]) || text[end+1] == '/' || text[end+1] == '~')
	}
	return false
}

func (p *Pack) email(text []byte, from, at int) (match, bool) {
	start, end, ok := p.addrSpec(text, from, at)
	if !ok {
		return match{}, false
	}
	m := match{kind: email, start: start, end: end, score: 85}
	p.judgeEmail(&m, text, text[start:at], text[at+1:end])
	var folded [320]byte
	m.hash = p.hash.sum(email, lower(folded[:0], text[start:end]))
	return m, true
}

func lower(into, p []byte) []byte {
	n := len(into)
	into = append(into, p...)
	for i, c := range into[n:] {
		if c-'A' < 26 {
			into[n+i] = c | 0x20
		}
	}
	return into
}

func (p *Pack) topDomain(tld []byte) bool {
	if len(tld) < 2 || len(tld) > 24 {
		return false
	}
	var folded [24]byte
	for i, c := range tld {
		if !isLetter(c) {
			return false
		}
		folded[i] = c | 0x20
	}
	return len(tld) == 2 || p.topDomains[string(folded[:len(tld)])]
}

func (p *Pack) judgeEmail(m *match, text, local, domain []byte) {
	var folded [64]byte
	name := lower(folded[:0], local)
	if p.roleAccounts[string(name)] {
		m.cap(40)
		m.why.flags |= roleAccount
	}
	if placeholderDomain(domain[:min(len(domain), 64)]) {
		m.cap(40)
		m.why.flags |= placeholder
	}
	if withinURL(text, m.start) {
		m.cap(20)
		m.why.flags |= inURL
	}
	if messageID(local) {
		m.cap(20)
		m.why.flags |= manyNumbers
	}
}

// placeholderDomain tells whether a domain stands for any.
func placeholderDomain(domain []byte) bool {
	var folded [64]byte
	switch d := lower(folded[:0], domain); string(d) {
	case "localhost.localdomain", "test.com", "domain.com":
		return true
	default:
		return bytes.HasPrefix(d, []byte("example.")) || bytes.HasSuffix(d, []byte("example.com")) || bytes.HasSuffix(d, []byte(".example")) || bytes.HasSuffix(d, []byte(".local"))
	}
}

// withinURL tells whether an address at start is the user:password@host of a URL.
func withinURL(text []byte, start int) bool {
	for at := start; at > 0 && text[at-1] > ' ' && start-at < 100; at-- {
		if text[at-1] == ':' && start-at >= 2 && text[at] == '/' && text[at+1] == '/' {
			return true
		}
	}
	return false
}

// messageID tells whether a local part is that of a Message-ID rather.
func messageID(local []byte) bool {
	digits := digitsIn(local)
	return digits > 14 || len(local) > 40 && digits > 8
}
