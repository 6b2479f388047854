package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/dustin/go-humanize"
	"github.com/rivo/uniseg"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
)

// scanReport prints what was found, file by file, and sums it up.
type scanReport struct {
	*terminal
	options scanOptions
	policy  *rules.Policy // names data it describes itself
	before  func()        // clears the progress bar before a line is printed

	files, sensitive, unreadable int
	pictures                     int // not read
	bytes                        int64
	people                       map[uint64]bool
	unnamed                      int // people beyond those with a key
	classes                      map[detect.Class]*classTotal
	interrupted                  bool
}

type classTotal struct{ count, files int }

// scanLine is one line of --json: what scripts rely on.
type scanLine struct {
	Path     string                `json:"path"`
	Status   rules.Status          `json:"status"`
	People   int                   `json:"people"`
	Classes  []detect.ClassSummary `json:"classes"`
	Reason   rules.Reason          `json:"reason,omitempty"`
	Type     string                `json:"type,omitempty"`
	Pictures int                   `json:"pictures_unread,omitempty"` // the policy does not ask for their text
	Findings []findingLine         `json:"findings,omitempty"`        // with --show
}

type findingLine struct {
	Class      detect.Class `json:"class"`
	Masked     string       `json:"masked"`
	Location   string       `json:"location,omitempty"`
	Line       int          `json:"line,omitempty"`
	Confidence float64      `json:"confidence"`
	Reasons    []string     `json:"reasons,omitempty"`
}

func newScanReport(t *terminal, o scanOptions, policy *rules.Policy) *scanReport {
	return &scanReport{
		terminal: t, options: o, policy: policy, before: func() {},
		people: map[uint64]bool{}, classes: map[detect.Class]*classTotal{},
	}
}

// add takes one file.
func (r *scanReport) add(s scanned) error {
	line := r.line(s)
	r.files++
	r.bytes += s.content.Summary.Bytes
	r.pictures += s.content.Pictures
	if line.Status == rules.Sensitive {
		r.sensitive++
		r.count(s.content.Summary)
		for _, c := range line.Classes {
			total := r.classes[c.Class]
			if total == nil {
				total = &classTotal{}
				r.classes[c.Class] = total
			}
			total.count += c.Count
			total.files++
		}
	}
	if line.Reason != "" {
		r.unreadable++
	}
	if r.options.json {
		return json.NewEncoder(r.out).Encode(line)
	}
	return r.print(line, s.err)
}

// count adds the people of a file; one who stands in several counts once.
func (r *scanReport) count(s detect.Summary) {
	for _, key := range s.PeopleKeys {
		r.people[key] = true
	}
	r.unnamed += max(0, s.People-len(s.PeopleKeys))
}

// line applies the confidence asked for.
func (r *scanReport) line(s scanned) scanLine {
	line := scanLine{
		Path: s.path, Status: s.content.Status, People: s.content.Summary.People,
		Reason: s.content.Reason, Type: s.content.Type, Pictures: s.content.Pictures, Classes: []detect.ClassSummary{},
	}
	for _, c := range s.content.Summary.Classes {
		if c.Confidence >= r.options.minConfidence {
			line.Classes = append(line.Classes, c)
		}
	}
	switch {
	case len(line.Classes) > 0:
		line.Status = rules.Sensitive
	case line.Reason != "":
		line.Status, line.People = rules.Unreadable, 0
	default:
		line.Status, line.People = rules.Clean, 0
	}
	if r.options.show {
		for _, f := range s.content.Summary.Findings {
			if f.Confidence >= r.options.minConfidence {
				line.Findings = append(line.Findings, findingLine{f.Class, f.Masked, f.Location, f.Line, f.Confidence, f.Reasons})
			}
		}
	}
	return line
}

// print says what there is to say about one file; a clean one needs no word.
func (r *scanReport) print(line scanLine, err error) error {
	if line.Status == rules.Clean {
		return nil
	}
	r.before()
	var b strings.Builder
	b.WriteString(harmless(line.Path))
	b.WriteByte('\n')
	if line.Status == rules.Sensitive {
		var parts []string
		if line.People > 0 {
			parts = append(parts, r.Text("scan.people", message.Args{"People": humanize.Comma(int64(line.People))}))
		}
		for _, c := range line.Classes {
			parts = append(parts, r.className(r.policy, c.Class)+" "+humanize.Comma(int64(c.Count)))
		}
		fmt.Fprintf(&b, "  %s\n", strings.Join(parts, r.Text("scan.separator")))
	}
	if line.Reason != "" {
		fmt.Fprintf(&b, "  %s\n", r.Text("scan.unreadable", message.Args{"Reason": r.reason(line.Reason, err)}))
	}
	r.printFindings(&b, line.Findings)
	_, werr := fmt.Fprint(r.out, b.String())
	return werr
}

