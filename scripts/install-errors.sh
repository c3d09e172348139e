# Sourced by install.sh: says in a sentence what to do where something cannot be installed.

fail() {
  echo "meseta: $*" >&2
  exit 1
}

# As fail, after a progress line.
give_up() {
  echo failed >&2
  rm -rf "$stage"
  fail "$@"
}

# As a program that an interrupt ends: the shell that started it is to know.
interrupted() {
  echo interrupted >&2
  rm -rf "$stage"
  trap - INT
  kill -INT $$
  exit 130
}

# $1 on one line, in short.
shorten() { printf '%s\n' "$1" | grep . | head -n 3 | cut -c 1-120 | tr '\n' ' ' | sed 's/ *$//'; }

disk_full() {
  cache=$(setting cache)
  echo "cannot ${purpose:-install what is needed}: the disk is full; make room for 500 MB in $root and in npm's cache${cache:+ ($cache)}, and try again"
}

# Fails where the checkout cannot be written to.
need_writable() {
  for directory in "$root" "$root/.meseta" "$root/.meseta/node" "$root/node_modules"; do
    [ ! -e "$directory" ] || [ -w "$directory" ] || not_writable "$directory"
  done
}

not_writable() {
  what="has to install what it needs into $1, which"
  case $(LC_ALL=C touch -c "$1" 2>&1) in
    *'ead-only file system'*) fail "$what is mounted read-only; mount it writable until '$root/meseta version' has run once, or copy the checkout to a place that is writable" ;;
  esac
  [ -O "$1" ] && fail "$what is yours but not writable; run 'chmod u+w $1' and try again"
  fail "$what $(id -un) may not write to; run '$root/meseta version' once as $(stat -c %U "$1" 2>/dev/null || echo its owner), or use a checkout of your own"
}

make_directory() {
  error=$(LC_ALL=C mkdir -p "$1" 2>&1) && return 0
  case $error in
    *'No space left'* | *'quota exceeded'*) fail "$(disk_full)" ;;
    *) fail "cannot install what is needed: $error" ;;
  esac
}

# A setting of npm, as it is for this checkout.
setting() { npm config get "$1" --prefix "$stage" 2>/dev/null; }

# Runs npm install in $stage; $1 is what for.
run_npm() {
  purpose=$1
  shift
  log=$(
    trap 'kill -KILL $!; wait $! 2>/dev/null; exit 130' INT # npm would first end what is under way, which may not end
    PATH="${node:+$(dirname "$node"):}$PATH" npm install "$@" --prefix "$stage" --no-save --loglevel=warn --no-color --no-audit --no-fund --no-update-notifier --fetch-retry-mintimeout=1000 2>&1 &
    wait $!
  )
  status=$?
  [ "$status" -eq 130 ] && interrupted
  # Older ones write ERR! and WARN. They take a file that cannot be unpacked for nothing worse than a warning.
  cut_short=$(printf '%s\n' "$log" | sed -nE 's/^npm (warn|WARN) tar (TAR_ENTRY_ERROR )?(E[A-Z]+:)/\3/p' | head -n 1)
  [ "$status" -eq 0 ] && [ -z "$cut_short" ] && return 0
  errors=$(printf '%s\n' "$log" | sed -nE 's/^npm (error|ERR!) //p' | grep -vE '^(A complete log|Log files were not|You can rerun)')
  errors="$cut_short
${errors:-npm ended with status $status}"
  case $errors in *'signal SIGINT'*) interrupted ;; esac
  explain
}

# Ends with what $errors of npm mean.
explain() {
  says="(npm says: $(shorten "$errors"))"
  registry=$(setting registry)
  check="see 'npm config get registry'"
  case $errors in
    *ENOSPC* | *EDQUOT*)
      give_up "$(disk_full)" ;;
    *SELF_SIGNED_CERT* | *UNABLE_TO_VERIFY_LEAF* | *UNABLE_TO_GET_ISSUER* | *CERT_UNTRUSTED* | *ERR_TLS_CERT* | *CERT_HAS_EXPIRED* | *CERT_NOT_YET_VALID*)
      give_up "cannot $purpose: the certificate of the npm registry $registry is not trusted; name the file of its certificate authority, as in NODE_EXTRA_CA_CERTS=/path/ca.pem, and try again" ;;
    *ERR_SSL* | *'code EPROTO'* | *'SSL routines'*)
      give_up "cannot $purpose: the npm registry $registry does not speak TLS; perhaps its URL begins with http:// ($check) $says" ;;
    *ERR_INVALID_URL* | *'Invalid URL'* | *ERR_INVALID_PROTOCOL* | *'nsupported URL'* | *'nsupported protocol'* | *'absolute URLs'* | *'HTTP(S) protocols'*)
      give_up "cannot $purpose: the npm registry '$registry' is no http or https URL; correct it with 'npm config set registry URL' $says" ;;
    *ECONNREFUSED* | *ENOTFOUND* | *EAI_AGAIN* | *ETIMEDOUT* | *ERR_SOCKET_TIMEOUT* | *ENETUNREACH* | *EHOSTUNREACH* | *ECONNRESET* | *ENETDOWN* | *ENOTCACHED*)
      give_up "cannot $purpose: the npm registry $registry cannot be reached; connect this machine, or set another one with 'npm config set registry URL', or copy node_modules and .meseta here from a checkout on a machine of the same kind" ;;
    *'code E401'* | *'code E403'* | *ENEEDAUTH* | *E407*)
      give_up "cannot $purpose: the npm registry $registry refuses access; log in with 'npm login', or set another one ($check) $says" ;;
    *'code E404'* | *ETARGET*)
      give_up "cannot $purpose: the npm registry $registry does not have a package; set one that has all of them, as npm's own ($check) $says" ;;
    *'code E4'[0-9][0-9]*)
      give_up "cannot $purpose: the npm registry $registry does not understand npm; perhaps its URL is another's ($check) $says" ;;
    *'code E5'[0-9][0-9]*)
      give_up "cannot $purpose: the npm registry $registry does not work at present; try again later, or set another one ($check) $says" ;;
    *'invalid json response'* | *EJSONPARSE* | *'not valid JSON'*)
      give_up "cannot $purpose: the npm registry $registry does not answer in JSON; perhaps its URL is another's, or a login page is in between ($check) $says" ;;
    *EINTEGRITY*)
      give_up "cannot $purpose: the npm registry $registry gave other packages than package-lock.json names; run 'npm cache clean --force', or set another one ($check) $says" ;;
    *EACCES* | *EPERM* | *EROFS* | *ENOTDIR* | *'syscall mkdir'*) explain_access ;;
    *) give_up "cannot $purpose from the npm registry $registry $says" ;;
  esac
}

# npm names the path that it may not write to.
explain_access() {
  cache=$(setting cache)
  case $errors in
    *"$cache"*) ;;
    *"$root/"*) give_up "cannot $purpose: $(id -un) may not write to $root; run '$root/meseta version' once as its owner, or use a checkout of your own $says" ;;
  esac
  give_up "cannot $purpose: $(id -un) may not write to npm's cache, $cache; name another directory, as in 'npm_config_cache=DIRECTORY $root/meseta version', or set HOME to a directory of your own $says"
}
