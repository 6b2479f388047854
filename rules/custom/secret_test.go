package custom

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Keys are drawn here, letter by letter: none is written down.
func TestSecrets(t *testing.T) {
	set, r := builtIns(t, Secret), rand.New(rand.NewPCG(5, 6))
	for _, text := range []string{
		"aws_access_key_id = ␂AKIA{A16}␃", "ASIA in use: ␂ASIA{A16}␃", "export GH=␂ghp_{a36}␃", "␂github_pat_{a22}_{a59}␃",
		"glpat: ␂glpat-{a20}␃", "SLACK=␂xoxb-{99}-{99}-{a24}␃", "stripe ␂sk_live_{a24}␃", `"key": "␂AIza{a35}␃"`, "id ␂LTAI{a20}␃", "␂AKID{a32}␃",
		"OPENAI=␂sk-{a48}␃", "␂sk-proj-{a60}␃", "//registry/:_authToken=␂npm_{a36}␃", "␂hf_{a34}␃",
		"https://hooks.slack.com/services/␂T{A9}/B{A9}/{a24}␃", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=␂{x8}-{x4}-{x4}-{x4}-{x12}␃",
		"postgres://app:␂{a14}␃@db.internal:5432/app", "redis://:␂{a9}!{a3}␃@10.0.0.3:6379/0",
		"password = ␂{a12}1a␃", `  "client_secret": "␂{a32}␃",`, "DB_PASSWORD=␂{a16}␃", `clientSecret = "␂{a32}␃"`, "密码：␂{a10}8k#␃。", "数据库口令为␂{a10}8k␃", "<password>␂{a14}␃</password>",
		"aws_secret_access_key=␂{a39}/␃", "Authorization token: Bearer ␂{a40}␃", "api-key: '␂{x32}␃'", "PuTTY:\n␂PuTTY-User-Key-File-3: ssh-ed25519␃\n",
		"-----BEGIN RSA PRIVATE KEY-----\n␂MIIEpAIBAAKCAQEA{a48}␃\n{a64}\n", "-----BEGIN PRIVATE KEY-----\n␂MIIEvgIBADANBgkqhkiG9w0BAQEFAASC{a32}␃\n",
		"-----BEGIN EC PRIVATE KEY-----\n␂MHcCAQEEI{a55}␃\n", "-----BEGIN OPENSSH PRIVATE KEY-----\n␂b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW␃\n",
		`"private_key": "-----BEGIN PRIVATE KEY-----\n␂MIIEvQIBADANBgkqhkiG9w0BAQEFAASC{a32}␃\n{a64}\n`,
	} {
		want := drawn(r, strings.ReplaceAll(text, "{99}", "{912}"))
		start, end := strings.Index(want, "␂"), strings.Index(want, "␃")-len("␂")
		plain := strings.NewReplacer("␂", "", "␃", "").Replace(want)
		got := found(set, plain)
		if len(got) != 1 || !strings.Contains(plain[start:end], got[0]) || 3*len(got[0]) < 2*(end-start) {
			t.Errorf("%s: found %q", text, got)
		}
	}
}

// TestKeysOfPrograms looks for keys as programs write them: what is filled in at
// random above does not begin as theirs do.
func TestKeysOfPrograms(t *testing.T) {
	set, made := builtIns(t, Secret), 0
	for _, how := range []string{
		"ssh-keygen -q -t ed25519 -N  -f key", "ssh-keygen -q -t rsa -b 2048 -N  -f key",
		"ssh-keygen -q -t ecdsa -b 256 -N  -f key", "ssh-keygen -q -t ecdsa -b 384 -N  -f key", "ssh-keygen -q -t ecdsa -b 521 -N  -f key",
		"ssh-keygen -q -t ed25519 -N words-of-a-test -f key", "ssh-keygen -q -t rsa -b 2048 -N words-of-a-test -Z aes256-gcm@openssh.com -f key",
		"ssh-keygen -q -t rsa -b 2048 -m PEM -N  -f key", "ssh-keygen -q -t ecdsa -m PEM -N  -f key", "ssh-keygen -q -t rsa -b 2048 -m PKCS8 -N  -f key",
		"ssh-keygen -q -t rsa -b 2048 -m PEM -N words-of-a-test -f key", "ssh-keygen -q -t rsa -b 2048 -m PKCS8 -N words-of-a-test -f key",
		"openssl genpkey -algorithm ed25519 -out key", "openssl genpkey -quiet -algorithm x25519 -out key", "openssl genpkey -quiet -algorithm RSA -out key",
		"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key", "openssl ecparam -genkey -noout -name secp521r1 -out key", "openssl genpkey -quiet -algorithm ed25519 -aes256 -pass pass:words-of-a-test -out key",
	} {
		words := strings.Split(how, " ")
		dir := t.TempDir()
		program, err := exec.LookPath(words[0])
		if err != nil {
			continue
		}
		make := exec.Command(program, words[1:]...)
		make.Dir = dir
		if out, err := make.CombinedOutput(); err != nil {
			t.Logf("%s: %v: %s", how, err, out) // older programs know fewer
			continue
		}
		key, err := os.ReadFile(filepath.Join(dir, "key"))
		if err != nil {
			t.Fatal(err)
		}
		made++
		quoted, err := json.Marshal(map[string]string{"key": string(key)})
		if err != nil {
			t.Fatal(err)
		}
		indented := "    " + strings.ReplaceAll(string(key), "\n", "\n    ")
		for name, text := range map[string]string{"file": string(key), "CRLF": strings.ReplaceAll(string(key), "\n", "\r\n"), "JSON": string(quoted), "indented": indented, "one line": strings.ReplaceAll(string(key), "\n", " ")} {
			if got := found(set, text); len(got) != 1 {
				t.Errorf("%s, as %s: found %d", how, name, len(got))
			}
		}
		if public, err := os.ReadFile(filepath.Join(dir, "key.pub")); err == nil && len(found(set, string(public))) > 0 {
			t.Errorf("%s: a public key is a secret", how)
		}
	}
	if made < 10 {
		t.Skipf("%d keys could be made", made)
	}
}

