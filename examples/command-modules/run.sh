#!/bin/sh
# Starts a master and an agent with the command modules of this folder, runs tasks that show what they do, and stops.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
meseta="$here/../../meseta"
work=$(mktemp -d)
export EXAMPLE_SCRATCH="$work/scratch" PATH="$here/scripts:$PATH"
master=127.0.0.1:${MASTER_PORT:-15050}

"$meseta" master --ip=127.0.0.1 --port="${master#*:}" --work_dir="$work/master" > "$work/master.log" 2>&1 & master_pid=$!
"$meseta" agent --ip=127.0.0.1 --port="${AGENT_PORT:-15051}" --master="$master" --work_dir="$work/agent" \
  --runtime_dir="$work/run" --no-systemd_enable_support --modules="file://$here/modules.json" \
  --hooks=com_criteo_mesos_CommandHook \
  --isolation=posix/cpu,posix/mem,com_criteo_mesos_CommandIsolator > "$work/agent.log" 2>&1 & agent_pid=$!
trap 'kill $agent_pid $master_pid 2> /dev/null; wait; [ "${KEEP:-}" ] || rm -rf "$work"' EXIT

tries=0
until "$meseta" agents --master "$master" 2> /dev/null | grep -q active; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { echo 'no agent has registered:' >&2; cat "$work/master.log" "$work/agent.log" >&2; exit 1; }
  sleep 0.2
done

echo "The hook's variable and prepare's directory are there:"
"$meseta" run --master "$master" 'echo "DATACENTER=$DATACENTER"; test -d "$SCRATCH" && echo "SCRATCH is a directory"'
echo "A container that fills its directory is ended by the watch command:"
if "$meseta" run --master "$master" 'dd if=/dev/zero of="$SCRATCH/big" bs=1M count=4 2> /dev/null; sleep 60'; then
  echo 'it was not ended' >&2
  exit 1
fi
echo "Every directory was removed by cleanup:"
left=$(ls "$EXAMPLE_SCRATCH" | wc -l)
echo "$left left"
[ "$left" -eq 0 ]
echo "What say-goodbye printed is in the agent's log:"
grep -o 'executor [^ ]* is gone' "$work/agent.log" | head -n 2
