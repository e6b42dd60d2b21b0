#!/bin/sh
# Writes requirements.txt and requirements-test.txt from pyproject.toml: hashes, no registry's address, every platform.
set -eu
cd "$(dirname "$0")/.."

[ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv

compile() {
    group=$1 file=$2
    shift 2
    echo "Resolving $file …"
    .venv/bin/uv pip compile --quiet pyproject.toml --group "$group" --universal --python-version 3.11 \
        --generate-hashes --no-header --no-emit-index-url --no-annotate "$@" -o "$file"
}

compile run requirements.txt "$@"
compile test requirements-test.txt -c requirements.txt "$@"
