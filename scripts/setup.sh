# Sourced by ./meseta and by the npm scripts. Sets $root, and $node to a Node.js that is new enough; installs what is
# missing, once, with a progress line on standard error. Nothing is fetched when everything is there.
#
# Expects $root to be the checkout. Fails with a sentence that says what to do.

node_version=26.10.0 # the long-term support release fetched where the machine's own Node.js is older than $node_minimum
node_minimum=24

# The machine's Node.js if it will do, else the one fetched earlier. The version test costs a start of node, so its
# answer is remembered beside the fetched one, keyed by the program's path.
find_node() {
  node="$root/.meseta/node/node_modules/node-$platform/bin/node"
  [ -x "$node" ] && return 0
  node=$(command -v node) || return 1
  [ -f "$root/.meseta/system-node" ] && [ "$(cat "$root/.meseta/system-node")" = "$node" ] && return 0
  major=$("$node" -p 'process.versions.node.split(".")[0]') || return 1
  [ "$major" -ge "$node_minimum" ] || return 1
  # The checkout of another user may not be writable: then it is found out at each start.
  { mkdir -p "$root/.meseta" && echo "$node" >"$root/.meseta/system-node"; } 2>/dev/null || :
}

# npm writes this file last, and the directory is put in its place when it is whole.
has_dependencies() {
  [ -f "$root/node_modules/.package-lock.json" ] && ! [ "$root/package-lock.json" -nt "$root/node_modules/.package-lock.json" ]
}

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-x64 ;;
  Linux-aarch64) platform=linux-arm64 ;;
  *) platform=unknown ;;
esac

find_node && has_dependencies || . "$root/scripts/install.sh"
