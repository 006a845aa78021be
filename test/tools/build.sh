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
	stamp=$(cat "$module/go.mod" "$module/go.sum" <(go version; echo "$@") | sha256sum | cut -d' ' -f1)
	if [[ $(cat "bin/.$module" 2>/dev/null) == "$stamp" ]]; then
		return
	fi
	echo "building $* (pinned in test/tools/$module/go.mod)"
	(
		cd "$module"
		flags=()
		if [[ $module == alertmanager ]]; then
			copy=$(mktemp -d)
			trap 'rm -rf "$copy"' EXIT
			with_page "$copy"
			flags=("-modfile=$copy/go.mod")
		fi
		go build "${flags[@]}" -ldflags '-s -w' -o ../bin/ "$@"
	)
	echo "$stamp" >"bin/.$module"
}

# Alertmanager embeds a web page that its module does not hold. with_page makes
# DIR/go.mod, in which the module is replaced by a copy that has one.
with_page() { # with_page DIR
	local name=github.com/prometheus/alertmanager
	cp go.mod go.sum "$1"
	cp -r "$(go list -m -f '{{.Dir}}' $name)" "$1/alertmanager"
	chmod -R u+w "$1/alertmanager"
	mkdir -p "$1/alertmanager/ui/app/dist"
	echo '<!doctype html><title>Alertmanager</title>' >"$1/alertmanager/ui/app/dist/index.html"
	go mod edit -replace="$name=$1/alertmanager" "$1/go.mod"
}

build prometheus github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool
build node_exporter github.com/prometheus/node_exporter
build alertmanager github.com/prometheus/alertmanager/cmd/alertmanager github.com/prometheus/alertmanager/cmd/amtool
if [[ ${1-} == bench ]]; then
	build vmalert github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert
fi
