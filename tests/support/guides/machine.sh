#!/bin/sh
# Runs a program on a machine of its own: machine.sh CHECKOUT SCRATCH PROGRAM [ARGUMENT …]. Its network has the addresses
# 10.0.0.1 to 10.0.0.3 beside the loopback; what it writes to /etc, /opt, /var/lib and the checkout goes to SCRATCH, an
# empty directory, and is gone when it ends, as is /run, which is empty at first; its processes end with it. Runs as the same user.
# For root, its cgroups are below one with the name $MACHINE_CGROUP in each hierarchy, which the caller removes.
set -e
if [ "$1" != inside ]; then
  mapped=''
  [ "$(id -u)" -eq 0 ] || mapped='--user --map-current-user --keep-caps'
  exec unshare $mapped --net --mount --pid --fork --kill-child --mount-proc sh "$0" inside "$@"
fi
root=$2 scratch=$3
shift 3
ip link set lo up
for address in 10.0.0.1 10.0.0.2 10.0.0.3; do ip address add "$address/32" dev lo; done
mount -t tmpfs -o mode=755 tmpfs "$scratch"

# What overlayfs refuses an ordinary user, a directory with other mounts below it: a new one with what is in it.
compose() {
  mkdir "$2"
  for entry in "$1"/* "$1"/.[!.]*; do
    made=$2/${entry##*/}
    if [ -L "$entry" ]; then cp -P "$entry" "$made"
    elif [ -d "$entry" ]; then mkdir "$made" && mount --rbind "$entry" "$made"
    elif [ -e "$entry" ]; then : >"$made" && mount --bind "$entry" "$made"
    fi
  done
  mount --rbind "$2" "$1"
}

separate_cgroups() {
  mounts=$(cat /proc/self/mounts) # of before those made here
  while read -r _ at type _; do
    case $type:$at in cgroup:/sys/fs/cgroup/* | cgroup2:/sys/fs/cgroup*) ;; *) continue ;; esac
    mkdir "$at/$MACHINE_CGROUP"
    for file in cpuset.cpus cpuset.mems; do
      [ "$type" = cgroup2 ] || [ ! -e "$at/$file" ] || cat "$at/$file" >"$at/$MACHINE_CGROUP/$file"
    done
    [ "$type" = cgroup ] || for each in $(cat "$at/cgroup.controllers"); do echo "+$each" >"$at/cgroup.subtree_control"; done
    mount --bind "$at/$MACHINE_CGROUP" "$at"
  done <<END
$mounts
END
}
[ "$(id -u)" -ne 0 ] || separate_cgroups

count=0
for directory in /etc /opt /var/lib "$root"; do
  count=$((count + 1))
  mkdir -p "$scratch/$count/upper" "$scratch/$count/work"
  layers="lowerdir=$directory,upperdir=$scratch/$count/upper,workdir=$scratch/$count/work"
  mount -t overlay overlay -o "$layers" "$directory" 2>/dev/null || compose "$directory" "$scratch/$count/composed"
done
# Empty: the runtime directory of this machine's agent is not for the guides' agents.
mount -t tmpfs -o mode=755 tmpfs /run
# Nor are the addresses that this machine's networks have given away.
mkdir -p /var/lib/cni
mount -t tmpfs -o mode=755 tmpfs /var/lib/cni
cd "$root"
exec setpriv --inh-caps=-all --ambient-caps=-all "$@"
