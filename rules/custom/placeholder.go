package custom

import "bytes"

// genuine tells whether a key is one in use and none that documentation shows:
// AKIAIOSFODNN7EXAMPLE, ghp_xxxxxxxx, <your-key>, ${VAR}.
func genuine(_, value, after []byte) bool {
	return !placeholder(value) && !call(value, after)
}

// passwordOfURL tells whether a password in an address is one in use.
func passwordOfURL(_, value, _ []byte) bool {
	return !placeholder(value) && !bytes.ContainsAny(value, "{}$<>*()|`\\") && !shownPasswords[string(lowered(value))]
}

// shownPasswords are those that examples give in place of one.
var shownPasswords = wordSet("password", "passwd", "pass", "pwd", "secret", "changeme", "change-me", "token", "admin", "root", "test", "guest", "user",
	"foo", "bar", "baz", "example", "123456", "12345678", "123456789", "1234567890", "p4ssw0rd", "p@ssw0rd", "passw0rd", "hunter2", "mypass", "mypassword",
	"postgres", "mysql", "qwerty", "letmein", "dummy", "redacted", "xxx", "none", "null", "key", "pw", "psw", "username", "credentials", "abc123", "abc")

// placeholders stand in what documentation gives in place of a key.
var placeholders = [][]byte{
	[]byte("example"), []byte("xxxx"), []byte("changeme"), []byte("change-me"), []byte("change_me"), []byte("placeholder"), []byte("redacted"), []byte("dummy"),
	[]byte("yourkey"), []byte("your-"), []byte("your_"), []byte("yourpass"), []byte("yoursecret"), []byte("yourtoken"), []byte("insert"), []byte("replace"), []byte("sample"),
	[]byte("fake"), []byte("goeshere"), []byte("goes-here"), []byte("goes_here"), []byte("123456789"), []byte("abcdefgh"), []byte("${"), []byte("{{"), []byte("%("), []byte("<"), []byte("****"), []byte("...."),
	[]byte("deadbeef"), []byte("mysecret"), []byte("my-secret"), []byte("my_secret"), []byte("mypassword"), []byte("process.env"), []byte("os.environ"), []byte("getenv"), []byte("secrets."),
}

func placeholder(value []byte) bool {
	small := lowered(value)
	for _, p := range placeholders {
		if bytes.Contains(small, p) {
			return true
		}
	}
	run, most := 1, 1
	for i := 1; i < len(small); i++ {
		if run++; small[i] != small[i-1] {
			run = 1
		}
		most = max(most, run)
	}
	return most > 5 // 000000, ------
}

// call tells whether a value is the name of something in a program: what stands
// behind it calls or indexes it.
func call(value, after []byte) bool {
	return len(after) > 0 && (after[0] == '(' || after[0] == '[') || bytes.HasPrefix(value, []byte("$"))
}

func lowered(value []byte) []byte {
	small := make([]byte, len(value))
	fold(small, value)
	return small
}

func wordSet(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}
