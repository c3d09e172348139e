#!/bin/sh
# Runs a TypeScript file of this repository on a Node.js that is new enough: with-node.sh FILE [ARGUMENT ...]
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/setup.sh"
PATH="$(dirname "$node"):$root/node_modules/.bin:$PATH"
export PATH
cd "$root" && exec "$node" --disable-warning=ExperimentalWarning "$@"
