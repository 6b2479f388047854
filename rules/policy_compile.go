package rules

import (
	"regexp"
	"slices"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/strictyaml"
)

// What a policy file may say. Words this version cannot honour are not here.
var (
	modes       = []Mode{Enforce, ReportOnly}
	severities  = []Severity{Low, Medium, High, Critical}
	channels    = []activity.Channel{activity.RemovableMedia, activity.NetworkShare, activity.SyncFolder, activity.Clipboard, activity.Print, activity.Network, activity.AtRest}
	operations  = []activity.Operation{activity.Write, activity.Name, activity.Attribute, activity.Copy, activity.CopyFile, activity.Connect, activity.Find}
	networks    = []string{"corporate", "vpn", "home", "public", "offline"}
	unreadables = []Reason{Encrypted, TooLarge, TooDeep, TimedOut, Corrupt, Truncated, Unsupported}
	waysOn      = []string{"masked-copy", "request-approval", "not-customer-data", "release-at-once", "silence"}
	dataClasses = []detect.Class{detect.PersonName, detect.CNMobile, detect.CNLandline, detect.CNResidentID, detect.BankCard, detect.Email, detect.Address,
		detect.USCC, detect.IBAN, detect.CNPermanentResidence, detect.CNResidencePermit, detect.HKID,
		detect.CNPassport, detect.HKMacauPass, detect.TaiwanPass, detect.PassportMRZ}
)

// anyReason stands for every reason why content could not be read.
const anyReason = "any"

// Bounds on a policy, far above what a company needs.
const (
	maxClasses    = 500
	maxRules      = 2_000
	maxConditions = 100       // in one class
	maxList       = 1_000     // entries of one list of words or patterns
	maxPeople     = 1_000_000 // of any threshold
	maxTitle      = 200       // bytes of a title or name
	maxMessage    = 1_000     // bytes of a message
	maxPattern    = 200       // bytes of a pattern
)

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

// compiler turns what was written into what is decided by.
type compiler struct {
	doc     *strictyaml.Document
	classes map[string]int // id -> index
	rules   map[string]int // id -> line
	lists   []listUse

	parts      []department      // of the company
	own        []detector        // the policy's, in its order
	described  []custom.Detector // what they look for
	grades     []KindLevel
	registered []registered
	counted    []detect.Class
}

func (c *compiler) policy(s *policySpec) *Policy {
	p := &Policy{
		version: c.text(s.Version, 64),
		name:    c.text(s.Name, maxTitle),
		mode:    oneOf(c, s.Mode, modes, Enforce),
	}
	if s.Place.Line == 0 {
		return p // not even a mapping: said already
	}
	c.require(s.Version, s.Place, "version")
	if len(s.Rules) == 0 {
		c.report(s.Place.In("rules"), "policy.missing")
	}
	c.most(len(s.Classes), maxClasses, s.Place.In("classes"))
	c.most(len(s.Rules), maxRules, s.Place.In("rules"))
	c.departments(s.Departments, s.Place)
	c.devices(s.Devices, s.Place)
	c.detectors(s.Detectors, s.Place)
	c.levels(s.Levels, s.Place)
	p.grades = c.grades
	for i := range s.Classes[:min(len(s.Classes), maxClasses)] {
		p.classes = append(p.classes, c.class(&s.Classes[i], i))
	}
	for i := range s.Rules[:min(len(s.Rules), maxRules)] {
		p.rules = append(p.rules, c.rule(&s.Rules[i]))
	}
	c.isolation(p, s)
	c.retention(p, s.Retention, s.Place)
	c.minimum(p, s.Minimum, s.Place)
	if s.Pictures != nil {
		p.pictures = Pictures{Codes: c.flag(s.Pictures.Codes, false), Text: c.flag(s.Pictures.Text, false)}
	}
	p.lists, p.own, p.custom = c.lists, c.own, c.looking(s.Place)
	p.described, p.counted = c.described, c.counted
	p.members, p.registry = newMembers(c.parts), newRegistry(c.registered, len(c.parts))
	return p
}

func (c *compiler) class(s *classSpec, index int) class {
	id := c.id(s.ID, s.Place)
	if id != "" {
		if _, again := c.classes[id]; again {
			c.report(s.ID.Place, "policy.repeated-id", "ID", id)
		} else {
			c.classes[id] = index
		}
	}
	cl := class{id: id, name: c.localized(s.Name, maxTitle)}
	if cl.level = c.level(s.Level); s.Level.Text == "" {
		cl.level = c.gradeOf(s)
	}
	if len(s.Any)+len(s.All) == 0 && s.Place.Line > 0 {
		c.report(s.Place, "policy.empty-class")
	}
	c.most(len(s.Any)+len(s.All), maxConditions, s.Place)
	cl.all = c.contents(s.All)
	cl.any = c.contents(s.Any)
	return cl
}

