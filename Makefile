# make demo   starts the product on real input and stays up until Ctrl-C
# make test   installs what the tests need and passes every test
# make bench  measures speed against peers in the same run
# make packages   builds deb, rpm and MSI
# make eval   measures accuracy on generated people and look-alikes

export CGO_ENABLED := 0
version := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
flags := -trimpath -ldflags "-s -w -X main.version=$(version)"

.PHONY: all build demo test bench eval packages clean
all: build

build:
	go build $(flags) -o bin/ ./cmd/...

demo: build
	scripts/install-demo-tools
	bin/trustline demo

test:
	scripts/test

# Each prints its figures; none is a test. Needs root for the guard.
bench: build
	scripts/install-bench-tools
	go run ./bench/detection
	go test -run '^$$' -bench 'TenMillion|Matcher' -benchtime 1x ./rules/exact ./rules/similar
	go test -run '^$$' -bench '500Rules' ./rules
	go test -run '^$$' -bench Extract -benchtime 1x ./rules/extract
	go run ./bench/extract
	go run ./bench/guard
	go run ./bench/console
	go run ./bench/idle
	go test -count=1 -v -run '^(TestEmployeeIsToldInTheirLanguage|TestADayOfOneEmployee)$$' ./e2e

eval:
	go run ./rules/eval

# deb and rpm of both programs and the MSI of the agent, in dist/
packages:
	scripts/package dist

clean:
	rm -rf bin dist
