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

build prometheus github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool
build node_exporter github.com/prometheus/node_exporter
build alertmanager github.com/prometheus/alertmanager/cmd/amtool
if [[ ${1-} == bench ]]; then
	build vmalert github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert
fi
