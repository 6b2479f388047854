package corpus

import (
	"encoding/base64"
	"strings"

	"github.com/trustline/trustline/rules/detect"
)

const secret detect.Class = "secret"

// secretPapers hold keys and passwords in use.
var secretPapers = []kindOf{
	{"environment file", environmentFile},
	{"configuration yaml", configurationYAML},
	{"ci log", buildLog},
	{"handover mail", handoverMail},
	{"key file", keyFile},
	{"source with key", sourceWithKey},
	{"account table", accountTable},
	{"properties", propertiesFile},
}

// secretLookAlikes hold placeholders, hashes and identifiers.
var secretLookAlikes = []kindOf{
	{"guide with placeholders", guideWithPlaceholders},
	{"changelog", changelog},
	{"lock file", lockFile},
	{"templates", deploymentTemplate},
	{"password policy", passwordPolicy},
	{"source without key", sourceWithoutKey},
	{"certificates", certificates},
	{"access log", accessLog},
}

const (
	alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	capitals     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	alsoSigns    = alphanumeric + "!#%^*_-+"
)

func (w *writer) drawn(from string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[w.IntN(len(from))]
	}
	return string(b)
}

// password is one a generator made, or one a person did.
func (w *writer) password() string {
	if w.grade == Hard && w.chance(15) {
		return w.one("Mingtian", "Chunjie", "Harbour", "Tiger") + w.one("2023", "2024", "88") + w.one("@", "!", "#") + w.drawn(alphanumeric, 2)
	}
	return w.drawn(alphanumeric, 6) + w.drawn("0123456789", 2) + w.drawn(alsoSigns, 2+w.IntN(8)) + w.drawn(alphanumeric, 2)
}

func (w *writer) vendorKey() string {
	switch w.IntN(12) {
	case 0:
		return "AKIA" + w.drawn(capitals, 16)
	case 1:
		return w.one("ghp_", "gho_", "ghs_") + w.drawn(alphanumeric, 36)
	case 2:
		return "glpat-" + w.drawn(alphanumeric, 20)
	case 3:
		return "xoxb-" + w.digits(12) + "-" + w.digits(12) + "-" + w.drawn(alphanumeric, 24)
	case 4:
		return "sk_live_" + w.drawn(alphanumeric, 24)
	case 5:
		return "AIza" + w.drawn(alphanumeric+"-_", 34) + "7"
	case 6:
		return "LTAI5t" + w.drawn(alphanumeric, 18)
	case 7:
		return "AKID" + w.drawn(alphanumeric, 32)
	case 8:
		return "sk-" + w.drawn(alphanumeric, 48)
	case 9:
		return "npm_" + w.drawn(alphanumeric, 36)
	case 10:
		return "github_pat_" + w.drawn(alphanumeric, 22) + "_" + w.drawn(alphanumeric, 59)
	}
	return "hf_" + w.drawn(alphanumeric, 34)
}

func (w *writer) token() string {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	return part(`{"alg":"`+w.one("HS256", "RS256", "ES256")+`","typ":"JWT"}`) + "." + part(`{"uid":`+w.digits(7)+`,"exp":18`+w.digits(8)+`}`)
}

func environmentFile(w *writer) {
	w.plain("NODE_ENV=production\nPORT=%d\n", 3000+w.IntN(6000))
	for _, name := range []string{"DB_PASSWORD", "JWT_SECRET", "REDIS_PASSWORD", "API_KEY", "SMTP_PASSWD", "ACCESS_TOKEN"} {
		if w.chance(60) {
			quote := w.one("", "", `"`, `'`)
			w.plain("%s=%s", name, quote)
			w.put(secret, w.password())
			w.plain("%s\n", quote)
		}
	}
	w.plain("%s=", w.one("SERVICE_ID", "CLOUD_ACCESS_ID", "KEY"))
	w.put(secret, w.vendorKey())
	w.plain("\nLOG_LEVEL=info\n")
}

