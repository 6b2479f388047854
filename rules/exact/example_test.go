package exact_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/trustline/trustline/rules/exact"
	"github.com/trustline/trustline/rules/listfile"
)

// A company's table becomes a signed file that nobody can read customers from;
// an endpoint finds them with it, offline.
func Example() {
	dir, err := os.MkdirTemp("", "list")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	found, err := match(filepath.Join(dir, "customers.list"), dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found[0].List, found[0].People(2, nil), "people by two fields")
	// Output: customers 1 people by two fields
}

func match(path, dir string) ([]exact.Match, error) {
	key, err := listfile.NewKey()
	if err != nil {
		return nil, err
	}
	b, err := exact.NewBuilder(key, []exact.Column{{Name: "mobile", Kind: exact.Mobile, Primary: true}, {Name: "name", Kind: exact.Name}}, dir)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	for _, row := range [][]string{{"13826471905", "王小明"}, {"13916472058", "李丽"}} {
		if err := b.Add(row); err != nil {
			return nil, err
		}
	}
	ctx := context.Background()
	if _, err := b.Write(ctx, path, "customers", 1, time.Now().UTC(), nil); err != nil {
		return nil, err
	}
	list, err := exact.Open(ctx, path, listfile.Ring{key.Endpoint()}, 0)
	if err != nil {
		return nil, err
	}
	defer list.Close()
	m, err := exact.NewMatcher([]*exact.List{list})
	if err != nil {
		return nil, err
	}
	m.Begin()
	m.Write([]byte("王小明 138-2647-1905 下周回访；赵六 13716472058\n"))
	found, _ := m.Close()
	return found, nil
}
