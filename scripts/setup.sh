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
  # Somebody else's checkout may not be writable: then it is found out at each start.
  { mkdir -p "$root/.meseta" && echo "$node" >"$root/.meseta/system-node"; } 2>/dev/null || :
}

# Fails unless what is missing can be written to the checkout.
need_writable() {
  for directory in "$root" "$root/.meseta" "$root/node_modules"; do
    [ ! -e "$directory" ] || [ -w "$directory" ] ||
      fail "has to install what it needs into $directory, which $(id -un) may not write to; run '$root/meseta version' once as $(stat -c %U "$directory" 2>/dev/null || echo its owner), or use a checkout of your own"
  done
}

# Runs npm, and says in a sentence what to do when it fails. The first argument is what for.
run_npm() {
  purpose=$1
  shift
  log=$(npm "$@" --no-audit --no-fund --fetch-retry-mintimeout=1000 2>&1) && return 0
  echo failed >&2
  case $log in
    *SELF_SIGNED_CERT* | *UNABLE_TO_VERIFY_LEAF* | *UNABLE_TO_GET_ISSUER* | *CERT_UNTRUSTED* | *ERR_TLS_CERT* | *CERT_HAS_EXPIRED* | *CERT_NOT_YET_VALID*)
      fail "cannot $purpose: the certificate of the npm registry is not trusted; name the file of its certificate authority, as in NODE_EXTRA_CA_CERTS=/path/ca.pem, and try again" ;;
    *ECONNREFUSED* | *ENOTFOUND* | *EAI_AGAIN* | *ETIMEDOUT* | *ERR_SOCKET_TIMEOUT* | *ENETUNREACH* | *EHOSTUNREACH* | *ECONNRESET* | *ENETDOWN* | *ENOTCACHED*)
      fail "cannot $purpose: the npm registry cannot be reached; connect this machine, or set another one with 'npm config set registry URL', or copy node_modules and .meseta here from a checkout on a machine of the same kind" ;;
    *EACCES* | *EPERM* | *EROFS*)
      fail "cannot $purpose: $(id -un) may not write to $root or to npm's cache; run '$root/meseta version' once as the owner of both, or use a checkout of your own" ;;
    *ENOSPC* | *EDQUOT*)
      fail "cannot $purpose: the disk is full; make room in $root and in npm's cache, and try again" ;;
    *) fail "cannot $purpose; npm says: $(printf '%s\n' "$log" | sed -n 's/^npm error //p' | grep -v '^A complete log' | head -n 4 | tr '\n' ' ')" ;;
  esac
}

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-x64 ;;
  Linux-aarch64) platform=linux-arm64 ;;
  *) platform=unknown ;;
esac

if ! find_node; then
  command -v npm >/dev/null || fail "needs Node.js $node_minimum or newer, or npm to fetch it; install either and try again"
  [ "$platform" = unknown ] && fail "needs Node.js $node_minimum or newer; there is no package of it for $(uname -sm)"
  need_writable
  printf 'meseta: fetching Node.js %s … ' "$node_version" >&2
  # The package `node` fetches this one by an install script, which npm may be set not to run.
  mkdir -p "$root/.meseta/node" && [ -f "$root/.meseta/node/package.json" ] || echo '{"private":true}' >"$root/.meseta/node/package.json"
  run_npm "fetch Node.js" install --prefix "$root/.meseta/node" --no-save --ignore-scripts "node-$platform@$node_version"
  echo done >&2
  find_node || fail "fetched Node.js $node_version, but $node does not run"
fi

if [ ! -f "$root/node_modules/.package-lock.json" ] || [ "$root/package-lock.json" -nt "$root/node_modules/.package-lock.json" ]; then
  command -v npm >/dev/null || fail "needs npm to install its dependencies; install it and try again"
  need_writable
  printf 'meseta: installing dependencies … ' >&2
  (
    cd "$root" && PATH="$(dirname "$node"):$PATH"
    run_npm "install dependencies" install --no-save --loglevel=error
  ) || exit 1
  touch "$root/node_modules/.package-lock.json"
  echo done >&2
fi
