package uploader

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/trustline/trustline/orders"
)

// ordersPatience is for one request that the console may keep waiting.
const ordersPatience = orders.MaxWait + 30*time.Second

// Orders asks what the console has to tell this machine. With the tag of the
// orders it has, the answer takes until there are others, for at most
// orders.MaxWait: changed is false when there are none. Without a tag it comes
// at once. Close breaks it off.
func (c *Client) Orders(ctx context.Context, tag string) (o orders.Orders, newTag string, changed bool, err error) {
	if _, err := c.certificate(); err != nil {
		return o, "", false, err
	}
	ctx, cancel := context.WithTimeout(ctx, ordersPatience)
	defer cancel()
	// A request that waits would go on showing the certificate it began with.
	defer context.AfterFunc(c.wait(), cancel)()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.JoinPath(orders.Path).String(), nil)
	if err != nil {
		return o, "", false, fmt.Errorf("prepare request: %w", err)
	}
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	req.Header.Set("User-Agent", c.agent)
	res, err := c.waiting.Do(req)
	if err != nil {
		return o, "", false, fmt.Errorf("ask for orders: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotModified && tag != "" {
		return o, tag, false, nil
	}
	body, _, err := c.read(res, orders.MaxSize)
	if err != nil {
		return o, "", false, fmt.Errorf("ask for orders: %w", err)
	}
	if o, err = orders.Parse(body); err != nil {
		return o, "", false, fmt.Errorf("%w: %w", errAnswer, err)
	}
	return o, res.Header.Get("ETag"), true, nil
}

// wait answers a context that ends with the next Close.
func (c *Client) wait() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

// breakOff ends the requests that wait.
func (c *Client) breakOff() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shut()
	c.open, c.shut = context.WithCancel(context.Background())
}
