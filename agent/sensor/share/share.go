// Package share tells whether a file lies on a network share, which one and on
// whose server. It only looks at what is mounted and asks no server anything.
package share

import (
	"net/url"
	"strings"

	"github.com/trustline/trustline/rules/activity"
)

// parse reads what a file system says it is and where it came from. It answers
// false for what is no network share. Proven is for the caller to say.
func parse(kind, source string) (activity.Share, bool) {
	kind = strings.ToLower(kind)
	switch strings.TrimPrefix(kind, "fuse.") {
	case "cifs", "smb3", "smbfs", "afpfs":
		return activity.Share{Name: source, Host: hostOf(beforeSlash(strings.TrimLeft(source, `/\`)))}, true
	case "nfs", "nfs4", "sshfs", "glusterfs":
		return activity.Share{Name: source, Host: hostOf(beforePath(source))}, true
	case "ceph", "9p", "afs", "lustre", "ncpfs", "gpfs", "beegfs", "orangefs":
		return activity.Share{Name: source}, true
	}
	if !strings.HasPrefix(kind, "fuse") && kind != "davfs" && kind != "davfs2" {
		return activity.Share{}, false
	}
	// Programs that mount something name their own source; addresses are plain.
	if u, err := url.Parse(source); err == nil && u.Host != "" && u.Scheme != "" {
		return activity.Share{Name: u.Scheme + "://" + u.Host + u.Path, Host: hostOf(u.Host)}, true
	}
	if strings.HasPrefix(source, "//") || strings.HasPrefix(source, `\\`) {
		return activity.Share{Name: source, Host: hostOf(beforeSlash(source[2:]))}, true
	}
	return activity.Share{}, false
}

func beforeSlash(s string) string {
	if end := strings.IndexAny(s, `/\`); end >= 0 {
		return s[:end]
	}
	return s
}

// beforePath answers the host of "host:/path", "[fe80::1]:/path".
func beforePath(s string) string {
	from := strings.LastIndex(beforeSlash(s), "]") + 1
	if end := strings.Index(s[from:], ":"); end >= 0 {
		return s[:from+end]
	}
	return ""
}

// hostOf takes who signs in, and the port, off a host.
func hostOf(s string) string {
	s = strings.ToLower(s[strings.LastIndex(s, "@")+1:])
	if inside, _, ok := strings.Cut(strings.TrimPrefix(s, "["), "]"); ok && strings.HasPrefix(s, "[") {
		s = inside
	}
	if strings.Count(s, ":") == 1 {
		s = s[:strings.Index(s, ":")]
	}
	if strings.ContainsAny(s, `/\`) {
		return ""
	}
	return s
}

// fromUNC reads a path of Windows that names its server: \\nas\sales\list.csv.
func fromUNC(path string) (activity.Share, bool) {
	path = strings.ReplaceAll(path, "/", `\`)
	rest, ok := strings.CutPrefix(path, `\\?\UNC\`)
	if !ok {
		rest, ok = strings.CutPrefix(path, `\\`)
	}
	host, below, found := strings.Cut(rest, `\`)
	if !ok || !found || host == "" || host == "?" || host == "." || below == "" {
		return activity.Share{}, false
	}
	name, _, _ := strings.Cut(below, `\`)
	server, _, _ := strings.Cut(host, "@") // \\nas@SSL@8443\…: WebDAV
	return activity.Share{Name: `\\` + host + `\` + name, Host: strings.ToLower(server)}, true
}
