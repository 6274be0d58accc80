#!/usr/bin/env bash
# Stop what start.sh started, jobs first (their processes outlive slurmd), and remove its folder. Stopped twice, it is stopped.
set -uo pipefail
here=${TAKEOFF_SLURM_DIR:-${TMPDIR:-/tmp}/takeoff-slurm}
export SLURM_CONF="$here/slurm.conf"
[ -d "$here/run" ] || exit 0

alive() { # pid file, command
    local pid
    pid=$(cat "$1" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]
}

stop() { # pid file, command
    alive "$1" "$2" || return 0
    local pid
    pid=$(cat "$1")
    kill -TERM "$pid"
    for _ in $(seq 1 100); do
        [ -d "/proc/$pid" ] || return 0
        sleep 0.1
    done
    kill -KILL "$pid"
}

if alive "$here/run/slurmctld.pid" slurmctld; then
    timeout 10 squeue --noheader --format=%A | xargs --no-run-if-empty timeout 10 scancel --signal=KILL --full
    timeout 10 squeue --noheader --format=%A | xargs --no-run-if-empty timeout 10 scancel
    for _ in $(seq 1 100); do
        [ -z "$(timeout 5 squeue --noheader)" ] && break
        sleep 0.1
    done
fi
stop "$here/run/slurmd.pid" slurmd
stop "$here/run/slurmctld.pid" slurmctld
stop "$here/run/munged.pid" munged
rm -rf "$here"
