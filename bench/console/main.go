// Command console measures the console: how many incidents a second it takes
// in over its API with everything on disk, and how long the page of incidents
// takes to draw from a full database.
//
//	go run ./bench/console
//	go run ./bench/console -incidents 1000000
package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/trustline/trustline/console"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader"
	"github.com/trustline/trustline/uploader/incident"
)

func main() {
	incidents := flag.Int("incidents", 100_000, "how many `incidents` to send")
	agents := flag.Int("agents", 4, "how many `agents` send at once")
	flag.Parse()
	if err := measure(context.Background(), *incidents, *agents); err != nil {
		fmt.Fprintln(os.Stderr, "bench console:", err)
		os.Exit(1)
	}
}

type bench struct {
	*console.Console
	http  *http.Client
	agent *http.Client // of one machine
}

func measure(ctx context.Context, incidents, agents int) (err error) {
	dir, err := os.MkdirTemp("", "trustline-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	con, err := console.New(ctx, console.Config{Data: dir, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	con.Start()
	b := &bench{Console: con, http: &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: agents},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	defer func() {
		b.http.CloseIdleConnections()
		if b.agent != nil {
			b.agent.CloseIdleConnections()
		}
		err = errors.Join(err, con.Stop(ctx))
	}()
	if b.agent, err = b.enrolled(ctx, dir, agents); err != nil {
		return err
	}
	if err := b.ingest(ctx, incidents, agents); err != nil {
		return err
	}
	return b.pages(ctx)
}

// ingest sends incidents in batches from several agents at once. Making the
// batches is not counted; sending, decompressing and storing them is.
func (b *bench) ingest(ctx context.Context, incidents, agents int) error {
	const round = 20_000 // bounds what is in memory
	var took time.Duration
	for done := 0; done < incidents; done += round {
		batches, err := prepare(done, min(round, incidents-done))
		if err != nil {
			return err
		}
		begin := time.Now()
		errs := make([]error, agents)
		var wg sync.WaitGroup
		for a := range agents {
			wg.Go(func() {
				for n := a; n < len(batches) && errs[a] == nil; n += agents {
					errs[a] = b.send(ctx, batches[n])
				}
			})
		}
		wg.Wait()
		took += time.Since(begin)
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	fmt.Printf("in    %d incidents, %d agents: %.0f incidents/s\n", incidents, agents, float64(incidents)/took.Seconds())
	return nil
}

func prepare(from, count int) (batches [][]byte, err error) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var lines bytes.Buffer
	for n := range count {
		i, err := made(from + n)
		if err != nil {
			return nil, err
		}
		if err := json.NewEncoder(&lines).Encode(i); err != nil {
			return nil, err
		}
		if (n+1)%incident.MaxBatch == 0 || n == count-1 {
			batches = append(batches, z.EncodeAll(lines.Bytes(), nil))
			lines.Reset()
		}
	}
	return batches, nil
}

// made is a typical incident: a list of customers stopped on its way to a stick.
func made(n int) (incident.Incident, error) {
	i, err := incident.New(incident.Activity, time.Now().Add(-time.Duration(n)*time.Second))
	if err != nil {
		return i, err
	}
	i.Severity = []incident.Severity{incident.High, incident.Medium, incident.Low}[n%3]
	i.Machine = incident.Machine{ID: machine, Name: fmt.Sprintf("ws-%04d", n%2000), OS: "linux"}
	i.Person, i.Program = incident.Person{User: fmt.Sprintf("user%d", n%2000), UID: 1000}, incident.Program{Path: "/usr/bin/cp", PID: n}
	i.Channel, i.Operation = "removable-media", "write"
	i.File = incident.File{Name: fmt.Sprintf("/media/USB/list-%d.csv", n), Size: 40_000, Type: "text/csv"}
	i.Destination = incident.Destination{Path: i.File.Name, Device: "/dev/sdb1", Bus: "usb", Vendor: "SanDisk", Model: "Ultra Fit", Serial: "4C530001", FileSystem: "exfat"}
	i.Decision = incident.Decision{Action: "block", Rule: "no-customer-list-on-removable-media", Reason: "class", PolicyVersion: "3+a1b2c3d4", Outcome: incident.Prevented}
	i.Content = incident.Content{Status: "sensitive", People: 500}
	for line := range 10 {
		i.Content.Matches = append(i.Content.Matches, incident.Match{Class: "cn-mobile", Masked: "138****1234", Location: fmt.Sprintf("line %d", line), Confidence: 0.97, Reasons: []string{"column heading 手机"}})
	}
	return i, nil
}

func (b *bench) send(ctx context.Context, batch []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.URL()+incident.IngestPath, bytes.NewReader(batch))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", incident.IngestType)
	req.Header.Set("Content-Encoding", "zstd")
	_, err = ask(b.agent, req, http.StatusOK)
	return err
}