func (c *compiler) contents(specs []contentSpec) []condition {
	var conditions []condition
	for i := range specs[:min(len(specs), maxConditions)] {
		s := &specs[i]
		switch {
		case given(s.Records != nil, s.Count != nil, s.Exact != nil, s.Similar != nil) != 1:
			if s.Place.Line > 0 {
				c.report(s.Place, "policy.one-condition")
			}
		case s.Records != nil:
			conditions = append(conditions, c.records(s.Records))
		case s.Exact != nil:
			conditions = append(conditions, c.exact(s.Exact))
		case s.Similar != nil:
			conditions = append(conditions, c.similar(s.Similar))
		default:
			conditions = append(conditions, c.count(s.Count))
		}
	}
	return conditions
}

func (c *compiler) records(s *recordsSpec) condition {
	r := recordsCondition{atLeast: c.required(s.AtLeast, s.Place, "at-least")}
	for _, of := range c.list(s.Of) {
		r.of = append(r.of, oneOf(c, of, dataClasses, ""))
	}
	r.except = c.listNames(s.Except)
	slices.Sort(r.of)
	if r.of = slices.Compact(r.of); len(r.of) == 1 {
		c.report(s.Place.In("of"), "policy.one-class-record")
	}
	return r
}

func (c *compiler) count(s *countSpec) condition {
	c.require(s.Class, s.Place, "class")
	return countCondition{
		class:      c.dataClass(s.Class),
		atLeast:    c.required(s.AtLeast, s.Place, "at-least"),
		repeats:    !c.flag(s.Distinct, true),
		confidence: c.fraction(s.Confidence),
	}
}

func (c *compiler) rule(s *ruleSpec) rule {
	r := rule{
		id: c.id(s.ID, s.Place), line: s.Place.Line,
		title: c.localized(s.Title, maxTitle), message: c.localized(s.Message, maxMessage),
		action: c.action(s), reason: ReasonActivity,
	}
	if line, again := c.rules[r.id]; again && r.id != "" {
		c.report(s.ID.Place, "policy.repeated-id-line", "ID", r.id, "Line", line)
	}
	if r.id == DefaultRule {
		c.report(s.ID.Place, "policy.reserved-id")
	}
	c.rules[r.id] = s.Place.Line
	r.severity = oneOf(c, s.Severity, severities, usualSeverity(r.action))
	for _, way := range c.list(s.EmployeeMay) {
		r.employeeMay = append(r.employeeMay, oneOf(c, way, waysOn, ""))
	}
	if s.When == nil && s.Place.Line > 0 {
		c.report(s.Place.In("when"), "policy.missing")
	}
	c.when(&r, s.When)
	c.reach(&r, s)
	if s.Unless != nil {
		r.unless = slices.Concat(c.circumstances(&s.Unless.circumstanceSpec))
		demandProof(r.unless)
		if len(r.unless) == 0 && s.Unless.Place.Line > 0 {
			c.report(s.Unless.Place, "policy.empty-conditions")
		}
	}
	return r
}

func usualSeverity(a Action) Severity {
	switch {
	case a.Stops():
		return High
	case a.StricterThan(Report):
		return Medium
	}
	return Low
}

func (c *compiler) action(s *ruleSpec) Action {
	c.require(s.Action, s.Place, "action")
	return oneOf(c, s.Action, actions, Allow)
}

func (c *compiler) when(r *rule, s *whenSpec) {
	if s == nil || s.Place.Line == 0 {
		return
	}
	// What is quickly decided comes first: channel, content, patterns.
	how, where := c.circumstances(&s.circumstanceSpec)
	if len(s.Class) > 0 {
		r.when, r.reason = append(r.when, c.classRefs(s.Class)), ReasonClass
	}
	if s.Level.Text != "" {
		r.when, r.reason = append(r.when, levelCondition{c.level(s.Level)}), ReasonClass
	}
	if s.People.Given() {
		r.when, r.reason = append(r.when, peopleCondition{c.number(s.People)}), ReasonClass
	}
	r.answersUnreadable = len(s.Unreadable) > 0 && len(r.when) == 0 && s.Rolling == nil && s.File == nil
	if len(s.Unreadable) > 0 {
		r.when, r.reason = append(r.when, c.unreadable(s.Unreadable)), ReasonUnreadable
	}
	if s.Rolling != nil {
		r.when, r.reason = append(r.when, c.rolling(s.Rolling)), ReasonRolling
	}
	if s.File != nil {
		r.when = append(r.when, c.file(s.File)...)
	}
	if r.when = slices.Concat(how, r.when, where); len(r.when) == 0 {
		c.report(s.Place, "policy.empty-conditions")
	}
	for _, cond := range r.when {
		if ofContent(cond) {
			r.content = append(r.content, cond)
		}
	}
	if r.action == Allow {
		demandProof(r.when) // what could not be read is not reported then
	}
}

