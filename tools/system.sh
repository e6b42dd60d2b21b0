#!/bin/sh
# Brings what the suite needs beside Python: `packages` (PostGIS, Chromium, GDAL, LibreOffice, Node, through apt-get),
# then `browser` (Playwright's own Chromium, where the system has none to offer: on Ubuntu it is a snap), and `audits` (Lighthouse and
# axe-core, in the versions locked in tools/audits, through npm).
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

has_postgis() {
    [ -z "${DISAN_TEST_POSTGIS_URL:-}" ] || return 0
    for control in /usr/share/postgresql/*/extension/postgis.control; do
        version=${control#/usr/share/postgresql/}
        [ -x "/usr/lib/postgresql/${version%%/*}/bin/initdb" ] && [ -f "$control" ] && return 0
    done
    return 1
}

has_browser() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        # Ubuntu's chromium-browser is a script that only advises to install a snap.
        command -v "$name" >/dev/null 2>&1 && "$name" --version >/dev/null 2>&1 && return 0
    done
    ls -d "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}"/chromium-* >/dev/null 2>&1
}

# PostGIS comes for one version of PostgreSQL; the metapackage serves where apt-cache knows nothing (no lists yet).
postgis_package() {
    found=$(apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' 2>/dev/null |
        cut -d' ' -f1 | sort -t- -k2,2n | tail -n 1)
    echo "${found:-postgresql-postgis}"
}

is_debian() { grep -qsE '^ID=debian|^ID_LIKE="?debian"?$' /etc/os-release && ! grep -qs '^ID=ubuntu' /etc/os-release; }

# The names of the packages to install, one a line.
missing() {
    has_postgis || postgis_package
    has_browser || ! is_debian || echo chromium
    command -v ogrinfo >/dev/null 2>&1 || echo gdal-bin
    # It brings libmagic, by which the validator of the image service tells formats.
    command -v file >/dev/null 2>&1 || echo file
    # It makes PDF/A of official papers; and of what is as wide as Times New Roman the one that has Vietnamese letters.
    command -v soffice >/dev/null 2>&1 || echo libreoffice-writer-nogui
    fc-list :lang=vi family 2>/dev/null | grep -q Tinos || echo fonts-croscore
    command -v node >/dev/null 2>&1 || echo nodejs
    command -v npm >/dev/null 2>&1 || echo npm
}

bring_packages() {
    [ -n "$(missing)" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        say "\`make test\` needs PostgreSQL with PostGIS, Chromium, GDAL's ogrinfo, LibreOffice and Node, some of which are missing here: install them with this system's package manager, then \`make test\` again."
        exit 1
    fi
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        names=$(missing | tr '\n' ' ')
        say "\`make test\` needs packages that are missing and that it may not install itself: run \`sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names% }\`, then \`make test\` again."
        exit 1
    fi
    say "Installing for the tests: $(missing | tr '\n' ' ')…"
    $as_root apt-get update
    # shellcheck disable=SC2046 # one word a package
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(missing)
}

bring_browser() {
    has_browser && return 0
    say "Installing Playwright's Chromium for the tests …"
    if [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; then with_deps=--with-deps; else with_deps=; fi
    # shellcheck disable=SC2086 # absent or one word
    if ! .venv/bin/python -m playwright install $with_deps chromium; then
        say "\`make test\` needs Chromium or Google Chrome on PATH: install either, then \`make test\` again."
        exit 1
    fi
}

# The mark is written last and removed first: without it, or with another lock, everything is brought anew.
bring_audits() {
    lock=$(cksum <tools/audits/package-lock.json)
    made=tools/audits/node_modules/.made
    [ "$(cat "$made" 2>/dev/null)" != "$lock" ] || return 0
    say "Installing Lighthouse and axe-core for the tests …"
    rm -f "$made"
    if ! (cd tools/audits && npm ci --loglevel=error >&2); then
        say "Lighthouse and axe-core could not be installed (npm's reason stands above): mend that, then \`make test\` again."
        exit 1
    fi
    printf '%s\n' "$lock" >"$made"
}

case ${1:-packages} in
packages) bring_packages ;;
browser) bring_browser ;;
audits) bring_audits ;;
*) say "tools/system.sh takes packages, browser or audits, not $1." && exit 2 ;;
esac
