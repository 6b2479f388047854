package custom

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
)

// secrets finds what lets a machine in.
func secrets() []Detector {
	return []Detector{
		vendorKeys(), webhooks(), webTokens(), privateKeys(), puttyKeys(), urlPasswords(), assignedSecrets(),
	}
}

// vendorKeys finds access keys that say by their first letters whose they are:
//
//   - AKIA, ASIA: AWS IAM User Guide, "IAM identifiers"
//   - ghp_, gho_, ghu_, ghs_, ghr_, github_pat_: GitHub, "About authentication", token formats
//   - glpat- and its like: GitLab, "Token overview", token prefixes
//   - xoxb- and its like: Slack API, "Token types"
//   - sk_live_, rk_live_: Stripe, "API keys"
//   - AIza: Google Cloud, "API keys"; GOCSPX-: OAuth client secrets
//   - LTAI: Alibaba Cloud RAM, "AccessKey pair"
//   - AKID: Tencent Cloud CAM, "Access keys"
//   - sk-, sk-proj-, sk-ant-: OpenAI and Anthropic API reference, authentication
//   - npm_: npm, "About access tokens"; pypi-: PyPI help, API tokens
//   - hf_: Hugging Face, "User access tokens"
//   - dop_v1_: DigitalOcean, token formats; SG.: SendGrid API keys
func vendorKeys() Detector {
	return Detector{Class: Secret, accept: vendorKey,
		Pattern: `(?:AKIA|ASIA)[A-Z2-7]{16}` +
			`|gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}` +
			`|gl(?:pat|ptt|dt|rt|soat|cbt)-[A-Za-z0-9_-]{20,64}` +
			`|xox[abeoprs]-[A-Za-z0-9-]{20,200}` +
			`|[sr]k_live_[A-Za-z0-9]{24,128}|whsec_[A-Za-z0-9]{32,64}` +
			`|AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}` +
			`|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{32}` +
			`|sk-(?:proj-|svcacct-|admin-|ant-[a-z0-9]{4,8}-)?[A-Za-z0-9_-]{32,200}` +
			`|npm_[A-Za-z0-9]{36}|pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{40,240}` +
			`|hf_[A-Za-z0-9]{34}|do[opr]_v1_[a-f0-9]{64}|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}`,
		Anchors: []string{"AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
			"glpat-", "glptt-", "gldt-", "glrt-", "glsoat-", "glcbt-",
			"xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-",
			"sk_live_", "rk_live_", "whsec_", "AIza", "GOCSPX-", "LTAI", "AKID", "sk-", "npm_", "pypi-AgEIcHlwaS5vcmc",
			"hf_", "doo_v1_", "dop_v1_", "dor_v1_", "SG."},
	}
}

// vendorKey tells a key from a word with hyphens: sk-learn-contrib-….
func vendorKey(before, value, after []byte) bool {
	return genuine(before, value, after) &&
		(!bytes.HasPrefix(value, []byte("sk-")) || random(value) || bytes.ContainsAny(value, "0123456789") && bytes.Count(value, []byte{'-'}) < 3)
}

// webhooks finds addresses that whoever knows may post to: Slack, "Incoming
// webhooks"; WeCom and DingTalk, group robots; Feishu, custom bots.
func webhooks() Detector {
	return Detector{Class: Secret, accept: genuine,
		Pattern: `hooks\.slack\.com/services/(T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{20,26})` +
			`|qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=([0-9a-f-]{36})` +
			`|oapi\.dingtalk\.com/robot/send\?access_token=([0-9a-f]{64})` +
			`|open\.feishu\.cn/open-apis/bot/v2/hook/([0-9a-f-]{36})`,
		Anchors: []string{"hooks.slack.com/services/", "webhook/send?key=", "robot/send?access_token=", "bot/v2/hook/"},
	}
}

// webTokens finds JSON Web Tokens, RFC 7519, that are signed: three parts, the
// first of which names an algorithm.
func webTokens() Detector {
	return Detector{Class: Secret, Pattern: `eyJ[A-Za-z0-9_-]{10,180}\.eyJ[A-Za-z0-9_-]{10,60}`, Anchors: []string{"eyJ"}, open: true,
		accept: func(_, value, after []byte) bool {
			head, body, _ := bytes.Cut(value, []byte{'.'})
			if rest := bytes.TrimLeftFunc(after, base64url); len(after) < reach && (len(rest) < 17 || rest[0] != '.' || !base64url(rune(rest[16]))) {
				return false
			}
			text, err := base64.RawURLEncoding.DecodeString(string(head))
			var header struct{ Alg string }
			// {"sub":"1234567890" is the subject of the examples at jwt.io
			return err == nil && json.Unmarshal(text, &header) == nil && header.Alg != "" && header.Alg != "none" &&
				!bytes.HasPrefix(body, []byte("eyJzdWIiOiIxMjM0NTY3ODkw"))
		}}
}

func base64url(r rune) bool {
	return r < 0x80 && alnum(byte(r)) || r == '-' || r == '_'
}

