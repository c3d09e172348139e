# Sourced by ./meseta and by the npm scripts. Sets $root, and $node to a Node.js that is new enough; installs what is
# missing, once, with a progress line on standard error. Nothing is fetched when everything is there.
#
# Expects $root to be the checkout. Fails with a sentence that says what to do.

node_version=26.10.0 # the long-term support release fetched where the machine's own Node.js is older than $node_minimum
node_minimum=24

fail() {
  echo "meseta: $*" >&2
  exit 1
}

# The machine's Node.js if it will do, else the one fetched earlier. The version test costs a start of node, so its
# answer is remembered beside the fetched one, keyed by the program's path.
find_node() {
  node="$root/.meseta/node/node_modules/node-$platform/bin/node"
  [ -x "$node" ] && return 0
  node=$(command -v node) || return 1
  [ -f "$root/.meseta/system-node" ] && [ "$(cat "$root/.meseta/system-node")" = "$node" ] && return 0
  major=$("$node" -p 'process.versions.node.split(".")[0]') || return 1
  [ "$major" -ge "$node_minimum" ] || return 1
  mkdir -p "$root/.meseta" && echo "$node" >"$root/.meseta/system-node"
}

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-x64 ;;
  Linux-aarch64) platform=linux-arm64 ;;
  *) platform=unknown ;;
esac

if ! find_node; then
  command -v npm >/dev/null || fail "needs Node.js $node_minimum or newer, or npm to fetch it; install either and try again"
  [ "$platform" = unknown ] && fail "needs Node.js $node_minimum or newer; there is no package of it for $(uname -sm)"
  printf 'meseta: fetching Node.js %s … ' "$node_version" >&2
  # The package `node` fetches this one by an install script, which npm may be set not to run.
  mkdir -p "$root/.meseta/node" && [ -f "$root/.meseta/node/package.json" ] || echo '{"private":true}' >"$root/.meseta/node/package.json"
  log=$(npm install --prefix "$root/.meseta/node" --no-save --no-audit --no-fund --ignore-scripts "node-$platform@$node_version" 2>&1) ||
    fail "could not fetch Node.js from the npm registry: $log"
  echo done >&2
  find_node || fail "fetched Node.js $node_version, but $node does not run"
fi

if [ ! -f "$root/node_modules/.package-lock.json" ] || [ "$root/package-lock.json" -nt "$root/node_modules/.package-lock.json" ]; then
  command -v npm >/dev/null || fail "needs npm to install its dependencies; install it and try again"
  printf 'meseta: installing dependencies … ' >&2
  log=$(cd "$root" && PATH="$(dirname "$node"):$PATH" npm install --no-save --no-audit --no-fund --loglevel=error 2>&1) || fail "npm install failed: $log"
  touch "$root/node_modules/.package-lock.json"
  echo done >&2
fi