// machine is the one that everything is sent as: a console looks every
// request's certificate up, whoever's it is.
const machine = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"

// enrolled makes that machine one of the fleet and answers its way to the
// console, over which several agents send at once.
func (b *bench) enrolled(ctx context.Context, dir string, agents int) (*http.Client, error) {
	s, err := store.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	token, err := s.CreateEnrolToken(ctx, "bench", 1, time.Now(), time.Time{})
	if err := errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	csr, err := enrol.NewCSR(key, machine)
	if err != nil {
		return nil, err
	}
	none := func() (*tls.Certificate, error) { return &tls.Certificate{}, nil }
	c, err := uploader.NewClient(uploader.Config{URL: b.URL(), Pin: b.Pin(), Version: "bench", Certificate: none})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	body, err := c.Enrol(ctx, enrol.Request{Token: token, CSR: csr, Machine: enrol.Facts{ID: machine, Name: "bench", OS: "linux", Version: "bench"}})
	if err != nil {
		return nil, err
	}
	reply, _, err := enrol.ParseReply(body, machine, &key.PublicKey, time.Now())
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, MaxIdleConnsPerHost: agents, TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, Certificates: []tls.Certificate{{Certificate: reply.Chain, PrivateKey: key}},
	}}}, nil
}

func (b *bench) do(req *http.Request, want int) (*http.Response, error) {
	return ask(b.http, req, want)
}

func ask(c *http.Client, req *http.Request, want int) (*http.Response, error) {
	res, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return nil, err
	}
	if res.StatusCode != want {
		return nil, fmt.Errorf("%s answered %s", req.URL.Path, res.Status)
	}
	return res, nil
}

// pages draws the pages people look at, one after the other.
func (b *bench) pages(ctx context.Context) error {
	form := url.Values{"name": {"bench"}, "password": {"a long password"}, "again": {"a long password"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.Setup(), strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := b.do(req, http.StatusSeeOther)
	if err != nil {
		return err
	}
	for _, p := range []struct{ name, path string }{
		{"newest", "/incidents"}, {"severity", "/incidents?severity=low"}, {"person", "/incidents?person=user77"},
		{"search", "/incidents?q=list-77"}, {"search, none", "/incidents?q=nothing-like-this"},
	} {
		times := make([]time.Duration, 100)
		for n := range times {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL()+p.path, nil)
			if err != nil {
				return err
			}
			req.Header.Set("HX-Request", "true")
			for _, c := range res.Cookies() {
				req.AddCookie(c)
			}
			begin := time.Now()
			if _, err := b.do(req, http.StatusOK); err != nil {
				return err
			}
			times[n] = time.Since(begin)
		}
		slices.Sort(times)
		fmt.Printf("page  %-12s median %v, p99 %v\n", p.name, times[len(times)/2].Round(time.Microsecond*100), times[len(times)-1-len(times)/100].Round(time.Microsecond*100))
	}
	return nil
}
