package uploader

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/trustline/trustline/orders"
)

// listPatience is for one request for a list; what it does not bring the next
// one does.
const listPatience = 3 * time.Minute

// List asks for the bytes of a list, named by their SHA-256, from an offset on,
// and writes them to w: at most those up to size. After an error w may have got
// some, which are right as far as the console is to be trusted: the caller
// checks the whole.
func (c *Client) List(ctx context.Context, sum string, from, size int64, w io.Writer) error {
	if _, err := c.certificate(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.JoinPath(orders.ListPath, sum).String(), nil)
	if err != nil {
		return fmt.Errorf("prepare request: %w", err)
	}
	want := http.StatusOK
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
		want = http.StatusPartialContent
	}
	req.Header.Set("User-Agent", c.agent)
	res, err := c.long.Do(req)
	if err != nil {
		return fmt.Errorf("fetch a list: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != want {
		// Read for what it refuses; a yes of another kind is none.
		if _, _, err := c.read(res, maxAnswer); err != nil {
			return fmt.Errorf("fetch a list: %w", err)
		}
		return fmt.Errorf("fetch a list: %w: status %d", errAnswer, res.StatusCode)
	}
	if from > 0 && !strings.HasPrefix(res.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", from)) {
		return fmt.Errorf("fetch a list: %w: another part than asked for", errAnswer)
	}
	n, err := io.Copy(w, io.LimitReader(res.Body, size-from))
	if err != nil {
		return fmt.Errorf("fetch a list: %w", err)
	}
	if more, _ := io.CopyN(io.Discard, res.Body, 1); more > 0 || n < size-from {
		return fmt.Errorf("fetch a list: %w: %d bytes from %d on, and not the end of %d", errAnswer, n, from, size)
	}
	return nil
}
