#!/usr/bin/env bash
# Builds the pinned Prometheus parts that the tests run, each from the module
# beside this script, into test/tools/bin, and with the argument "bench" what
# only benchmarks run. What is there and was built from the same pins is kept;
# the Prometheus build takes minutes when nothing is cached.
set -euo pipefail
cd "$(dirname "$0")"
export GOFLAGS= CGO_ENABLED=0
mkdir -p bin

build() { # build MODULE-FOLDER PACKAGE...
	local module=$1 stamp
	shift
	stamp=$(cat "$module/go.mod" "$module/go.sum" <(go version) | sha256sum | cut -d' ' -f1)
	if [[ $(cat "bin/.$module" 2>/dev/null) == "$stamp" ]]; then
		return
	fi
	echo "building $* (pinned in test/tools/$module/go.mod)"
	(cd "$module" && go build -ldflags '-s -w' -o ../bin/ "$@")
	echo "$stamp" >"bin/.$module"
}

# Alertmanager's module lacks the built web page that its program embeds, and no
# benchmark opens: it is built from a copy of the module with an empty one.
build_alertmanager() {
	local source copy stamp
	source=$(cd alertmanager && go mod download -json github.com/prometheus/alertmanager | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
	stamp=$(cat "$source/go.mod" "$source/go.sum" <(go version) <(echo "$source") | sha256sum | cut -d' ' -f1)
	if [[ -x bin/alertmanager && $(cat bin/.alertmanager-server 2>/dev/null) == "$stamp" ]]; then
		return
	fi
	echo "building alertmanager (pinned in test/tools/alertmanager/go.mod)"
	copy=$(mktemp -d)
	cp -r "$source/." "$copy"
	chmod -R u+w "$copy"
	mkdir -p "$copy/ui/app/dist"
	touch "$copy/ui/app/dist/index.html"
	(cd "$copy" && go build -ldflags '-s -w' -o "$OLDPWD/bin/" ./cmd/alertmanager)
	rm -rf "$copy"
	echo "$stamp" >bin/.alertmanager-server
}

build prometheus github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool
build node_exporter github.com/prometheus/node_exporter
build alertmanager github.com/prometheus/alertmanager/cmd/amtool
if [[ ${1-} == bench ]]; then
	build vmalert github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert
	build_alertmanager
fi
