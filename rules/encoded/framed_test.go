package encoded_test

import (
	"bytes"
	"encoding/ascii85"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/encoded"
)

// uu writes lines as uuencode does, without begin and end.
func uu(text []byte) string {
	var b strings.Builder
	for len(text) > 0 {
		line := text[:min(45, len(text))]
		text = text[len(line):]
		b.WriteByte(byte(' ' + len(line)))
		for len(line)%3 != 0 {
			line = append(bytes.Clone(line), 0)
		}
		for i := 0; i < len(line); i += 3 {
			v := uint32(line[i])<<16 | uint32(line[i+1])<<8 | uint32(line[i+2])
			for shift := 18; shift >= 0; shift -= 6 {
				c := byte(v>>shift)&63 + ' '
				if c == ' ' {
					c = '`'
				}
				b.WriteByte(c)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func a85(text []byte) string {
	out := make([]byte, ascii85.MaxEncodedLen(len(text)))
	return string(out[:ascii85.Encode(out, text)])
}

func b85(text []byte) string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
	n := (4 - len(text)%4) % 4
	var b []byte
	for text = append(bytes.Clone(text), make([]byte, n)...); len(text) > 0; text = text[4:] {
		v := binary.BigEndian.Uint32(text)
		var group [5]byte
		for i := range group {
			group[4-i] = alphabet[v%85]
			v /= 85
		}
		b = append(b, group[:]...)
	}
	return string(b[:len(b)-n])
}

// As Python and Perl write them.
func TestFramedAsOthersWriteThem(t *testing.T) {
	for got, want := range map[string]string{
		wrap("<~"+a85([]byte(secret))+"~>", 76, "\n"): "<~jen=(OGtgRM2UMd]&f!^kFdAWkENC9XcVe!Y32smjd`R:SU_(0SsSQCO6N.4/28q?0etOA2)[B\nQ/8T$<5\\51KD/a<&/n8c+kDkJaMR+ig1H@0F1GgsI2`N@4@;]^CAU%X#E,9)<@r;V~>",
		b85([]byte(secret)):                           "<)@S7kc}+niHqi(y5*0z=b(Ws=ajYOt&r)0uIH|?<(#nPoq!7Fo|omYkLjDJEHN`UF)}kWH8wXmENp3RKxKGgZE$R5E@N&A=Z=f$inA;+GdVFbGc+|eH#jVJVQyzYWq4t2aBO8RV{Qr",
		uu([]byte(secret)):                            "MY:>3Y9\"-+.:)B^:<NN6/M^>@@2SGE+7EK9#I@J[GKK'EG+#EG8`*YIZ7Y;\"/\nMZ9NH+#$S.#$R,S0U-C<X+&QI;D!E>&%M<&QE+F-N\"N>.B^B*LRPQ,SDQ,C,T\n5-38W.\"QW86YG0&5X86UP;&4N8VX*\n",
	} {
		if got != want {
			t.Errorf("%q\nwant %q", got, want)
		}
	}
}

func TestFramed(t *testing.T) {
	long := strings.Repeat(secret, 9)
	archive := "PK\x03\x04" + strings.Repeat("\xFF\xFE\x00\x01 nothing that is text \x80\x81\xFB", 20)
	all := func(text string) []byte { return []byte(text) }
	value, err := json.Marshal(map[string]string{"file": b85(all(long))})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"uuencode":              {"begin 644 list.csv\n" + uu(all(secret)) + "`\nend\n", []string{"2 uuencode " + secret}},
		"uuencode, no header":   {uu(all(long)), []string{"1 uuencode " + long}},
		"uuencode, spaces":      {strings.ReplaceAll("begin 644 a\n"+uu(all(long)), "`", " ") + " \nend\n", []string{"2 uuencode " + long}},
		"uuencode, returns":     {strings.ReplaceAll("begin 644 a\n"+uu(all(long))+"`\nend\n", "\n", "\r\n"), []string{"2 uuencode " + long}},
		"uuencode in a mail":    {strings.Repeat("good morning all\n", 33) + "\nbegin 600 a\n" + uu(all(long)) + "`\nend\n\nKind regards\n", []string{"36 uuencode " + long}},
		"uuencode of a file":    {"begin 644 a.zip\n" + uu(all(archive)) + "`\nend\n", []string{"2 uuencode file " + archive}},
		"uuencode, then base64": {uu(all(long)) + "`\nend\n" + base64.StdEncoding.EncodeToString(all(secret)), []string{"1 uuencode " + long, fmt.Sprintf("%d base64 ", strings.Count(uu(all(long)), "\n")+3) + secret}},
		"ascii85":               {a85(all(long)), []string{"1 ascii85 " + long}},
		"ascii85, framed":       {"see <~" + wrap(a85(all(long)), 76, "\n") + "~> and so on", []string{"1 ascii85 " + long}},
		"ascii85, then text":    {wrap(a85(all(long)), 76, "\n") + "\nKindregards\n", []string{"1 ascii85 " + long}},
		"ascii85, returns":      {"\r\n" + wrap(a85(all(long)), 60, "\r\n") + "\r\n", []string{"2 ascii85 " + long}},
		"ascii85 of a file":     {a85(all(archive)), []string{"1 ascii85 file " + archive}},
		"base85":                {"x = b'" + b85(all(long)) + "'", []string{"1 base85 " + long}},
		"base85 in JSON":        {`{"file": "` + b85(all(long)) + `"}`, []string{"1 base85 " + long}},
		"ascii85, below a rule": {strings.Repeat("-", 64) + "\n" + wrap(a85(all(long)), 76, "\n") + "\n", []string{"2 ascii85 " + long}},
		"ascii85, below rules":  {strings.Repeat(strings.Repeat("=", 90)+"\n", 5) + a85(all(long)) + "\n", []string{"6 ascii85 " + long}},
		"base85 in an object":   {`{"id":17,"type":"blob","encoding":"base85","data":"` + b85(all(long)) + `"}`, []string{"1 base85 " + long}},
		"base85 of a file":      {strings.Repeat("word ", 77) + b85(all(archive)), []string{"1 base85 file " + archive}},

		"a picture, uuencode": {"begin 644 a.png\n" + uu(noise(900)) + "`\nend\n", nil},
		"a picture, base85":   {"literal 720\n" + b85(noise(900)) + "\n", nil},
		"capitals":            {strings.Repeat("MANY CAPITALS AND NUMBERS STAND IN THIS LINE, 0123456789 TIMES.\n", 30), nil},
		"rows of numbers":     {strings.Repeat("13812345678,6222021234567890123,2024-01-01,310104198512120024,x\n", 40), nil},
		"minified":            {strings.Repeat(`!function(e,t){"object"==typeof exports?module.exports=t():e.Q8=t()}(this,()=>{var n={9:(K,Z)=>{Z.J="\u4e2d"}};return[n]});`, 9), nil},
		"JSON in one line":    {"[" + strings.Repeat(`{"Id":48213,"Name":"Zoe","Mail":"q.J@example.org","tags":["K","W"],"ok":true},`, 40) + "]", nil},
		"paths":               {strings.Repeat("/usr/share/JavaScript/jquery-ui/themes/Base/images/ui-icons_444444_256x240.PNG?v=1.12#Q\n", 30), nil},
	} {
		t.Run(name, func(t *testing.T) {
			for cut := 0; cut <= len(tt.text); cut += 1 + len(tt.text)/300 {
				if got := decode([]byte(tt.text[:cut]), []byte(tt.text[cut:])); !reflect.DeepEqual(got, tt.want) {
					t.Fatalf("cut at %d: %q\nwant %q", cut, got, tt.want)
				}
			}
		})
	}
	if got := decode(value); len(got) > 1 { // \u003c and such part it
		t.Errorf("%q", got)
	}
}

// Wherever they stand, they are found; of characters of 85 it takes 240.
func TestEveryPlaceOfFramedIsFound(t *testing.T) {
	line := strings.Repeat(secret, 2)
	for i := range 400 {
		for encoding, text := range map[string]string{
			"uuencode": strings.Repeat("\n", i) + uu([]byte(line[:45])),
			"ascii85":  strings.Repeat(" ", i) + a85([]byte(line[:192])),
			"base85":   strings.Repeat(" ", i) + wrap(b85([]byte(line[:192])), 60, "\n") + "\n",
		} {
			got := decode([]byte(text))
			if len(got) != 1 || !strings.Contains(got[0], encoding+" "+line[:45]) || len(text)-i > 70 && !strings.HasSuffix(got[0], line[:192]) {
				t.Fatalf("%s at %d: %q", encoding, i, got)
			}
		}
	}
}

// mixture is text of every sort, with what is encoded in between.
func mixture(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 9))
	var b bytes.Buffer
	for range 9 {
		for range r.IntN(120) {
			b.WriteString([]string{"word ", "林小雨", "\n", "SOME CAPITALS 12 ", "\"x\":[1,2],", "  ", "identifierOfSomeLength"}[r.IntN(7)])
		}
		text := []byte(strings.Repeat(secret, 1+r.IntN(4))[r.IntN(3):])
		switch r.IntN(6) {
		case 0:
			fmt.Fprintf(&b, "\nbegin 644 a\n%s`\nend\n", uu(text))
		case 1:
			b.WriteString("<~" + a85(text) + "~>")
		case 2:
			b.WriteString("\n" + wrap(b85(text), 76, "\n") + "\n")
		case 3:
			b.WriteString(wrap(a85(noise(r.IntN(400))), 70, "\n"))
		case 4:
			b.WriteString(base64.StdEncoding.EncodeToString(text))
		case 5:
			b.WriteString("\n" + uu(noise(r.IntN(400))))
		}
	}
	return b.Bytes()
}

