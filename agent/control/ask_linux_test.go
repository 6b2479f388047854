package control

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestQuestionsAreAnsweredToWhoAsked(t *testing.T) {
	needRoot(t)
	s, path := start(t)
	type said struct {
		Text string `json:"text"`
	}
	s.Ask = func(_ context.Context, c Caller, about string, body json.RawMessage) (any, error) {
		var q said
		switch {
		case about == "refuse":
			return nil, Refusal("not-offered")
		case about == "fail":
			return nil, errors.New("secret of the service")
		case about == "long":
			return strings.Repeat("x", maxReply), nil
		case json.Unmarshal(body, &q) != nil:
			return nil, Refusal("incomplete")
		}
		return map[string]any{"uid": c.UID, "text": q.Text}, nil
	}
	c := connectAs(t, nobody, path)
	var got struct {
		UID  int    `json:"uid"`
		Text string `json:"text"`
	}
	if err := c.Ask(t.Context(), "hello", said{"你好"}, &got); err != nil || got.UID != nobody || got.Text != "你好" {
		t.Fatalf("%+v %v", got, err)
	}
	var no Refusal
	if err := c.Ask(t.Context(), "refuse", nil, nil); !errors.As(err, &no) || no != "not-offered" {
		t.Errorf("refused: %v", err)
	}
	if err := c.Ask(t.Context(), "other", []int{1}, nil); !errors.As(err, &no) || no != "incomplete" {
		t.Errorf("of another shape: %v", err)
	}
	for _, about := range []string{"fail", "long"} {
		if err := c.Ask(t.Context(), about, nil, nil); !errors.Is(err, ErrFailed) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", about, err)
		}
	}
	if err := c.Ask(t.Context(), "hello", said{strings.Repeat("x", maxRequest)}, nil); !errors.Is(err, ErrRefused) {
		t.Errorf("too long: %v", err)
	}
	if err := c.Ask(t.Context(), "hello", said{"still there"}, &got); err != nil || got.Text != "still there" {
		t.Errorf("afterwards: %+v %v", got, err)
	}
}
