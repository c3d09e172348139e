#!/bin/sh
# Runs a Docker engine for tests, and removes all of it when its standard input ends, which it does however the tests
# end. Started in a mount namespace of its own, and for an engine with a bridge in a network of its own.
#
#   engine-guard.sh DIRECTORY GROUP [OPTION OF DOCKERD …]
#
# DIRECTORY: of the engine's files, which is removed at the end. GROUP: the name of the cgroup of all of its processes.
# Reads one command a line:  start   starts dockerd; answers `started PID`
#                            wait    waits for the end of dockerd; answers `ended STATUS`
set -u
directory=$1
group=$2
shift 2
pid=

hierarchies() {
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    echo /sys/fs/cgroup
  else
    awk '$(NF - 2) == "cgroup" || $(NF - 2) == "cgroup2" { print $5 }' /proc/self/mountinfo
  fi
}

# containerd reads no usage when a hierarchy of processes is not mounted.
mount_hierarchies() {
  [ -f /sys/fs/cgroup/cgroup.controllers ] && return
  cut -d : -f 2 /proc/self/cgroup | while read -r name; do
    case $name in
      '') continue ;;
      name=*) options=none,$name ;;
      *) options=$name ;;
    esac
    grep -Eq " - cgroup [^ ]+ ([^ ]*,)?$name(,|$)" /proc/self/mountinfo && continue
    mkdir -p "$directory/cgroup/${name#name=}"
    mount -t cgroup -o "$options" none "$directory/cgroup/${name#name=}"
  done
}

processes() {
  hierarchies | while read -r root; do
    [ -d "$root/$group" ] && find "$root/$group" -name cgroup.procs -exec cat {} + 2>/dev/null
  done | sort -u
}

clean_up() {
  while all=$(processes) && [ -n "$all" ]; do
    kill -9 $all 2>/dev/null
    sleep 0.02
  done
  wait 2>/dev/null
  hierarchies | while read -r root; do
    [ -d "$root/$group" ] && find "$root/$group" -depth -type d -exec rmdir {} + 2>/dev/null
  done
  awk -v under="$directory/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r point; do
    umount --lazy "$point"
  done
  rm -rf --one-file-system "$directory"
}

# containerd ends with dockerd. As long as its parent has not read its status, the next dockerd takes it for alive, and
# in containers of the CI the parent never does.
forget_containerd() {
  file=$directory/exec/containerd/containerd.pid
  [ -f "$file" ] || return
  old=$(cat "$file")
  while [ -d "/proc/$old" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$old/status" 2>/dev/null; do
    kill -9 "$old" 2>/dev/null
    sleep 0.02
  done
  rm -f "$file"
}

trap '' HUP INT TERM PIPE
ip link set lo up 2>/dev/null
mount_hierarchies
while read -r command; do
  case $command in
    start)
      forget_containerd
      # Containers are in a group beside, because a group of version 2 has either processes or groups.
      sh -c '
        group=$1; shift
        while read -r root; do
          mkdir -p "$root/$group/engine" && echo $$ >"$root/$group/engine/cgroup.procs"
        done 2>/dev/null
        trap - HUP INT TERM PIPE
        exec dockerd "$@" </dev/null
      ' sh "$group" "$@" >>"$directory/log" 2>&1 <<EOF &
$(hierarchies)
EOF
      pid=$!
      echo "started $pid"
      ;;
    wait)
      wait "$pid" 2>/dev/null
      echo "ended $?"
      ;;
  esac
done
clean_up
