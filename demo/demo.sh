#!/usr/bin/env bash
# A cron job that fails, from alarm to recovery, on this machine and without
# any other server: alertd measures the host by itself and prints its messages.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/bin:$PATH

scratch=$(mktemp -d)
alertd_pid=
cleanup() {
	if [[ -n $alertd_pid ]]; then
		kill "$alertd_pid" 2>/dev/null || true
		wait "$alertd_pid" 2>/dev/null || true
	fi
	rm -rf "$scratch"
}
trap cleanup EXIT

bold='' plain=''
if [[ -t 1 ]]; then
	bold=$(tput bold 2>/dev/null || true) plain=$(tput sgr0 2>/dev/null || true)
fi
step() { printf '\n%s── %s%s\n' "$bold" "$*" "$plain"; }
show() { # show COMMAND...: print it as one would type it, then run it
	local word typed=
	for word in "$@"; do
		[[ $word =~ ^[A-Za-z0-9_./:=@-]+$ ]] || word=\"$word\"
		typed+=" $word"
	done
	printf '%s$%s%s\n' "$bold" "$typed" "$plain"
	"$@"
}

# The messages printed since the last call, once there is one that matches.
seen=0
message() {
	local deadline=$((SECONDS + 30)) all
	while ((SECONDS < deadline)); do
		all=$(cat "$scratch/messages")
		if grep -qE "$1" <<<"${all:seen}"; then
			printf '%s\n' "${all:seen}"
			seen=${#all}
			return
		fi
		sleep 0.2
	done
	echo "no message matching '$1' came within 30 s; alertd's log:" >&2
	cat "$scratch/log" >&2
	exit 1
}

mkdir "$scratch/textfiles"
cat >"$scratch/alertd.yml" <<YAML
standalone:
  scrape_interval: 1s
  textfile_directory: $scratch/textfiles
evaluation:
  interval: 1s
cron:
  - name: nightly-backup
    prefix: nightly_backup
    max_age: 26h
receivers:
  - name: people
    console_configs: [{}]
YAML

step "alertd starts, without a Prometheus: it measures this host itself"
alertd --config.file="$scratch/alertd.yml" --storage.path="$scratch/state" --web.listen-address="127.0.0.1:$((20000 + RANDOM % 20000))" \
	>"$scratch/messages" 2>"$scratch/log" &
alertd_pid=$!
for _ in $(seq 150); do
	address=$(sed -n 's/.*msg="Listening on".* address=\([0-9.:]*\).*/\1/p' "$scratch/log")
	if [[ -n $address ]] && alertd healthcheck --url "http://$address/-/ready" 2>/dev/null; then
		break
	fi
	kill -0 "$alertd_pid" 2>/dev/null || { cat "$scratch/log" >&2; exit 1; }
	sleep 0.1
done
export ALERTCTL_URL=http://$address
show alertctl status

job() { alertctl cron run --name nightly-backup --prefix nightly_backup --textfile-dir "$scratch/textfiles" -- sh -c "$1"; }

step "the nightly backup runs, and fails"
echo "${bold}\$ alertctl cron run --name nightly-backup -- ./backup.sh${plain}"
job 'echo "copying to nas:/backup"; echo "rsync: No space left on device" >&2; exit 11' || echo "(exit code $?, as the job's own)"

step "what people get, a moment later"
message 'CronFailed'
show alertctl alerts

step "somebody looks into it, and silences it meanwhile"
show alertctl silence add alertname=CronFailed --duration 2h --comment "making room on the NAS" --author demo
show alertctl silence list
show alertctl alerts
sleep 3

step "there is room again: the backup runs, and succeeds"
echo "${bold}\$ alertctl cron run --name nightly-backup -- ./backup.sh${plain}"
job 'echo "copying to nas:/backup"; echo "done, 14 GB"'

step "the recovery is told wherever the failure was, silence or not"
message 'recover|resolved|✅'

step "that was all; everything is cleaned up"
