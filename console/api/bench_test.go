package api

import (
	"fmt"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/uploader/incident"
)

// BenchmarkIngest takes whole batches in, from several agents at once.
func BenchmarkIngest(b *testing.B) {
	f := serve(b)
	z, err := zstd.NewWriter(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			var lines []byte
			for n := range incident.MaxBatch {
				lines = append(lines, line(b, typical(b, n))...)
			}
			if w := f.ask("POST", incident.IngestPath, f.agent, "zstd", z.EncodeAll(lines, nil)); w.Code != 200 {
				b.Errorf("answered %d", w.Code)
			}
		}
	})
	b.ReportMetric(incident.MaxBatch*float64(b.N)/b.Elapsed().Seconds(), "incidents/s")
	if _, err := f.store.Incidents(b.Context(), store.Filter{}, 1, ""); err != nil {
		b.Error(err)
	}
}

// typical is what a list of customers on its way to a stick makes.
func typical(b *testing.B, n int) incident.Incident {
	i := record(b, time.Now())
	i.Kind, i.Person, i.Channel = incident.Activity, incident.Person{User: fmt.Sprintf("user%d", n), UID: 1000}, "removable-media"
	i.File = incident.File{Name: fmt.Sprintf("/media/USB/list-%d.csv", n), Size: 40_000, Type: "text/csv"}
	i.Decision = incident.Decision{Action: "block", Rule: "no-customer-list-on-removable-media", Reason: "class", PolicyVersion: "3+a1b2c3d4", Outcome: incident.Prevented}
	for k := range 10 {
		i.Content.Matches = append(i.Content.Matches, incident.Match{Class: "cn-mobile", Masked: "138****1234", Location: fmt.Sprintf("line %d", k), Confidence: 0.97, Reasons: []string{"column heading 手机"}})
	}
	return i
}
