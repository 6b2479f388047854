package uploader

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/trustline/trustline/enrol"
)

var jsonBody = map[string]string{"Content-Type": "application/json"}

// Enrol asks for this machine's first certificate and answers the reply as it
// came: enrol.ParseReply tells whether it may be used. It shows no certificate.
func (c *Client) Enrol(ctx context.Context, r enrol.Request) ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode the request to enrol: %w", err)
	}
	reply, _, err := c.exchange(ctx, enrol.Path, body, jsonBody)
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	return reply, nil
}

// Renew asks for this machine's next certificate with the present one and
// answers the reply as it came.
func (c *Client) Renew(ctx context.Context, r enrol.Renewal) ([]byte, error) {
	if _, err := c.certificate(); err != nil {
		return nil, err
	}
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode the request for a certificate: %w", err)
	}
	reply, _, err := c.exchange(ctx, enrol.RenewPath, body, jsonBody)
	if err != nil {
		return nil, fmt.Errorf("renew the certificate: %w", err)
	}
	return reply, nil
}
