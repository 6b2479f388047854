package store_test

import (
	"testing"
	"time"

	"github.com/trustline/trustline/console/store"
)

func BenchmarkAddIncidents(b *testing.B) {
	s, n := open(b, b.TempDir()), 0
	for b.Loop() {
		b.StopTimer()
		batch := samples(b, 500)
		for k := range batch {
			batch[k].Time = batch[k].Time.Add(time.Duration(n) * time.Minute)
		}
		n++
		b.StartTimer()
		add(b, s, batch)
	}
	b.ReportMetric(500*float64(b.N)/b.Elapsed().Seconds(), "incidents/s")
}

func BenchmarkIncidents(b *testing.B) {
	s := open(b, b.TempDir())
	for n := range 80 {
		batch := samples(b, 500)
		for k := range batch {
			batch[k].Time = batch[k].Time.Add(time.Duration(n) * time.Minute)
		}
		add(b, s, batch)
	}
	for name, f := range map[string]store.Filter{"newest": {}, "person": {Person: "陈静"}, "search": {Text: "nothing like this"}, "two": {Person: "陈静", Severity: "none"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Incidents(b.Context(), f, 50, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
