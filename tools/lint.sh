#!/bin/sh
# Runs every linter, whatever the others say, and reports all of them; needs the environment of the tests.
set -u
cd "$(dirname "$0")/.." || exit 1
PATH=$PWD/.venv/bin:$PATH

failed=

step() {
    printf '\n— %s\n' "$*"
    "$@" || failed="$failed, $1 ${2:-}"
}

step ruff check .
step ruff format --check .
step mypy --strict app
step lint-imports
step djlint app/templates --lint --quiet

if [ -n "$failed" ]; then
    printf '\nLint found something to mend:%s\n' "${failed#,}" >&2
    exit 1
fi
printf '\nLint found nothing.\n'
