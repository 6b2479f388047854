package prompt

import (
	"cmp"
	"embed"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/activity"
)

//go:embed messages
var messages embed.FS

// Text is a notice in one language.
type Text struct {
	Title string   // one line
	Lines []string // what happened and why, what one can do, what the policy says
}

// Body is the lines as one text.
func (t Text) Body() string { return strings.Join(t.Lines, "\n") }

// texts are read once, when they are first needed.
var texts = sync.OnceValues(func() (*message.Catalog, error) { return message.Load(messages) })

// Render says a notice in a language, "en" or "zh".
func Render(n Notice, language string) (Text, error) {
	catalog, err := texts()
	if err != nil {
		return Text{}, err
	}
	return render(catalog.Printer(language), n.harmless(), 0), nil
}

// maxClassNames is how many classes a sentence names.
const maxClassNames = 4

// render says the notice. More is how many other files the same thing
// happened to just before.
func render(p *message.Printer, n Notice, more int) Text {
	w := words{p, n, more}
	t := Text{Title: p.Text(w.forChannel("title."+w.ending()), message.Args{"Files": w.files(), "Medium": w.medium()})}
	facts := []string{p.Text(w.forChannel("ending." + w.ending()))}
	if w.answers() {
		t.Lines = append(t.Lines, facts[0])
		if why := w.policys(n.Words.Message); why != "" {
			t.Lines = append(t.Lines, p.Text("answer.why", message.Args{"Why": why}))
		}
		return t
	}
	if n.Action != "isolate" && n.Action != Closed {
		facts = append(w.reason(), facts...)
	}
	t.Lines = []string{w.sentences(facts), w.sentences(w.waysOn())}
	if advice := w.policys(n.Words.Message); advice != "" {
		t.Lines = append(t.Lines, advice)
	}
	if rule := w.policys(n.Words.Title); rule != "" {
		t.Lines = append(t.Lines, p.Text("rule", message.Args{"Rule": rule}))
	}
	return t
}

type words struct {
	*message.Printer
	n    Notice
	more int
}

// ending is how it ended for the person, never better than it did.
func (w words) ending() string {
	switch {
	case w.answers():
		return w.n.Action
	case w.n.Action == "isolate":
		return "isolated"
	case w.n.Action == Closed:
		return Closed
	case w.n.Action == "warn":
		return "warned"
	case w.n.Outcome == "prevented":
		return "prevented"
	case w.n.Outcome == "undone":
		return "undone"
	}
	return "seen"
}

// forChannel answers the id of the channel's own text where it has one.
func (w words) forChannel(id string) string {
	if own := id + "." + w.n.Channel; w.Has(own) {
		return own
	}
	return id
}

// answers tells notices about what others decided.
func (w words) answers() bool {
	switch w.n.Action {
	case Granted, Refused, Withdrawn, Destroyed:
		return true
	}
	return false
}

func (w words) files() string {
	args := message.Args{"File": w.n.File, "More": w.more, "All": w.more + 1}
	switch {
	case w.n.File == "" && w.n.Channel == string(activity.Clipboard): // text has no name
		return w.Text("files.clipboard")
	case w.n.File == "": // it is about the medium as a whole
		return w.Text("files.any")
	case w.more == 1:
		return w.Text("files.two", args)
	case w.more > 1:
		return w.Text("files.many", args)
	}
	return w.Text("files.one", args)
}

func (w words) medium() string {
	if w.n.Medium != "" {
		return w.Text("medium.named", message.Args{"Medium": w.n.Medium})
	}
	return w.Text(mediumID(w.n.Channel))
}

func (w words) reason() []string {
	switch {
	case w.n.Reason == "unreadable":
		return []string{w.Text(w.forChannel(w.known("unreadable."+w.n.Unreadable, "unreadable.other")))}
	case w.n.Reason == "rolling-total":
		return []string{w.found(), w.Text(w.forChannel("rolling"), message.Args{"Medium": w.medium(), "People": w.number(w.n.Rolling)})}
	case w.n.Reason == "activity", len(w.n.Classes) == 0 && w.n.People == 0: // whatever is in it
		return []string{w.Text(w.forChannel("default"))}
	}
	return []string{w.found()}
}

// found says what is in the file.
func (w words) found() string {
	id := "found.people"
	switch {
	case w.n.People == 1:
		id = "found.person"
	case w.n.People == 0:
		id = "found.data"
	}
	s := w.Text(id, message.Args{"Subject": w.subject(), "People": w.number(w.n.People)})
	if names := w.classNames(); names != "" {
		s += w.Text("found.classes", message.Args{"Classes": names})
	}
	if len(w.n.Samples) > 0 {
		s += w.Text("found.samples", message.Args{"Samples": strings.Join(w.n.Samples, w.Text("list.comma"))})
	}
	return s + w.Text("list.stop")
}

func (w words) subject() string {
	if w.more > 0 {
		return w.Text(w.forChannel("subject.last"))
	}
	if w.n.Operation == string(activity.Copy) && w.n.File != "" {
		return w.Text("subject.name")
	}
	return w.either("subject."+w.n.Operation, "subject.write")
}

func (w words) classNames() string {
	var names []string
	for _, id := range w.n.Classes {
		if name := cmp.Or(w.either("class."+id, ""), w.policys(w.n.Words.Data[id])); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > maxClassNames {
		names = append(names[:maxClassNames], w.Text("class.more"))
	}
	return strings.Join(names, w.Text("list.comma"))
}

// waysOn says what the person can do now.
func (w words) waysOn() []string {
	switch w.n.Action {
	case "warn":
		return []string{w.Text(w.forChannel("ways.warned"))}
	case "isolate":
		return []string{w.Text("ways.isolated")}
	}
	var lines []string
	if w.n.Reason == "unreadable" && w.n.Unreadable == "encrypted" {
		lines = append(lines, w.Text("ways.encrypted"))
	}
	var ways []string
	may := w.n.EmployeeMay
	if w.n.Action == "justify" {
		may = append([]string{"justify"}, may...)
	}
	for _, id := range may {
		if way := w.either("may."+id, ""); way != "" {
			ways = append(ways, way)
		}
	}
	if len(ways) == 0 {
		return append(lines, w.Text(w.forChannel("ways.none")))
	}
	return append(lines, w.Text("ways.some", message.Args{"Ways": strings.Join(ways, w.Text("list.or"))}))
}

// policys answers the policy's own words, in another language rather than not
// at all.
func (w words) policys(own map[string]string) string {
	return cmp.Or(own[w.Language()], own["en"], own["zh"])
}

// sentences puts whole sentences one after the other.
func (w words) sentences(list []string) string {
	s := list[0]
	for _, next := range list[1:] {
		s = w.Text("sentences", message.Args{"Before": s, "Next": next})
	}
	return s
}

// either answers the text of an id made from data, or another one's when this
// version has none.
func (w words) either(id, other string) string {
	if w.Has(id) {
		return w.Text(id)
	}
	if other == "" {
		return ""
	}
	return w.Text(other)
}

// known is an id made from data, or another one when this version has no text
// for it.
func (w words) known(id, other string) string {
	if w.Has(id) {
		return id
	}
	return other
}

// number groups thousands, as both languages do.
func (w words) number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
