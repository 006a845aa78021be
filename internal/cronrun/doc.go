// Package cronrun runs one command of a crontab and tells node_exporter's
// textfile collector how it went: the work of `alertctl cron run`.
//
// Run writes <dir>/<prefix>.prom when the command starts and when it has
// ended. The metrics carry no labels and are named as a job's own shell script
// with an EXIT trap names them:
//
//	<prefix>_last_success_timestamp   Unix seconds
//	<prefix>_last_failure_timestamp   Unix seconds
//	<prefix>_last_run_status          1 when the last run succeeded, else 0
//
// and these are added to them:
//
//	<prefix>_last_start_timestamp     Unix seconds
//	<prefix>_last_duration_seconds    of the last run that has ended
//	<prefix>_last_exit_code           of the last run that has ended
//	<prefix>_running                  1 while the job runs, else 0
//	<prefix>_consecutive_failures     runs that failed since the last success
//	<prefix>_overlapped               1 after a run started beside another, else 0
//
// What has never happened is left out: a timestamp of 0 would read as a
// success in 1970. A failure keeps the timestamp of the last success, and the
// other way round; metrics of others in the same file are kept.
//
// The wrapper stays out of the job's way. Standard streams, environment,
// working directory and exit code are the job's own, signals reach it, and a
// textfile that cannot be written costs a line on standard error, never a run.
package cronrun
