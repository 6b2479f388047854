package detect

import (
	"bytes"
	"strings"
)

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

func localByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '%' || c == '\''
}

func domainByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' || c == '.' }

func (p *Pack) email(text []byte, from, at int) (match, bool) {
	start, end := at, at+1
	for start > from && at-start < 65 && localByte(text[start-1]) {
		start--
	}
	for start < at && !isLetter(text[start]) && !isDigit(text[start]) {
		start++
	}
	for end < len(text) && end-at < 254 && domainByte(text[end]) {
		end++
	}
	for end > at+1 && (text[end-1] == '.' || text[end-1] == '-') {
		end--
	}
	local, domain := text[start:at], text[at+1:end]
	if len(local) == 0 || len(local) > 64 || local[len(local)-1] == '.' || bytes.Contains(local, []byte("..")) || bytes.Contains(domain, []byte("..")) {
		return match{}, false
	}
	dot := bytes.LastIndexByte(domain, '.')
	if dot > 0 && !p.topDomain(domain[dot+1:]) { // zhang@163.com.xlsx
		end -= len(domain) - dot
		domain = domain[:dot]
		dot = bytes.LastIndexByte(domain, '.')
	}
	if dot < 1 || domain[0] == '-' || !p.topDomain(domain[dot+1:]) {
		return match{}, false
	}
	if end < len(text) && (text[end] == '@' || text[end] == '_' || text[end] == '(' || text[end] == '=' && string(local) == "git") || start > 0 && text[start-1] == '@' || start > 1 && text[start-1] == '/' && (isLetter(text[start-2]) || isDigit(text[start-2])) {
		return match{}, false
	}
	if end < len(text) && text[end] == ':' && (string(local) == "git" || end+1 < len(text) && (isLetter(text[end+1]) || text[end+1] == '/' || text[end+1] == '~')) {
		return match{}, false // git@host:path, scp's user@host:path
	}
	m := match{kind: email, start: start, end: end, score: 85}
	p.judgeEmail(&m, text, local, domain)
	var folded [320]byte
	m.hash = p.hash.sum(email, lower(folded[:0], text[start:end]))
	return m, true
}

func lower(into, p []byte) []byte {
	for _, c := range p {
		if c-'A' < 26 {
			c |= 0x20
		}
		into = append(into, c)
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
	if d := string(lower(make([]byte, 0, 64), domain[:min(len(domain), 64)])); strings.HasPrefix(d, "example.") || strings.HasSuffix(d, ".example") || strings.HasSuffix(d, "example.com") || strings.HasSuffix(d, ".local") || d == "localhost.localdomain" || d == "test.com" || d == "domain.com" {
		m.cap(40)
		m.why.flags |= placeholder
	}
	// user:password@host in a URL
	word := m.start
	for word > 0 && text[word-1] > ' ' && m.start-word < 100 {
		word--
	}
	if bytes.Contains(text[word:m.start], []byte("://")) {
		m.cap(20)
		m.why.flags |= inURL
	}
	digits := 0
	for _, c := range local {
		if isDigit(c) {
			digits++
		}
	}
	if digits > 14 || len(local) > 40 && digits > 8 { // Message-IDs
		m.cap(20)
		m.why.flags |= manyNumbers
	}
}
