#!/bin/sh
# Installs Debian's package `consul`, which the tests of the executor run as a real peer. Debian 12 has none, Debian 11
# (bullseye) has: where it is not on offer, that suite is added from the mirror the machine already uses, for this one
# package only.
#
#   install-consul.sh            installs it for the machine; needs root
#   install-consul.sh DIRECTORY  only unpacks it there, as any user: DIRECTORY/usr/bin/consul
set -eu
suite=bullseye
target=${1:-}

mirror() {
  # Both forms of source lists; the first main archive counts.
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\) .*/\2/p' | grep '/debian/*$' | head -n 1
}

command -v consul >/dev/null && [ -z "$target" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
uri=$(mirror)
[ -n "$uri" ] || { echo "install-consul.sh: no Debian archive among the sources of this machine" >&2; exit 1; }
mkdir -p "$work/lists/partial" "$work/archives/partial"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $uri $suite main" >"$work/sources.list"
# A view of its own: the machine's lists and priorities stay as they are.
only="-o Dir::Etc::SourceList=$work/sources.list -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$work/lists
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User= -o Acquire::Check-Valid-Until=false"
apt-get -qq $only update
if [ -n "$target" ]; then
  (cd "$work" && apt-get -qq $only download consul)
  mkdir -p "$target"
  dpkg-deb -x "$work"/consul_*.deb "$target"
else
  DEBIAN_FRONTEND=noninteractive apt-get -qq $only -o "Dir::Cache::archives=$work/archives" install -y --no-install-recommends consul
fi
