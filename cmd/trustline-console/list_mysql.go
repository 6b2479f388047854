package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/schollz/progressbar/v3"

	"github.com/trustline/trustline/message"
)

// mysqlAddress is where a MySQL or MariaDB server is, and how it is reached.
type mysqlAddress struct {
	network, address, user, password, database string
	tls                                        *tls.Config // nil: in the clear
}

var errAddress = errors.New("no address of a MySQL server")

// readMySQL reads mysql://user@host:3306/database, or with ?socket=PATH. Over
// the network TLS is a must and the server's certificate is checked, unless the
// address says tls=off, or the server is this machine.
func readMySQL(dsn, password string) (a mysqlAddress, err error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "mysql" && u.Scheme != "mariadb" || u.User == nil {
		return a, errAddress
	}
	a = mysqlAddress{network: "tcp", user: u.User.Username(), password: password, database: strings.Trim(u.Path, "/")}
	if p, ok := u.User.Password(); ok {
		a.password = p
	}
	q := u.Query()
	for key := range q {
		if key != "socket" && key != "tls" {
			return a, errAddress
		}
	}
	if socket := q.Get("socket"); socket != "" && u.Host == "" {
		a.network, a.address = "unix", socket
		return a, nil
	}
	if u.Hostname() == "" || a.database == "" {
		return a, errAddress
	}
	port := u.Port()
	if port == "" {
		port = "3306"
	}
	a.address = net.JoinHostPort(u.Hostname(), port)
	ip, err := netip.ParseAddr(u.Hostname())
	here := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	switch q.Get("tls") {
	case "off":
	case "":
		if !here {
			a.tls = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
		}
	case "on":
		a.tls = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	default:
		return a, errAddress
	}
	return a, nil
}

func isMySQL(dsn string) bool {
	return strings.HasPrefix(dsn, "mysql:") || strings.HasPrefix(dsn, "mariadb:") || strings.Contains(dsn, "@tcp(")
}

// mysqlTable is the answer of a query, drawn row by row.
type mysqlTable struct {
	t        *terminal
	conn     *client.Conn
	unwatch  func() bool
	next     func() ([]string, error, bool)
	stop     func()
	headings []string
	bar      *progressbar.ProgressBar
}

func (t *terminal) openMySQL(ctx context.Context, o buildOptions) (rowSource, error) {
	a, err := readMySQL(o.dsn, os.Getenv("MYSQL_PWD"))
	if err != nil {
		return nil, errors.New(t.Text("list.build.mysql"))
	}
	conn, err := client.ConnectWithDialer(ctx, a.network, a.address, a.user, a.password, a.database, (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		func(c *client.Conn) error { c.SetTLSConfig(a.tls); return nil })
	if err != nil {
		return nil, t.mysqlError(err, a)
	}
	for _, statement := range []string{"SET NAMES utf8mb4", "SET SESSION TRANSACTION READ ONLY", "START TRANSACTION READ ONLY"} {
		if _, err := conn.Execute(statement); err != nil {
			return nil, errors.Join(t.mysqlError(err, a), conn.Close())
		}
	}
	s := &mysqlTable{t: t, conn: conn, bar: t.bar(t.Text("list.build.reading"), -1, false)}
	// The client does not look at ctx while it reads.
	s.unwatch = context.AfterFunc(ctx, func() { _ = conn.Conn.Close() })
	s.next, s.stop = iter.Pull2(s.ask(o.query, a))
	// The first row is the headings.
	headings, err, ok := s.next()
	if err == nil && !ok {
		err = errors.New(t.Text("list.build.empty"))
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.headings = slices.Clone(headings)
	return s, nil
}

var errEnough = errors.New("nobody reads on")

// ask answers the headings, and then the rows, each valid until the next.
func (s *mysqlTable) ask(query string, a mysqlAddress) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		var row []string
		var result mysql.Result
		say := func() error {
			if !yield(row, nil) {
				return errEnough
			}
			return nil
		}
		err := s.conn.ExecuteSelectStreaming(query, &result, func(values []mysql.FieldValue) error {
			row = row[:0]
			for i := range values {
				row = append(row, cellOf(&values[i]))
			}
			return say()
		}, func(r *mysql.Result) error {
			for _, f := range r.Fields {
				row = append(row, string(f.Name))
			}
			return say()
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, s.t.mysqlError(err, a))
		}
	}
}

func cellOf(v *mysql.FieldValue) string {
	switch x := v.Value().(type) {
	case []byte:
		return string(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case uint64:
		return strconv.FormatUint(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return ""
}

// mysqlError says what a server answers without what it quotes of data.
func (t *terminal) mysqlError(err error, a mysqlAddress) error {
	var refused *mysql.MyError
	if !errors.As(err, &refused) {
		host, port, _ := net.SplitHostPort(a.address)
		if a.network == "unix" {
			host, port = a.address, "-"
		}
		return errors.New(t.Text("list.build.mysql-connect", message.Args{"Host": host, "Port": port}))
	}
	why := ""
	switch refused.Code {
	// Of access, of names and wording of a statement, of writing; others quote data.
	case 1044, 1045, 1046, 1049, 1054, 1064, 1142, 1143, 1146, 1698, 1792:
		why = refused.Message
	}
	return errors.New(t.Text("list.build.database", message.Args{"Code": fmt.Sprint(refused.Code), "Why": why}))
}

func (s *mysqlTable) Headings() []string { return s.headings }

func (s *mysqlTable) Next() ([]string, error) {
	row, err, ok := s.next()
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, io.EOF
	}
	_ = s.bar.Add(1) // only shows
	return row, nil
}

func (s *mysqlTable) Close() error {
	s.unwatch()
	// A query that was not read to its end cannot be said goodbye to.
	_ = s.conn.Conn.Close()
	s.stop()
	_ = s.bar.Close() // only shows
	return nil
}