func configurationYAML(w *writer) {
	w.plain("server:\n  port: 8080\ndatasource:\n  url: jdbc:mysql://10.0.%d.%d:3306/app\n  username: app\n  password: ", w.IntN(200), w.IntN(200))
	w.put(secret, w.password())
	w.plain("\ncache: redis://:")
	w.put(secret, w.drawn(alphanumeric, 12)+"4")
	w.plain("@10.0.0.9:6379/0\noss:\n  access-key-id: ")
	w.put(secret, "LTAI5t"+w.drawn(alphanumeric, 18))
	w.plain("\n  access-key-secret: ")
	w.put(secret, w.drawn(alphanumeric, 28)+"9k")
	w.plain("\n  region: cn-hangzhou\n")
}

func buildLog(w *writer) {
	for range 4 + w.IntN(8) {
		w.plain("[%s] %s\n", w.clock(), w.one("Restoring cache", "Run go test ./...", "ok  app/internal 2.114s", "Uploading artifact sha256:"+w.hex(64), "Checking out "+w.hex(40)))
	}
	switch w.grade {
	case Plain:
		w.plain("[%s] + export GITHUB_TOKEN=", w.clock())
		w.put(secret, "ghs_"+w.drawn(alphanumeric, 36))
	case Mixed:
		w.plain("[%s] curl -H \"Authorization: Bearer ", w.clock())
		w.put(secret, w.token())
		w.plain(".%s\" https://api.internal/v1/deploy", w.drawn(alphanumeric, 43))
	default:
		w.plain("[%s] git clone https://ci:", w.clock())
		w.put(secret, w.drawn(alphanumeric, 18)+"3")
		w.plain("@git.internal/team/app.git")
	}
	w.plain("\n[%s] done\n", w.clock())
}

func handoverMail(w *writer) {
	w.plain("%s\n", w.one("同事好，交接资料如下：", "Hi, here is what you need:"))
	switch w.grade {
	case Plain:
		w.plain("数据库账号：ops\n密码：")
	case Mixed:
		w.plain("跳板机 ops 的密码是 ")
	default:
		w.plain("生产库密码为")
	}
	w.put(secret, w.password())
	w.plain("\n另外云账号的 key: ")
	w.put(secret, w.vendorKey())
	w.plain("\n谢谢！\n")
}

func keyFile(w *writer) {
	kind, head := "RSA ", "MIIEpAIBAAKCAQEA"
	switch w.IntN(4) {
	case 0:
		kind, head = "", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
	case 1:
		kind, head = "EC ", "MHcCAQEEI"
	case 2:
		kind, head = "OPENSSH ", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ"
	}
	w.plain("-----BEGIN %sPRIVATE KEY-----\n", kind)
	first := head + w.drawn(alphanumeric, 64-len(head))
	if kind == "OPENSSH " { // of keys without a passphrase the first line is the same
		first = head + "AAAAAAAAABAAAAMwAAAAtzc2gtZW"
	}
	w.put(secret, first)
	w.plain("\n")
	for range 3 + w.IntN(20) {
		w.plain("%s\n", w.drawn(alphanumeric+"+/", 64))
	}
	w.plain("-----END %sPRIVATE KEY-----\n", kind)
}

func sourceWithKey(w *writer) {
	w.plain("package client\n\n// %s\nconst (\n", w.one("TODO: move to the vault", "for the nightly job"))
	w.plain("\tendpoint = \"https://api.internal/%s\"\n\t%s = \"", w.hex(8), w.one("apiKey", "accessToken", "secretKey", "clientSecret"))
	w.put(secret, w.drawn(alphanumeric, 30)+"5a")
	w.plain("\"\n\tcloud = \"")
	w.put(secret, w.vendorKey())
	w.plain("\"\n)\n")
}

func accountTable(w *writer) {
	w.plain("系统清单\n")
	for range 3 + w.IntN(5) {
		w.plain("%s 地址 10.1.%d.%d 账号 admin %s", w.one("ERP", "OA", "网关", "监控"), w.IntN(200), w.IntN(200), w.one("密码：", "口令: ", "password="))
		w.put(secret, w.password())
		w.plain("\n")
	}
}

func propertiesFile(w *writer) {
	w.plain("spring.application.name=orders\nspring.datasource.password=")
	w.put(secret, w.password())
	w.plain("\nwechat.pay.api-key=")
	w.put(secret, w.hex(30)+"a1")
	w.plain("\nmongo.uri=mongodb://svc:")
	w.put(secret, w.drawn(alphanumeric, 14)+"8")
	w.plain("@10.2.0.%d:27017/orders?authSource=admin\n", w.IntN(200))
}

