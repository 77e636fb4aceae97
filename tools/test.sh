#!/bin/sh
# All checks, each to its end: ruff, pyright, eslint and tsc, then the tests; the ones in Chromium by themselves. Exit status 1 if any
# failed. What a machine lacks (data beside the repository, Chromium, node) is skipped with one line; with EVALMAP_NO_SKIP=1 it fails.
# Browser tests run in two processes, each with a Chromium and a site of its own: one alone leaves half of two cores idle, and what they
# wait for has a minute, where it comes within seconds.
set -u
bin=.venv/bin
failed=

phase() { # phase NAME COMMAND…: run it, tell how long it took, remember whether it failed
    name=$1
    shift
    started=$(date +%s)
    echo "== $name"
    if "$@"; then result=ok; else result=failed; failed="$failed $name"; fi
    echo "== $name: $result after $(($(date +%s) - started)) s"
}

export PYRIGHT_PYTHON_IGNORE_WARNINGS=1
phase ruff "$bin/ruff" check
phase format "$bin/ruff" format --check
phase pyright "$bin/pyright"
phase javascript sh tools/javascript.sh lint

started=$(date +%s)
chromium=$("$bin/python" -m evalmap.tools.browser --install)
echo "== browser: ${chromium:-none} after $(($(date +%s) - started)) s"

phase javascript-tests sh tools/javascript.sh test
phase tests "$bin/pytest" -n 2 --dist loadfile --ignore tests/browser
if [ -n "$chromium" ]; then
    export CHROMIUM="$chromium"
    phase browser-tests "$bin/pytest" -n 2 --dist loadfile tests/browser
elif [ "${EVALMAP_NO_SKIP:-}" = 1 ]; then
    echo "== browser-tests: failed, there is no Chromium, and EVALMAP_NO_SKIP=1 forbids to skip"
    failed="$failed browser-tests"
else
    echo "== browser-tests: skipped, there is no Chromium and none could be installed"
fi

if [ -n "$failed" ]; then
    echo "== failed:$failed"
    exit 1
fi