func (c *compiler) classRefs(refs []scalar) condition {
	cond := &classCondition{}
	for _, ref := range c.list(refs) {
		i, ok := c.classes[ref.Text]
		if !ok {
			c.noClass(ref)
			continue
		}
		cond.names = append(cond.names, ref.Text)
		cond.index = append(cond.index, i)
	}
	return cond
}

func (c *compiler) noClass(ref scalar) {
	var ids []string
	for id := range c.classes {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if near := strictyaml.Nearest(ref.Text, ids); near != "" {
		c.report(ref.Place, "policy.no-class-near", "Value", strictyaml.Quote(ref.Text), "Near", near)
		return
	}
	c.report(ref.Place, "policy.no-class", "Value", strictyaml.Quote(ref.Text))
}

func (c *compiler) unreadable(words []scalar) condition {
	cond := &wordCondition{path: "unreadable", content: true, word: func(q *question) string { return string(q.Reason) }}
	for _, w := range c.list(words) {
		if w.Text == anyReason {
			for _, r := range unreadables {
				cond.words = append(cond.words, string(r))
			}
			continue
		}
		cond.words = append(cond.words, string(oneOf(c, w, append([]Reason{anyReason}, unreadables...), "-")))
	}
	return cond
}

func (c *compiler) rolling(s *rollingSpec) condition {
	r := rollingCondition{people: c.required(s.People, s.Place, "people")}
	c.require(s.Within, s.Place, "within")
	r.within = c.duration(s.Within)
	return r
}

func (c *compiler) file(s *fileSpec) (conditions []condition) {
	conditions = c.texts(conditions, "file.name", s.Name, fileNameText)
	conditions = c.texts(conditions, "file.type", s.Type, fileTypeText)
	if len(s.Label) > 0 {
		conditions = append(conditions, &labelCondition{c.patterns(s.Label)})
	}
	if s.LargerThan.Given() {
		conditions = append(conditions, sizeCondition{c.size(s.LargerThan)})
	}
	if len(conditions) == 0 && s.Place.Line > 0 {
		c.report(s.Place, "policy.empty-conditions")
	}
	return conditions
}

// circumstances compiles how and when it is done, and by whom and to where.
func (c *compiler) circumstances(s *circumstanceSpec) (how, where []condition) {
	if len(s.Channel) > 0 {
		how = append(how, &wordCondition{path: "channel", words: words(c, s.Channel, channels),
			word: func(q *question) string { return string(q.Channel) }})
	}
	if len(s.Operation) > 0 {
		how = append(how, &wordCondition{path: "operation", words: words(c, s.Operation, operations),
			word: func(q *question) string { return string(q.Operation) }})
	}
	if len(s.Network) > 0 {
		how = append(how, &wordCondition{path: "network", words: words(c, s.Network, networks),
			word: func(q *question) string { return q.Network }})
	}
	how = append(how, c.time(s.Time)...)
	where = c.person(where, s)
	where = c.claims(where, "program", s.Program, programText)
	where = c.texts(where, "destination", s.Path, destinationText)
	where = c.claims(where, "share", s.Share, shareText)
	where = c.claims(where, "host", s.Host, hostText)
	return how, append(where, c.device(s.Device)...)
}

func (c *compiler) device(s *deviceSpec) (conditions []condition) {
	if s == nil {
		return nil
	}
	conditions = c.texts(conditions, "device.vendor", s.Vendor, vendorText)
	conditions = c.texts(conditions, "device.model", s.Model, modelText)
	conditions = c.texts(conditions, "device.serial", s.Serial, serialText)
	conditions = c.texts(conditions, "device.bus", s.Bus, busText)
	if s.Encrypted.Given() {
		conditions = append(conditions, encryptedCondition{c.flag(s.Encrypted, false)})
	}
	if len(s.Owner) > 0 {
		conditions = append(conditions, &wordCondition{path: "device.owner", words: words(c, s.Owner, owners), word: (*question).deviceOwner})
	}
	if len(conditions) == 0 && s.Place.Line > 0 {
		c.report(s.Place, "policy.empty-conditions")
	}
	return conditions
}

func (c *compiler) texts(conditions []condition, path string, written []scalar, text textField) []condition {
	if len(written) == 0 {
		return conditions
	}
	return append(conditions, &patternCondition{path, c.patterns(written), text})
}