// className is what people call a class of data, or the policy does.
func (t *terminal) className(policy *rules.Policy, class detect.Class) string {
	if own := policy.DataName(class); own != nil {
		return harmless(own.In(t.Language()))
	}
	return rules.ClassName(class, t.Language())
}

func (r *scanReport) printFindings(b *strings.Builder, findings []findingLine) {
	var rows [][]string
	for _, f := range findings {
		rows = append(rows, []string{"   ", r.where(f), r.className(r.policy, f.Class), harmless(f.Masked), fmt.Sprintf("%.2f", f.Confidence), harmless(rules.WhyTexts(f.Reasons, r.Language()))})
	}
	b.WriteString(table(rows))
}

// inSheet is a location that names a cell.
var inSheet = regexp.MustCompile(`(^|!)[A-Z]{1,3}[0-9]+$`)

func (r *scanReport) where(f findingLine) string {
	line := message.Args{"Line": f.Line}
	switch {
	case f.Location == "":
		return r.Text("scan.line", line)
	case f.Line > 0 && !inSheet.MatchString(f.Location):
		return harmless(f.Location) + r.Text("scan.in-line", line)
	}
	return harmless(f.Location)
}

func (r *scanReport) reason(reason rules.Reason, err error) string {
	switch id := "scan.reason." + string(reason); {
	case r.Has(id):
		return r.Text(id)
	case err != nil:
		return harmless(err.Error())
	}
	return rules.ReasonText(reason, r.Language())
}

// finish prints the totals.
func (r *scanReport) finish(interrupted bool) error {
	r.interrupted = interrupted
	if interrupted {
		fmt.Fprintln(r.err, r.Text("scan.interrupted", message.Args{"Files": humanize.Comma(int64(r.files))}))
	}
	if r.options.json {
		return nil
	}
	var b strings.Builder
	if len(r.classes) > 0 {
		rows := [][]string{{r.Text("scan.head.class"), r.Text("scan.head.count"), r.Text("scan.head.files")}}
		for _, class := range sortedClasses(r.classes) {
			total := r.classes[class]
			rows = append(rows, []string{r.className(r.policy, class), humanize.Comma(int64(total.count)), humanize.Comma(int64(total.files))})
		}
		b.WriteByte('\n')
		b.WriteString(table(rows))
		b.WriteByte('\n')
	}
	b.WriteString(r.Text("scan.total", message.Args{
		"Files": humanize.Comma(int64(r.files)), "Size": humanize.IBytes(uint64(max(0, r.bytes))),
		"Sensitive": humanize.Comma(int64(r.sensitive)), "Unreadable": humanize.Comma(int64(r.unreadable)),
		"People": humanize.Comma(int64(len(r.people) + r.unnamed)),
	}))
	if r.pictures > 0 {
		b.WriteString("\n" + r.Text("scan.pictures", message.Args{"Pictures": humanize.Comma(int64(r.pictures))}))
	}
	_, err := fmt.Fprintln(r.out, strings.TrimRight(b.String(), "\n"))
	return err
}

// status is the exit code: a finding outranks what could not be read.
func (r *scanReport) status() error {
	switch {
	case r.sensitive > 0:
		return exitStatus(exitFound)
	case r.unreadable > 0 || r.interrupted:
		return exitStatus(exitError)
	}
	return nil
}

func sortedClasses(classes map[detect.Class]*classTotal) []detect.Class {
	var ids []detect.Class
	for class := range classes {
		ids = append(ids, class)
	}
	slices.Sort(ids)
	return ids
}

// table sets rows in columns as wide as their widest cell on a terminal, where
// a Chinese character is two columns wide.
func table(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// harmless makes what stands in files and names safe to print: nothing in it
// can steer the terminal.
func harmless(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsGraphic(c) && !unicode.Is(unicode.Cf, c) {
			return c
		}
		return unicode.ReplacementChar
	}, s)
}