func TestWebTokens(t *testing.T) {
	set, r := builtIns(t, Secret), rand.New(rand.NewPCG(7, 8))
	part := base64.RawURLEncoding.EncodeToString
	for _, test := range []struct {
		head, body string
		sign, want int
	}{
		{`{"alg":"HS256","typ":"JWT"}`, `{"sub":"u-83741","exp":1893456000}`, 43, 1},
		{`{"alg":"RS256","kid":"a1"}`, `{"sub":"` + strings.Repeat("long", 200) + `"}`, 342, 1},
		{`{"alg":"HS256","typ":"JWT"}`, `{"sub":"1234567890","name":"John Doe","iat":1516239022}`, 43, 0}, // the example at jwt.io
		{`{"alg":"none"}`, `{"sub":"u-83741","exp":1893456000}`, 43, 0},
		{`{"name":"no header at all"}`, `{"sub":"u-83741","exp":1893456000}`, 43, 0},
		{`{"alg":"HS256","typ":"JWT"}`, `{"sub":"u-83741","exp":1893456000}`, 0, 0},
	} {
		token := part([]byte(test.head)) + "." + part([]byte(test.body)) + "." + drawn(r, "{a"+strings.Repeat("0", 3-len(strconv.Itoa(test.sign)))+strconv.Itoa(test.sign)+"}")
		if got := found(set, "Cookie: session="+token+"; path=/"); len(got) != test.want {
			t.Errorf("%s: found %q, want %d", test.head, got, test.want)
		}
	}
}

func TestNoSecrets(t *testing.T) {
	set, r := builtIns(t, Secret), rand.New(rand.NewPCG(9, 10))
	for _, text := range []string{
		"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "token: ghp_" + strings.Repeat("0", 36), "sk-" + strings.Repeat("x", 48),
		"password: changeme", "password=<your-password-2024>", "api_key: ${API_KEY_2}", "secret = {{ vault.secret_1a }}", "DB_PASSWORD=123456", "password: $(cat /run/secrets/db1)",
		"密码：请联系管理员重置", "密码长度为8到20位", "The password is at least 12 characters long.", "token := lexer.NextToken2()", "password = os.environ['DB_PASSWORD1']",
		"mysql://user:password@localhost/db", "https://user:pass@example.com/", "postgres://app:${DB_PASS}@db/app", "http://user:<password>@host/", "git+ssh://git@github.com:22/x/y", "http://[::1]:8080/a@b",
		"-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----", `#define PEM_RSA "-----BEGIN RSA PRIVATE KEY-----"`,
		"-----BEGIN CERTIFICATE-----\nMIIDXTCCAkWgAwIBAgIJALmVVuDWu4NYMA0GCSqGSIb3DQEBCwUAMEUxCzAJBgNV\n", "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA{a14}\n",
		"commit {x40}", "sha256:{x64}", "integrity sha512-{a86}==", "id={x8}-{x4}-{x4}-{x4}-{x12}", "sk-learn-contrib-imbalanced-learn-docs", "risk-based-authentication-and-more-of-it", "npm_config_registry", "sk_test_{a24}",
		"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAA...\n-----END OPENSSH PRIVATE KEY-----",
		"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjExxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA{a47}\n",
		"css: .sk-folding-cube-{x32}"[:24], "type PasswordHasherV2 interface", "public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{a43}",
	} {
		if got := found(set, drawn(r, text)); len(got) > 0 {
			t.Errorf("%s: found %q", text, got)
		}
	}
}
