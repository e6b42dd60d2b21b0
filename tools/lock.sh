#!/bin/sh
# Writes the requirements from pyproject.toml – the service's, the tests', and those of the environments beside, which
# stand by themselves: hashes, no registry's address, every platform.
set -eu
cd "$(dirname "$0")/.."

[ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv

compile() {
    file=$1
    shift
    echo "Resolving $file …"
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
        --generate-hashes --no-header --no-emit-index-url --no-annotate "$@" -o "$file"
}

compile requirements.txt pyproject.toml --group run "$@"
compile requirements-test.txt pyproject.toml --group test -c requirements.txt "$@"
compile requirements-iiif.txt --group iiif "$@"
compile requirements-moto.txt --group moto "$@"
for peer in datasette pygeoapi tipg; do
    compile "bench/peers/requirements-$peer.txt" "bench/peers/$peer.in" "$@"
done
