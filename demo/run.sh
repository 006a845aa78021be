#!/usr/bin/env bash
# Serves alertd on this machine until Ctrl-C: it measures the host by itself
# and prints its messages here. State and textfiles are under ./data.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p data/textfiles
export ALERTD_TEXTFILE_DIRECTORY=${ALERTD_TEXTFILE_DIRECTORY:-$PWD/data/textfiles}
echo "page:     http://127.0.0.1:9099/"
echo "a job:    bin/alertctl cron run --name my_job --textfile-dir $ALERTD_TEXTFILE_DIRECTORY -- false"
echo "watch it: ALERTD_CRON_PREFIXES=my_job make run"
exec bin/alertd --storage.path=data/state "$@"
