//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/synthetic"
)

// startPostgres starts a real PostgreSQL server that listens on a socket of
// its own, and answers how to reach it.
func startPostgres(t *testing.T) (dsn string) {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("PostgreSQL is not installed: apt-get install postgresql")
		}
		t.Skip("SKIPPED: PostgreSQL is not installed: apt-get install postgresql")
	}
	bin := filepath.Dir(found[len(found)-1])
	dir, err := os.MkdirTemp("", "trustline-pg-")
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
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "reader", "-E", "UTF8", "--locale=C", "-A", "trust", "-N")
	initdb.SysProcAttr, initdb.Dir = as, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	var log bytes.Buffer
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off")
	server.SysProcAttr, server.Dir, server.Stderr = as, dir, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt) // fast shutdown
		_ = server.Wait()
	})
	dsn = "postgres:///postgres?user=reader&host=" + dir
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		conn, err := pgx.Connect(context.Background(), dsn)
		if err == nil {
			_ = conn.Close(context.Background())
			return dsn
		}
		if time.Now().After(end) {
			_ = server.Process.Kill()
			t.Fatalf("PostgreSQL did not start: %v\n%s", err, log.String())
		}
	}
}

// TestListFromPostgres builds a list of a real database.
func TestListFromPostgres(t *testing.T) {
	dsn := startPostgres(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE TABLE customers (name text, phone bigint, note text)"); err != nil {
		t.Fatal(err)
	}
	var rows [][]any
	people := synthetic.New(41).People(5000)
	for _, p := range people {
		rows = append(rows, []any{p.Name, mobile(t, p.Mobile), p.Email})
	}
	rows = append(rows, []any{"无电话", nil, nil})
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"customers"}, []string{"name", "phone", "note"}, pgx.CopyFromRows(rows)); err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	run := func(query string) (string, error) {
		return runList(t, "build", "--name", "crm", "--key", filepath.Join(dir, "company.key"), "--out", filepath.Join(dir, "crm.list"),
			"--columns", "name=NAME,mobile=phone", "--dsn", dsn, "--query", query)
	}
	if out, err := runList(t, "key", "create", "--out", filepath.Join(dir, "company.key")); err != nil {
		t.Fatal(out, err)
	}
	out, err := run("SELECT phone, name FROM customers")
	if err != nil || !strings.Contains(out, "5000 rows (1 skipped") {
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

	if out, err := runList(t, "key", "create", "--out", filepath.Join(dir, "company.key")); err == nil {
		t.Fatalf("an endpoint key was written over: %s", out)
	}
	if out, err := runList(t, "key", "create", "--out", filepath.Join(dir, "new", "company.key")); err == nil {
		t.Fatalf("written into no folder: %s", out)
	}
	if err := os.Remove(filepath.Join(dir, "company.endpoint.key")); err != nil {
		t.Fatal(err)
	}
	if out, err := runList(t, "key", "create", "--out", filepath.Join(dir, "company.key")); err != nil {
		t.Fatal(out, err)
	}
	for query, want := range map[string]string{
		"SELECT name, phone FROM customer":                            "42P01",
		"DELETE FROM customers RETURNING name, phone":                 "25006",
		"SELECT name, (name || note)::bigint AS phone FROM customers": "22P02",
	} {
		_, err := run(query)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if strings.Contains(err.Error(), people[0].Name) || strings.Contains(err.Error(), "@") {
			t.Errorf("%s: the error quotes data", query)
		}
	}
}

func mobile(t *testing.T, s string) (n int64) {
	t.Helper()
	for _, d := range s {
		n = 10*n + int64(d-'0')
	}
	return n
}

// runList runs a list command and answers what it prints.
func runList(t *testing.T, args ...string) (string, error) {
	t.Helper()
	catalog, err := message.Load(messages)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	term := &terminal{out: &out, err: &out, Printer: catalog.Printer("en")}
	cmd := newListCommand(term)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(args)
	err = cmd.ExecuteContext(context.Background())
	return out.String(), errors.Join(err)
}
