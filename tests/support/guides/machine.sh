#!/bin/sh
# Runs a program on a machine of its own: machine.sh CHECKOUT SCRATCH PROGRAM [ARGUMENT …]. Its network has the addresses
# 10.0.0.1 and 10.0.0.2 beside the loopback; what it writes to /etc, /opt, /run, /var/lib and the checkout goes to SCRATCH, an
# empty directory, and is gone when it ends; its processes end with it. Runs as the same user.
set -e
if [ "$1" != inside ]; then
  mapped=''
  [ "$(id -u)" -eq 0 ] || mapped='--user --map-current-user --keep-caps'
  exec unshare $mapped --net --mount --pid --fork --kill-child --mount-proc sh "$0" inside "$@"
fi
root=$2 scratch=$3
shift 3
ip link set lo up
for address in 10.0.0.1 10.0.0.2; do ip address add "$address/32" dev lo; done
mount -t tmpfs -o mode=755 tmpfs "$scratch"
count=0
for directory in /etc /opt /run /var/lib "$root"; do
  count=$((count + 1))
  mkdir -p "$scratch/$count/upper" "$scratch/$count/work"
  mount -t overlay overlay -o "lowerdir=$directory,upperdir=$scratch/$count/upper,workdir=$scratch/$count/work" "$directory"
done
cd "$root"
exec setpriv --inh-caps=-all --ambient-caps=-all "$@"
