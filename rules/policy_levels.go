package rules

import (
	"slices"
	"strings"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
)

// KindLevel says how a kind of data is graded.
type KindLevel struct {
	Kind  detect.Class `json:"kind"`
	Level Level        `json:"-"`
	// Financial is the category of personal financial information after JR/T
	// 0171-2020, C1 (least sensitive) to C3; "" where the standard does not
	// speak of it.
	Financial string `json:"jrt_0171,omitempty"`
	// Sensitive tells sensitive personal information after article 28 of the
	// Personal Information Protection Law and GB/T 35273-2020, annex B.
	Sensitive bool `json:"sensitive"`
	Changed   bool `json:"changed"` // by the policy
}

// recommended are the levels of kinds of data where a policy says nothing, our
// reading of GB/T 43697-2024 (grading by what a leak of single records does;
// many records of a kind may deserve more) and JR/T 0171-2020, 4.2.
func recommended() []KindLevel {
	var all []KindLevel
	add := func(level Level, financial string, sensitive bool, kinds ...detect.Class) {
		for _, k := range kinds {
			all = append(all, KindLevel{Kind: k, Level: level, Financial: financial, Sensitive: sensitive})
		}
	}
	add(Public, "", false, detect.USCC, custom.BusinessLicence)
	add(Internal, "", false, custom.EIN, custom.EUVAT)
	add(Internal, "C1", false, custom.IPAddress, custom.MACAddress)
	add(Restricted, "C2", false, detect.PersonName, detect.CNMobile, detect.CNLandline, custom.IntlPhone, detect.Email, detect.Address,
		custom.BirthDate, custom.WeChat, custom.QQ, custom.Plate)
	add(Confidential, "C2", true, detect.CNResidentID, detect.CNPermanentResidence, detect.CNResidencePermit, detect.HKID, custom.TaiwanID, custom.MacauID,
		detect.CNPassport, detect.HKMacauPass, detect.TaiwanPass, detect.PassportMRZ, custom.DrivingLicence, custom.SocialSecurity,
		custom.SSN, custom.ITIN, custom.NINO, detect.BankCard, detect.IBAN, custom.Transaction, custom.CreditRecord)
	add(Confidential, "", true, custom.Health, custom.NHS)
	add(Confidential, "C3", false, custom.Secret)
	return all
}

// levelSpec grades a kind of data as the company does.
type levelSpec struct {
	Place place
	Kind  scalar `yaml:"kind"`
	Level scalar `yaml:"level"`
}

// levels reads how the company grades kinds of data.
func (c *compiler) levels(specs []levelSpec, at place) {
	c.grades = recommended()
	for _, d := range c.own {
		c.grades = append(c.grades, KindLevel{Kind: d.id})
	}
	c.most(len(specs), len(c.grades), at.In("levels"))
	var kinds []detect.Class
	for _, g := range c.grades {
		kinds = append(kinds, g.Kind)
	}
	for i := range specs[:min(len(specs), len(c.grades))] {
		s := &specs[i]
		c.require(s.Kind, s.Place, "kind")
		c.require(s.Level, s.Place, "level")
		kind := oneOf(c, s.Kind, kinds, "")
		level := c.level(s.Level)
		n := slices.Index(kinds, kind)
		if n < 0 {
			continue
		}
		if c.grades[n].Changed {
			c.report(s.Kind.Place, "policy.repeated-id", "ID", s.Kind.Text)
		}
		c.grades[n].Level, c.grades[n].Changed = level, true
	}
}

// level reads a level; zero where none is given.
func (c *compiler) level(s scalar) Level {
	if s.Text == "" {
		return 0
	}
	level, ok := ParseLevel(s.Text)
	if !ok {
		c.report(s.Place, "policy.level", "Names", strings.Join(levelNames, ", "))
	}
	return level
}

// gradeOf answers the level of a class that names none: the highest of the
// kinds of data that it counts.
func (c *compiler) gradeOf(s *classSpec) (level Level) {
	grade := func(kind string) {
		for _, g := range c.grades {
			if string(g.Kind) == kind {
				level = max(level, g.Level)
			}
		}
	}
	for _, content := range slices.Concat(s.Any, s.All) {
		if content.Count != nil {
			grade(content.Count.Class.Text)
		}
		if content.Records != nil {
			for _, of := range content.Records.Of {
				grade(of.Text)
			}
			if len(content.Records.Of) == 0 {
				grade(string(detect.PersonName)) // of people, at least what names them
			}
		}
	}
	return level
}

// LevelOf answers how the policy grades a class that it describes or a kind of
// data; zero for what it does not grade or does not know.
func (p *Policy) LevelOf(class string) Level {
	for _, c := range p.classes {
		if c.id == class {
			return c.level
		}
	}
	for _, g := range p.grades {
		if string(g.Kind) == class {
			return g.Level
		}
	}
	return 0
}

// Levels answers how the policy grades kinds of data, those of its own
// included: as recommended, where it says nothing.
func (p *Policy) Levels() []KindLevel { return slices.Clone(p.grades) }
