#!/usr/bin/env bash
# A Slurm of one machine on loopback, for tests: munged, slurmctld and slurmd, without systemd. Needs root; prints where its
# slurm.conf is. Everything lives in one folder and on ports of its own, so that another Slurm is left in peace. Started twice, it is one.
#   TAKEOFF_SLURM_DIR   its folder (default: takeoff-slurm below TMPDIR)
#   TAKEOFF_SLURM_CPUS  processors that it hands out (default: 4, whether or not the machine has them)
set -euo pipefail
here=${TAKEOFF_SLURM_DIR:-${TMPDIR:-/tmp}/takeoff-slurm}
cpus=${TAKEOFF_SLURM_CPUS:-4}
memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)
host=$(hostname -s)
[ "$(id -u)" = 0 ] || { echo "start.sh: needs root" >&2; exit 1; }

alive() { # pid file, command
    local pid
    pid=$(cat "$1" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]
}

mkdir -p "$here"/{state,spool,log,run}
chmod 755 "$here" "$here"/*

if ! alive "$here/run/munged.pid" munged; then
    [ -s "$here/munge.key" ] || (umask 077; head -c 1024 /dev/urandom > "$here/munge.key")
    rm -f "$here"/run/munge.socket*
    # --force: a folder below /tmp is writable by others, which munge dislikes.
    munged --force --key-file="$here/munge.key" --socket="$here/run/munge.socket" --pid-file="$here/run/munged.pid" \
        --log-file="$here/log/munged.log" --seed-file="$here/run/munge.seed"
fi

if ! alive "$here/run/slurmctld.pid" slurmctld; then
    # pgid finds every process of a job; linuxproc leaves orphans alive after scancel.
    cat > "$here/slurm.conf" <<CONF
ClusterName=takeoff
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=17817
AuthType=auth/munge
AuthInfo=socket=$here/run/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$here/state
SlurmdSpoolDir=$here/spool
SlurmctldPidFile=$here/run/slurmctld.pid
SlurmdPidFile=$here/run/slurmd.pid
SlurmctldLogFile=$here/log/slurmctld.log
SlurmdLogFile=$here/log/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=2
ReturnToService=2
KillWait=5
OverTimeLimit=0
MinJobAge=300
SlurmctldTimeout=30
SlurmdTimeout=30
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=17818 CPUs=$cpus RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=n1 Default=YES MaxTime=INFINITE State=UP
CONF
fi
export SLURM_CONF="$here/slurm.conf"
alive "$here/run/slurmctld.pid" slurmctld || slurmctld
alive "$here/run/slurmd.pid" slurmd || slurmd -N n1

for _ in $(seq 1 100); do
    if timeout 5 sinfo --noheader --Node --format=%T 2>/dev/null | grep -qE '^(idle|mixed|allocated|completing)$'; then
        echo "$SLURM_CONF"
        exit 0
    fi
    sleep 0.1
done
echo "start.sh: the node does not come up" >&2
tail -n 5 "$here"/log/*.log >&2
exit 1
