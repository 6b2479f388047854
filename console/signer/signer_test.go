package signer

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestTheKeyIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	first, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir)
	if err != nil || !bytes.Equal(first.Key(), again.Key()) || !bytes.Equal(first.Secret("a"), again.Secret("a")) {
		t.Fatalf("another key the second time: %v", err)
	}
	if bytes.Equal(first.Secret("a"), first.Secret("b")) || len(first.Secret("a")) != 32 {
		t.Error("two machines share a secret")
	}
	info, err := os.Stat(filepath.Join(dir, fileName))
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the key: %v %v", info.Mode(), err)
	}
	other, err := Load(t.TempDir())
	if err != nil || bytes.Equal(first.Key(), other.Key()) {
		t.Errorf("two consoles share a key: %v", err)
	}
}

func TestADamagedKeyIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil {
		t.Fatal("a damaged key is used")
	}
	if left, err := os.ReadFile(path); err != nil || string(left) != "short" {
		t.Errorf("the damaged key was overwritten: %v", err)
	}
}
