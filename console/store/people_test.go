package store_test

import (
	"errors"
	"testing"

	"github.com/trustline/trustline/console/store"
)

func TestAccountsComeAndGo(t *testing.T) {
	s := open(t, t.TempDir())
	first, err := s.AddAccount(t.Context(), li, store.Account{Name: "chen", Role: store.RoleAdministrator, Password: "hash"}, today)
	if err != nil || first.ID == "" {
		t.Fatal(err)
	}
	if _, err := s.AddAccount(t.Context(), li, store.Account{Name: "chen", Role: store.RoleReviewer}, today); !errors.Is(err, store.ErrTaken) {
		t.Errorf("the same name: %v", err)
	}
	if _, err := s.AddAccount(t.Context(), li, store.Account{Name: "wang", Role: store.RoleReviewer}, today); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveAccount(t.Context(), li, "chen", today); !errors.Is(err, store.ErrLast) {
		t.Errorf("the last administrator: %v", err)
	}
	if err := s.RemoveAccount(t.Context(), li, "nobody", today); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if err := s.RemoveAccount(t.Context(), li, "wang", today); err != nil {
		t.Fatal(err)
	}
	all, err := s.Accounts(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "chen" || all[0].Password != "" {
		t.Errorf("%+v %v", all, err)
	}
	if n, _, _, err := s.VerifyAudit(t.Context(), ""); err != nil || n != 3 {
		t.Errorf("%d entries, %v", n, err)
	}
}
