//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/client"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/synthetic"
)

// startMariaDB starts a real server that listens on a socket of its own.
func startMariaDB(t *testing.T) (socket string) {
	t.Helper()
	server, err := exec.LookPath("mariadbd")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("MariaDB is not installed: apt-get install mariadb-server")
		}
		t.Skip("SKIPPED: MariaDB is not installed: apt-get install mariadb-server")
	}
	dir, err := os.MkdirTemp("", "trustline-my-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := &syscall.SysProcAttr{}
	if os.Getuid() == 0 { // it does not run as root
		const nobody = 65534
		as.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(dir, "data")
	install := exec.Command("mariadb-install-db", "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	install.SysProcAttr, install.Dir = as, dir
	install.Env = append(os.Environ(), "HOME="+dir)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	socket = filepath.Join(dir, "sock")
	var log bytes.Buffer
	run := exec.Command(server, "--no-defaults", "--datadir="+data, "--socket="+socket, "--pid-file="+filepath.Join(dir, "pid"), "--skip-networking", "--innodb-flush-log-at-trx-commit=0")
	run.SysProcAttr, run.Dir, run.Stderr = as, dir, &log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Kill() // what it keeps goes with it
		_ = run.Wait()
	})
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := client.Connect(socket, "root", "", "")
		if err == nil {
			_ = conn.Close()
			return socket
		}
		if time.Now().After(end) {
			t.Fatalf("MariaDB did not start: %v\n%s", err, log.String())
		}
	}
}

// TestListFromMySQL builds a list of a real database.
func TestListFromMySQL(t *testing.T) {
	socket := startMariaDB(t)
	conn, err := client.Connect(socket, "root", "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	people := synthetic.New(43).People(3000)
	statements := []string{
		"SET NAMES utf8mb4", "CREATE DATABASE crm CHARACTER SET utf8mb4", "USE crm",
		"CREATE USER reader@localhost IDENTIFIED BY 'geheim'", "GRANT ALL ON crm.* TO reader@localhost",
		"CREATE TABLE customers (name varchar(60), phone bigint, note double, since date)",
	}
	var rows []string
	for _, p := range people {
		rows = append(rows, fmt.Sprintf("('%s', %s, 1.5, '2024-02-03')", strings.ReplaceAll(p.Name, "'", "''"), p.Mobile))
	}
	statements = append(statements, "INSERT INTO customers VALUES "+strings.Join(rows, ","), "INSERT INTO customers VALUES ('无电话', NULL, NULL, NULL)")
	for _, s := range statements {
		if _, err := conn.Execute(s); err != nil {
			t.Fatalf("%.60s: %v", s, err)
		}
	}

	dir := t.TempDir()
	if out, err := runList(t, "key", "create", "--out", filepath.Join(dir, "company.key")); err != nil {
		t.Fatal(out, err)
	}
	build := func(dsn, query string) (string, error) {
		return runList(t, "build", "--name", "crm", "--key", filepath.Join(dir, "company.key"), "--out", filepath.Join(dir, "crm.list"),
			"--columns", "name=NAME,mobile=phone,other=since", "--dsn", dsn, "--query", query)
	}
	dsn := "mysql://reader@/crm?socket=" + socket
	t.Setenv("MYSQL_PWD", "geheim")
	if out, err := build(dsn, "SELECT phone, since, name FROM customers"); err != nil || !strings.Contains(out, "3000 rows (1 skipped") {
		t.Fatalf("%s %v", out, err)
	}
	leak := filepath.Join(dir, "leak.txt")
	if err := os.WriteFile(leak, []byte(people[7].Name+"\t"+people[7].Mobile+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "company.key")); err != nil {
		t.Fatal(err)
	}
	if out, err := runList(t, "try", "--lists", dir, leak); err != nil || !strings.Contains(out, "crm: 1 people, 1 with two") {
		t.Errorf("%s %v", out, err)
	}

	if err := os.Remove(filepath.Join(dir, "company.endpoint.key")); err != nil {
		t.Fatal(err)
	}
	if out, err := runList(t, "key", "create", "--out", filepath.Join(dir, "company.key")); err != nil {
		t.Fatal(out, err)
	}
	for query, want := range map[string]string{
		"SELECT name, phone, since FROM customer":        "1146",
		"SELECT name, phone, nothing FROM customers":     "1054",
		"INSERT INTO customers VALUES ('a', 1, 1, NULL)": "1792",
		"DROP TABLE customers":                           "1792",
		"SELECT name FROM customers WHERE name = EXTRACTVALUE(1,CONCAT(0x7e,(SELECT name FROM customers LIMIT 1)))": "",
	} {
		_, err := build(dsn, query)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if strings.Contains(err.Error(), people[0].Name) {
			t.Errorf("%s: the error quotes data: %v", query, err)
		}
	}
	t.Setenv("MYSQL_PWD", "wrong")
	if _, err := build(dsn, "SELECT 1"); err == nil || !strings.Contains(err.Error(), "1045") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestReadMySQL(t *testing.T) {
	for dsn, want := range map[string]struct {
		address string
		tls     bool
	}{
		"mysql://reader@db.example:3307/crm":             {"db.example:3307", true},
		"mariadb://reader@db.example/crm":                {"db.example:3306", true},
		"mysql://reader@db.example/crm?tls=off":          {"db.example:3306", false},
		"mysql://reader@127.0.0.1/crm":                   {"127.0.0.1:3306", false},
		"mysql://reader@127.0.0.1/crm?tls=on":            {"127.0.0.1:3306", true},
		"mysql://reader@[::1]/crm":                       {"[::1]:3306", false},
		"mysql://reader@/crm?socket=/run/mysqld/m.sock":  {"/run/mysqld/m.sock", false},
		"mysql://db.example/crm":                         {},
		"mysql://reader@db.example/crm?tls=skip-verify":  {},
		"mysql://reader@db.example":                      {},
		"mysql://reader@db.example/crm?allowAllFiles=on": {},
		"reader:x@tcp(db.example:3306)/crm":              {},
	} {
		a, err := readMySQL(dsn, "")
		if (err != nil) != (want.address == "") || err == nil && (a.address != want.address || (a.tls != nil) != want.tls) {
			t.Errorf("%s: %+v %v", dsn, a, err)
		}
		if a.tls != nil && (a.tls.InsecureSkipVerify || a.tls.ServerName == "") {
			t.Errorf("%s: the certificate is not checked", dsn)
		}
	}
}

// TestAMySQLServerThatHangs is given up when the command is.
func TestAMySQLServerThatHangs(t *testing.T) {
	socket := startMariaDB(t)
	catalog, err := message.Load(messages)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer time.AfterFunc(time.Second, cancel).Stop()
	begin := time.Now()
	var out bytes.Buffer
	term := &terminal{out: &out, err: &out, Printer: catalog.Printer("en")}
	if _, err := term.openMySQL(ctx, buildOptions{dsn: "mysql://root@/mysql?socket=" + socket, query: "SELECT SLEEP(600)"}); err == nil || time.Since(begin) > 5*time.Minute {
		t.Errorf("after %v: %v", time.Since(begin), err)
	}
}
