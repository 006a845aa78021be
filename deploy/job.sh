#!/usr/bin/env bash
# Run a cron job and leave its outcome for node-exporter's textfile collector.
# `alertctl cron run` does the same and more; this is for hosts without it.
#
#   job.sh PREFIX COMMAND [ARGUMENT...]
#
# writes $TEXTFILE_DIR/PREFIX.prom:
#   PREFIX_last_success_timestamp   Unix time of the last run that succeeded
#   PREFIX_last_failure_timestamp   Unix time of the last run that failed
#   PREFIX_last_run_status          1 the last run succeeded, 0 it failed
#   PREFIX_last_start_timestamp     Unix time at which the last run began
#   PREFIX_last_duration_seconds    how long the last run took
#   PREFIX_last_exit_code           exit code of the last run
#   PREFIX_running                  1 while the job runs, else 0
# and exits with the job's exit code. What has never happened is left out: a
# timestamp of 0 would read as a success in 1970.
set -euo pipefail

dir=${TEXTFILE_DIR:-/var/lib/node_exporter/textfile_collector}

if (($# < 2)) || [[ ! $1 =~ ^[a-zA-Z_][a-zA-Z0-9_]*$ ]]; then
  echo "usage: job.sh PREFIX COMMAND [ARGUMENT...]   (PREFIX begins a metric name)" >&2
  exit 2
fi
prefix=$1
shift
file=$dir/$prefix.prom

# One run at a time: a run that is not over keeps the next one out.
if { exec 9>"$dir/.$prefix.lock"; } 2>/dev/null; then
  if ! flock --nonblock 9; then
    echo "job.sh: $prefix: the previous run is not over" >&2
    exit 75
  fi
else
  echo "job.sh: $prefix: cannot write to $dir: no metrics, no guard against overlapping runs" >&2
fi

# previous NAME: the value in the file as the last run left it, or nothing.
previous() {
  [[ -r $file ]] || return 0
  awk -v name="${prefix}_$1" '$1 == name { value = $2 } END { if (value != "") print value }' "$file"
}

success=$(previous last_success_timestamp)
failure=$(previous last_failure_timestamp)
status=$(previous last_run_status)
duration=$(previous last_duration_seconds)
code=$(previous last_exit_code)
running=1
started=$(date +%s)

metric() {
  [[ -n $2 ]] || return 0
  printf '# HELP %s_%s %s\n# TYPE %s_%s gauge\n%s_%s %s\n' \
    "$prefix" "$1" "$3" "$prefix" "$1" "$prefix" "$1" "$2"
}

# Write beside the file, then rename: node-exporter never reads half a file.
# Metrics that cannot be written cost a line on standard error, never a run.
write_metrics() {
  local new
  new=$(mktemp "$dir/.$prefix.XXXXXX") || return 0
  if {
    metric last_success_timestamp "$success" "Unix time of the last run that succeeded." &&
    metric last_failure_timestamp "$failure" "Unix time of the last run that failed." &&
    metric last_run_status "$status" "Outcome of the last run: 1 succeeded, 0 failed." &&
    metric last_start_timestamp "$started" "Unix time at which the last run began." &&
    metric last_duration_seconds "$duration" "How long the last run took." &&
    metric last_exit_code "$code" "Exit code of the last run." &&
    metric running "$running" "1 while the job runs, else 0."
  } >"$new" && chmod 0644 "$new" && sync "$new" && mv -f "$new" "$file"; then
    return 0
  fi
  rm -f "$new" || true
}

finish() {
  code=$?
  local now
  now=$(date +%s)
  running=0
  duration=$((now - started))
  if ((code == 0)); then
    status=1
    success=$now
  else
    status=0
    failure=$now
  fi
  write_metrics
}

# However this script ends, the outcome is told; ended by a signal is failed.
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

write_metrics
"$@" 9>&-
