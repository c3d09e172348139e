# Sourced by setup.sh where something is missing: fetches Node.js and installs the dependencies. Both are installed into
# a directory beside their place, checked, and moved when they are whole: a start that is killed, or whose disk is full,
# leaves nothing that looks installed.

. "$root/scripts/install-errors.sh"

# Only one start of a checkout installs at a time. npm holds the lock, too: where it outlives a start that was killed,
# the next one waits for its end. Where there is no flock, or it does not work, all go on, in directories of their own.
lock() {
  make_directory "$root/.meseta"
  command -v flock >/dev/null || return 0
  command exec 9<"$root/.meseta"
  flock -n 9 2>/dev/null || {
    echo "meseta: waiting for another start that installs into $root" >&2
    flock 9 || return 0
  }
  rm -rf "$root/.meseta/new."* # of starts that were killed
}

# Says what begins, and makes the directory for it.
begin() {
  make_directory "$stage"
  printf 'meseta: %s … ' "$1" >&2
  cp -p "$root/.npmrc" "$stage" 2>/dev/null || : # may name the registry
}

# Moves what was installed to its place, $1.
finish() {
  [ ! -e "$1" ] && [ ! -L "$1" ] || mv "$1" "$stage/old" || give_up "cannot replace $1; move it away and try again"
  mv "$stage/node_modules" "$1" || give_up "cannot move what was installed to $1"
  rm -rf "$stage"
  echo done >&2
}

fetch_node() {
  [ "$platform" = unknown ] && fail "needs Node.js $node_minimum or newer; there is no package of it for $(uname -sm)"
  begin "fetching Node.js $node_version"
  # The package `node` fetches this one by an install script, which npm may be set not to run.
  run_npm "fetch Node.js" --ignore-scripts "node-$platform@$node_version"
  answer=$("$stage/node_modules/node-$platform/bin/node" -p process.version 2>&1)
  [ "$answer" = "v$node_version" ] ||
    give_up "fetched Node.js $node_version, but it does not run here; install Node.js $node_minimum or newer (it says: $(shorten "$answer"))"
  make_directory "$root/.meseta/node"
  finish "$root/.meseta/node/node_modules"
  find_node
}

install_dependencies() {
  begin "installing dependencies"
  for file in "$root/package.json" "$root/package-lock.json" "$root"/packages/*/package.json; do
    [ -f "$file" ] || continue
    copy="$stage/${file#"$root/"}"
    mkdir -p "$(dirname "$copy")" && cp "$file" "$copy" || give_up "$(disk_full)"
  done
  run_npm "install dependencies"
  answer=$("$node" -e '
    const read = file => JSON.parse(require("fs").readFileSync(process.argv[1] + "/" + file));
    for (const [path, { version }] of Object.entries(read("node_modules/.package-lock.json").packages)) {
      if (version && read(path + "/package.json").version !== version) throw new Error(path + " has another version");
    }' "$stage" 2>&1) ||
    give_up "cannot install dependencies: they are not whole; run 'npm cache verify' and try again (Node.js says: $(shorten "$answer"))"
  touch "$stage/node_modules/.package-lock.json"
  finish "$root/node_modules"
}

stage="$root/.meseta/new.$$"
command -v npm >/dev/null || fail "needs npm to install Node.js $node_minimum or its dependencies; install it and try again"
need_writable
trap interrupted INT
lock
find_node || fetch_node
has_dependencies || install_dependencies
trap - INT
command exec 9<&-
