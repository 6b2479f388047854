// Command eval measures how well customer data is found: precision, recall and
// F1 for every class and for customer lists, over generated documents with
// ground truth and hard negatives in equal number. With -ordinary it counts
// false customer lists over files that hold none.
//
//	go run ./rules/eval                      print the table
//	go run ./rules/eval -seed 7 -detail      another corpus, every miss explained
//	go run ./rules/eval -write docs/accuracy.md
//	go run ./rules/eval -update              make today's counts the baseline
//	go run ./rules/eval -ordinary /usr/share,/usr/include
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/trustline/trustline/rules/eval/corpus"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "eval:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("eval", flag.ContinueOnError)
	seed := flags.Uint64("seed", baselineSeed, "seed of the corpus")
	n := flags.Int("documents", 2000, "documents of each grade")
	detail := flags.Bool("detail", false, "explain every miss and every false find")
	write := flags.String("write", "", "write the report to this `file` as well")
	update := flags.Bool("update", false, "make today's counts the baseline")
	dirs := flags.String("ordinary", "", "count false customer lists over the files of these `folders`, parted by commas")
	most := flags.Int("files", 12000, "files looked at with -ordinary, evenly over all there are")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *update {
		s, err := score(corpus.Generate(baselineSeed, baselineDocuments), nil)
		if err != nil {
			return err
		}
		return os.WriteFile("rules/eval/"+baselineFile, []byte(format(s)), 0o644)
	}
	var ordinary *ordinaryResult
	if *dirs != "" {
		var err error
		if ordinary, err = lookAtOrdinary(strings.Split(*dirs, ","), *most); err != nil {
			return err
		}
	}
	var explained io.Writer
	if *detail {
		explained = out
	}
	scored, err := score(corpus.Generate(*seed, *n), explained)
	if err != nil {
		return err
	}
	r := report{seed: *seed, documents: *n, scores: scored, ordinary: ordinary}
	r.write(out)
	if *write == "" {
		return nil
	}
	f, err := os.Create(*write)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	r.write(f)
	return f.Close()
}
