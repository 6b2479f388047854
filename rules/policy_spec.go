package rules

import "github.com/trustline/trustline/rules/strictyaml"

// The following mirror a policy file field by field. docs/policy.md says what
// each field means; a test keeps the two together.

type (
	scalar = strictyaml.Scalar
	place  = strictyaml.Place
)

type policySpec struct {
	Place   place
	Version scalar `yaml:"version"`
	Name    scalar `yaml:"name"`
	Mode    scalar `yaml:"mode"`
	// Pictures says what of pictures is read.
	Pictures *picturesSpec `yaml:"pictures"`
	// Departments say who belongs to which part of the company.
	Departments []departmentSpec `yaml:"departments"`
	// Detectors are kinds of data that the company describes itself.
	Detectors []detectorSpec `yaml:"detectors"`
	Classes   []classSpec    `yaml:"classes"`
	Rules     []ruleSpec     `yaml:"rules"`
	// Isolation says what the action isolate closes off.
	Isolation *isolationSpec `yaml:"isolation"`
	// Devices are media with whom they belong to.
	Devices []registeredSpec `yaml:"devices"`
	// Levels grade kinds of data as the company does.
	Levels []levelSpec `yaml:"levels"`
	// Retention says how long files are kept, Minimum what lists do without.
	Retention []retentionSpec `yaml:"retention"`
	Minimum   []minimumSpec   `yaml:"minimum"`
}

type picturesSpec struct {
	Place place
	Codes scalar `yaml:"codes"`
	Text  scalar `yaml:"text"`
}

type isolationSpec struct {
	Place      place
	Mode       scalar   `yaml:"mode"`
	AfterCrash scalar   `yaml:"after-crash"`
	Internal   []scalar `yaml:"internal"`
	Allow      []scalar `yaml:"allow"`
}

type classSpec struct {
	Place place
	ID    scalar        `yaml:"id"`
	Name  textSpec      `yaml:"name"`
	Level scalar        `yaml:"level"`
	Any   []contentSpec `yaml:"any"`
	All   []contentSpec `yaml:"all"`
}

// contentSpec is one condition on content; exactly one field is given.
type contentSpec struct {
	Place   place
	Records *recordsSpec `yaml:"records"`
	Count   *countSpec   `yaml:"count"`
	Exact   *exactSpec   `yaml:"exact"`
	Similar *similarSpec `yaml:"similar"`
}

type recordsSpec struct {
	Place   place
	AtLeast scalar   `yaml:"at-least"`
	Of      []scalar `yaml:"of"`
	Except  []scalar `yaml:"except-list"`
}

type exactSpec struct {
	Place   place
	List    scalar   `yaml:"list"`
	AtLeast scalar   `yaml:"at-least"`
	Fields  scalar   `yaml:"fields"`
	Except  []scalar `yaml:"except-list"`
}

type similarSpec struct {
	Place   place
	Set     scalar `yaml:"set"`
	AtLeast scalar `yaml:"at-least"`
}

type countSpec struct {
	Place      place
	Class      scalar `yaml:"class"`
	AtLeast    scalar `yaml:"at-least"`
	Distinct   scalar `yaml:"distinct"`
	Confidence scalar `yaml:"confidence"`
}

type ruleSpec struct {
	Place       place
	ID          scalar      `yaml:"id"`
	Title       textSpec    `yaml:"title"`
	When        *whenSpec   `yaml:"when"`
	Unless      *unlessSpec `yaml:"unless"`
	Action      scalar      `yaml:"action"`
	Severity    scalar      `yaml:"severity"`
	EmployeeMay []scalar    `yaml:"employee-may"`
	Message     textSpec    `yaml:"message"`
}

// whenSpec says what is there and where it is going.
type whenSpec struct {
	Place      place
	Class      []scalar     `yaml:"class"`
	Level      scalar       `yaml:"level"`
	People     scalar       `yaml:"people"`
	Unreadable []scalar     `yaml:"unreadable"`
	Rolling    *rollingSpec `yaml:"rolling"`
	File       *fileSpec    `yaml:"file"`
	circumstanceSpec
}

// unlessSpec has no field on content, which keeps a policy monotone.
type unlessSpec struct {
	Place place
	circumstanceSpec
}

// circumstanceSpec says who does it and where it is going.
type circumstanceSpec struct {
	Channel    []scalar    `yaml:"channel"`
	Operation  []scalar    `yaml:"operation"`
	Person     []scalar    `yaml:"person"`
	Group      []scalar    `yaml:"group"`
	Department []scalar    `yaml:"department"`
	Program    []scalar    `yaml:"program"`
	Path       []scalar    `yaml:"destination"`
	Share      []scalar    `yaml:"share"`
	Host       []scalar    `yaml:"host"`
	Device     *deviceSpec `yaml:"device"`
	Network    []scalar    `yaml:"network"`
	Time       *timeSpec   `yaml:"time"`
}

type deviceSpec struct {
	Place     place
	Vendor    []scalar `yaml:"vendor"`
	Model     []scalar `yaml:"model"`
	Serial    []scalar `yaml:"serial"`
	Bus       []scalar `yaml:"bus"`
	Encrypted scalar   `yaml:"encrypted"`
	Owner     []scalar `yaml:"owner"`
}

type fileSpec struct {
	Place      place
	Name       []scalar `yaml:"name"`
	Type       []scalar `yaml:"type"`
	Label      []scalar `yaml:"label"`
	LargerThan scalar   `yaml:"larger-than"`
}

type rollingSpec struct {
	Place  place
	People scalar `yaml:"people"`
	Within scalar `yaml:"within"`
}

// textSpec is a text by language, or one text for all of them.
type textSpec struct {
	Place place
	En    scalar `yaml:"en"`
	Zh    scalar `yaml:"zh"`
}

// ReadScalar takes one text for all languages.
func (t *textSpec) ReadScalar(s scalar) { t.En, t.Zh = s, s }

func (t *textSpec) localized() Localized {
	l := Localized{}
	for lang, s := range map[string]scalar{"en": t.En, "zh": t.Zh} {
		if s.Text != "" {
			l[lang] = s.Text
		}
	}
	return l
}