func BenchmarkRowsOfASCII(b *testing.B) {
	text := []byte(strings.Repeat("13812345678,6222021234567890123,2024-01-01,310104198512120024,lin.xiaoyu@example.com,LIN,Xiaoyu\n", 2000))
	d := encoded.NewDecoder(&texts{}, nil)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		d.Write(text)
	}
}

func BenchmarkMinified(b *testing.B) {
	text := []byte(strings.Repeat(`!function(e,t){"object"==typeof exports?module.exports=t():e.Q8=t()}(this,()=>{var n={9:(K,Z)=>{Z.J="\u4e2d"}};return[n]});`, 2000))
	d := encoded.NewDecoder(&texts{}, nil)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		d.Write(text)
	}
}

func TestEveryCutOfAMixtureDecodesTheSame(t *testing.T) {
	texts := 0
	for seed := range uint64(300) {
		doc := mixture(seed)
		want := decode(doc)
		texts += len(want)
		r := rand.New(rand.NewPCG(seed, 4))
		var parts [][]byte
		for rest := doc; len(rest) > 0; {
			n := min(1+r.IntN(1+r.IntN(300)), len(rest))
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		if got := decode(parts...); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %q\nwant %q", seed, got, want)
		}
	}
	if texts < 900 {
		t.Errorf("only %d texts", texts)
	}
}