func guideWithPlaceholders(w *writer) {
	w.plain("# Quick start\n\n")
	for range 4 + w.IntN(4) {
		w.plain("%s\n", w.one("export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "api_key: <your-api-key>", "password: changeme", "token: ${GITHUB_TOKEN}",
			"ghp_"+strings.Repeat("x", 36), "mysql://user:password@localhost:3306/db", "Set `password` to at least 12 characters.", "secret: {{ .Values.secretKey }}", "密码请填写您自己的密码，例如 ******", "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "DB_PASSWORD=123456"))
	}
}

func changelog(w *writer) {
	for range 8 + w.IntN(10) {
		w.plain("- %s: %s (%s)\n", w.one("fix", "feat", "chore"), w.one("rotate the token cache", "password reset mail", "secret scanning for branches", "api key page renders again", "密码强度提示"), w.hex(7+33*w.IntN(2)))
	}
}

func lockFile(w *writer) {
	for range 6 + w.IntN(10) {
		w.plain("    \"%s\": {\n      \"version\": \"%d.%d.%d\",\n      \"integrity\": \"sha512-%s==\"\n    },\n", w.one("token-types", "password-prompt", "secret-stack", "keyv", "jsonwebtoken"), w.IntN(9), w.IntN(20), w.IntN(20), w.drawn(alphanumeric+"+/", 86))
	}
}

func deploymentTemplate(w *writer) {
	w.plain("apiVersion: v1\nkind: Deployment\nmetadata:\n  uid: %s-%s-%s-%s-%s\nspec:\n", w.hex(8), w.hex(4), w.hex(4), w.hex(4), w.hex(12))
	for range 3 + w.IntN(5) {
		w.plain("      - name: %s\n        %s\n", w.one("DB_PASSWORD", "API_KEY", "JWT_SECRET"), w.one("valueFrom: {secretKeyRef: {name: app-db, key: password}}", "value: ${DB_PASSWORD_FILE}", "value: \"{{ vault.db_password }}\"", "value: $(cat /run/secrets/db)"))
	}
	w.plain("    image: registry.internal/app@sha256:%s\n", w.hex(64))
}

func passwordPolicy(w *writer) {
	w.sentences(4+w.IntN(4), "密码长度不少于12位，须含大小写字母与数字。", "Passwords must be changed every 90 days. ", "口令不得与前5次相同。", "忘记密码：请拨打服务台电话。", "Never share a secret or token by mail. ", "密码：由系统自动发送至本人手机。")
}

func sourceWithoutKey(w *writer) {
	w.plain("func login(user string) error {\n")
	for range 4 + w.IntN(4) {
		w.plain("\t%s\n", w.one("password := os.Getenv(\"DB_PASSWORD2\")", "token := lexer.NextToken()", "secret, err := vault.Read(ctx, path1)", "apiKey := config.Secrets.APIKey1", "if password == confirmPassword {", "hash := sha256.Sum256(secretKey[:32])", "accessToken = session.refreshToken2()", "privateKey: loadPrivateKey(file),"))
	}
	w.plain("}\n")
}

func certificates(w *writer) {
	w.plain("-----BEGIN CERTIFICATE-----\nMIIDXTCCAkWgAwIBAgIJA%s\n", w.drawn(alphanumeric, 43))
	for range 5 + w.IntN(10) {
		w.plain("%s\n", w.drawn(alphanumeric+"+/", 64))
	}
	w.plain("-----END CERTIFICATE-----\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI%s host\nfingerprint SHA256:%s\n", w.drawn(alphanumeric, 43), w.drawn(alphanumeric, 43))
}

func accessLog(w *writer) {
	for range 6 + w.IntN(10) {
		w.plain("10.0.%d.%d - - [%s] \"GET /%s/%s HTTP/1.1\" 200 %d req=%s\n", w.IntN(200), w.IntN(200), w.clock(), w.one("token", "password/reset", "secrets", "assets"), w.hex(12), w.IntN(90000), w.hex(32))
	}
}
