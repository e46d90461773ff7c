# Three commands are enough to contribute: make build, make test, make bench.
CONFIGURATION ?= Release
OUT           ?= out
PREFIX        ?= /usr/local
export DOTNET_CLI_TELEMETRY_OPTOUT = 1
export DOTNET_NOLOGO = 1

.PHONY: build test demo bench docs install deb release release-arm64 clean deps-build deps-test deps-arm64 deps-bench deps-demo cases format

build: deps-build
	dotnet publish src/Builder/Builder.csproj -c $(CONFIGURATION) -r linux-x64 -o $(OUT) -v q
	@ls -l $(OUT)/bld $(OUT)/bldrun

test: deps-test build
	build/test

demo: deps-demo build
	build/demo

bench: deps-bench build
	python3 build/bench.py --bld $(OUT)/bld $(BENCH)

install: build
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/bin $(OUT)/bld $(OUT)/bldrun
	$(OUT)/bld man $(DESTDIR)$(PREFIX)/share/man/man1
	mkdir -p $(addprefix $(DESTDIR)$(PREFIX)/share/,bash-completion/completions zsh/site-functions fish/vendor_completions.d)
	$(OUT)/bld completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/bld
	$(OUT)/bld completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_bld
	$(OUT)/bld completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/bld.fish

# What is made of the program's own tables. Run it after a command or a flag changed.
docs: build
	$(OUT)/bld compatibility docs/buildah.txt >docs/compatibility.md

# What is handed out: a Debian package, and a tarball with its digest.
deb: build
	build/package deb

release: build
	build/package tar

# For 64-bit ARM, by Debian's cross compiler. The lock files name this machine's platform only, so this one restores by a lock of its own.
release-arm64: deps-arm64 build
	dotnet publish src/Builder/Builder.csproj -c $(CONFIGURATION) -r linux-arm64 -o $(OUT)/arm64 -v q \
		-p:RuntimeIdentifiers=linux-arm64 -p:NuGetLockFilePath=obj/arm64.lock.json -p:RestoreLockedMode=false \
		-p:CppCompilerAndLinker=$(CURDIR)/build/gcc-arm64 -p:ObjCopyName=aarch64-linux-gnu-objcopy
	build/package tar arm64
	build/package deb arm64

format:
	dotnet format Builder.sln

# The shared black-box cases, where the workspace has them.
cases: build
	python3 ../shared/cases/run-cases.py --builder bld --binary $(OUT)/bld

deps-build:
	build/packages build

deps-test:
	build/packages build test

deps-arm64:
	build/packages build arm64

deps-bench:
	build/packages build bench

deps-demo:
	build/packages build demo

clean:
	rm -rf $(OUT) src/*/bin src/*/obj src/*/*/bin src/*/*/obj tests/*/bin tests/*/obj TestResults
