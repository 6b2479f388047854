package support

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// maxLine bounds a line of the log that is kept.
const maxLine = 4096

// kept are the attributes whose values the product itself chooses. Of others
// only the name is kept.
var kept = map[string]bool{
	"time": true, "level": true, "msg": true, "state": true, "code": true, "trust": true, "reason": true, "settled": true, "source": true,
	"version": true, "policy": true, "warning": true, "severity": true, "after": true, "action": true, "count": true, "status": true, "error": true, "err": true,
	"incident": true, "attempt": true, "wait": true, "bytes": true, "records": true,
}

var attribute = regexp.MustCompile(`([A-Za-z][A-Za-z0-9_.-]*)=("(?:[^"\\]|\\.)*"|\S*)`)

// copyLog keeps of every line what the product itself says. A line that is no
// line of the service's is counted, not kept.
func copyLog(w io.Writer, log io.Reader) error {
	if log == nil {
		return nil
	}
	in := bufio.NewReaderSize(log, maxLine)
	others := 0
	for {
		line, err := in.ReadSlice('\n')
		for rest := err; rest == bufio.ErrBufferFull; { // the rest of a long line goes
			_, rest = in.ReadSlice('\n')
			err = rest
		}
		if out := harmless(string(line)); out != "" {
			fmt.Fprintln(w, out)
		} else if len(line) > 0 {
			others++
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
	}
	if others > 0 {
		fmt.Fprintf(w, "(%d other lines)\n", others)
	}
	return nil
}

// harmless answers what of a line of the log may be kept, "" when it is none.
func harmless(line string) string {
	start := strings.Index(line, "time=")
	if start < 0 || !strings.Contains(line, " level=") {
		return ""
	}
	var b strings.Builder
	for _, m := range attribute.FindAllStringSubmatch(line[start:], -1) {
		key, value := m[1], m[2]
		switch {
		case !kept[key]:
			value = "…"
		case key == "version" || key == "policy":
			value = edition(strings.Trim(value, `"`))
		case key != "time" && key != "level":
			value = plain(value)
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(key + "=" + value)
	}
	return b.String()
}

var (
	// own are paths that the product itself chose.
	own = regexp.MustCompile(`^/(var/lib|etc|run|usr/bin|usr/share)/trustline(/(agent\.yaml|policy\.yaml|token|control\.sock|spool|ledger\.db|machine\.json|detect\.key|spool\.key|scratch))?$`)
	// anyPath reaches to the end of what could still be part of a path.
	anyPath  = regexp.MustCompile(`/[^"':;,)]*`)
	quoted   = regexp.MustCompile("\\\\?\"[^\"]*\"|'[^']*'|“[^”]*”|`[^`]*`")
	number   = regexp.MustCompile(`[0-9][0-9 .-]{4,}[0-9Xx]`)
	address  = regexp.MustCompile(`\S+@\S+|([0-9A-Za-z_-]+\.)+[A-Za-z]{2,}(:[0-9]+)?|\[?[0-9a-fA-F]*:[0-9a-fA-F:]+\]?`)
	notASCII = regexp.MustCompile(`[^\x20-\x7e]+`)
)

var (
	numbered = regexp.MustCompile(`^(dev|v?[0-9]{1,4}([.+][0-9a-g.+-]{0,39})?)$`)
	digest   = regexp.MustCompile(`\+[0-9a-f]{8}$`)
)

// edition keeps of a version its number and the digest of a policy. What somebody
// calls their policy goes.
func edition(version string) string {
	if version == "" || numbered.MatchString(version) {
		return version
	}
	return "…" + digest.FindString(version)
}

// plain keeps of a text what a program would say of itself: no paths but its
// own, nothing in quotes, no long numbers, no addresses, no other script.
func plain(s string) string {
	outer := len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"'
	if outer {
		s = s[1 : len(s)-1]
	}
	s = quoted.ReplaceAllString(s, "…")
	var b strings.Builder
	at := 0
	for _, m := range anyPath.FindAllStringIndex(s, -1) {
		b.WriteString(unaddressed(s[at:m[0]]))
		p := s[m[0]:m[1]]
		if !own.MatchString(strings.TrimSpace(p)) {
			p = "/…"
		}
		b.WriteString(p)
		at = m[1]
	}
	b.WriteString(unaddressed(s[at:]))
	s = b.String()
	if outer {
		s = `"` + s + `"`
	}
	return s
}

func unaddressed(s string) string {
	s = address.ReplaceAllString(s, "…")
	s = number.ReplaceAllString(s, "…")
	return notASCII.ReplaceAllString(s, "…")
}