// privateKeys finds the first line of the body of private keys in PEM form, RFC
// 7468: of PKCS #1 and #8 (RFC 8017, RFC 5958), SEC 1 (RFC 5915), encrypted ones,
// OpenSSH's (PROTOCOL.key) and PGP's (RFC 9580, behind its heading only). The
// heading alone is in many programs that read keys.
func privateKeys() Detector {
	var headings []string
	for _, kind := range []string{"", "RSA ", "EC ", "DSA ", "ENCRYPTED ", "OPENSSH ", "PGP "} {
		headings = append(headings, "BEGIN "+kind+"PRIVATE KEY")
	}
	return Detector{Class: Secret, open: true, Near: headings, Alone: 0.6, accept: privateKey,
		// SEQUENCE { INTEGER 0 or 1, … in DER, for each length of its length
		Pattern: `(?:\\[nr])*(MII[A-J][A-Za-z0-9+/][AQgw]IBA[AD][A-Za-z0-9+/]{22,60}` +
			`|MI[GH][A-Za-z0-9+/]AgE[AB][A-Za-z0-9+/]{24,60}` +
			`|MH[cQ]CAQEE[A-Za-z0-9+/]{24,60}|MC[4A-Z]CAQ[AE]w[A-Za-z0-9+/]{24,60}` +
			`|MI[IGH][A-Za-z0-9+/]{3,11}GCSqGSIb3DQEFD[A-Za-z0-9+/]{8,40}|MI[IGH][A-Za-z0-9+/]{3,11}kqhkiG9w0BBQ[A-Za-z0-9+/]{8,40}` +
			`|b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/]{20,80}` +
			`|Proc-Type: 4,ENCRYPTED)`,
		Anchors: []string{"MII", "MIG", "MIH", "MHcCAQEE", "MHQCAQEE", "CAQAw", "CAQEw", "b3BlbnNzaC1rZXktdjE", "Proc-Type: 4,ENCRYPTED"},
	}
}

// privateKey tells a key from what stands in place of one. OpenSSH's begin with
// the same words and zeros each, of which only a passphrase leaves few: they are
// told by their structure.
func privateKey(before, value, after []byte) bool {
	at := bytes.Index(value, []byte("b3BlbnNzaC1rZXktdjE"))
	if at < 0 {
		return genuine(before, value, after)
	}
	return openSSHKey(value[at:]) && !hasAnyPrefix(after, ".", "…", "*", "<", "[", "(")
}

// openSSHKey tells whether the first line of a key is one of OpenSSH's
// (PROTOCOL.key): its name, a zero, the names of a cipher and of what makes its
// key of a passphrase.
func openSSHKey(line []byte) bool {
	key, _ := base64.RawStdEncoding.DecodeString(string(line[:len(line)/4*4]))
	rest, is := bytes.CutPrefix(key, []byte("openssh-key-v1\x00"))
	for range 2 {
		if !is || len(rest) < 4 {
			return false
		}
		size := int64(binary.BigEndian.Uint32(rest))
		if rest = rest[4:]; size == 0 || size > int64(len(rest)) {
			return false
		}
		is = !bytes.ContainsFunc(rest[:size], func(r rune) bool { return r <= ' ' || r > '~' })
		rest = rest[size:]
	}
	return is
}

// puttyKeys finds PuTTY's private keys (PuTTY user manual, appendix C).
func puttyKeys() Detector {
	return Detector{Class: Secret, Pattern: `PuTTY-User-Key-File-[123]: (?:ssh|ecdsa)-[a-z0-9-]+`, Anchors: []string{"PuTTY-User-Key-File-"}}
}

// urlPasswords finds passwords in the userinfo of addresses, RFC 3986, 3.2.1.
func urlPasswords() Detector {
	return Detector{Class: Secret, accept: passwordOfURL,
		Pattern: `[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/@"'<>]{0,64}:([^\s/@"'<>]{3,128})@`,
		Anchors: []string{"://"}}
}

// assignedSecrets finds values assigned to what is called a password, a secret
// or a key and that look drawn at random.
func assignedSecrets() Detector {
	return Detector{Class: Secret, Validate: "random", accept: genuine,
		Pattern: `(?i)\w{0,30}(?:password|passwd|passphrase|pwd|secret|secret[_-]?(?:access[_-]?)?key|private[_-]?key|api[_-]?key|access[_-]?key|account[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token|token|密码|口令|密钥|令牌)` +
			`(?:\\?["'\x60]|\])?(?: ?(?:=>|:=|==|=|:)|是|为|>)[\t ]{0,4}(?:Bearer )?(?:\\?["'\x60])?` +
			`([A-Za-z0-9!#%^&*+/=_.@~-]{8,200})(?:\\?["'\x60;,)\]}<]|[\s，。；）&\\]|$)`,
		Anchors: []string{"password", "passwd", "passphrase", "pwd", "secret", "privatekey", "private_key", "private-key", "apikey", "api_key", "api-key",
			"accesskey", "access_key", "access-key", "accountkey", "account_key", "account-key", "token", "密码", "口令", "密钥", "令牌"},
	}
}
