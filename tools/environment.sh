#!/bin/sh
# Makes the virtual environment `.venv` whole: `run` for the service, `test` for the suite as well, with the environments
# `.venv-NAME` beside it, of programs whose packages do not go together with the service's.
#
# A POSIX shell script, because it must speak clearly when no usable Python is there. The stamps in .venv are written
# last and removed first: an environment without them was killed midway, and is made anew. When they fit, nothing is done.
set -eu
cd "$(dirname "$0")/.."

level=${1:-run}
beside="iiif moto"
oldest=11 # the minor version in pyproject.toml's requires-python

say() { printf '%s\n' "$*" >&2; }

# Prints the version of an interpreter, such as 3.11.2, or nothing. (A pyenv shim may be on PATH and yet not run.)
version_of() {
    "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null </dev/null |
        grep -Eo '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1 || true
}

is_new_enough() {
    minor=${1#*.}
    [ "${1%%.*}" -eq 3 ] && [ "${minor%%.*}" -ge "$oldest" ]
}

# Names the newest Python that this system's packages offer, for the advice to somebody whose python3 is too old.
offered() {
    for name in python3.13 python3.12 python3.11; do
        if apt-cache show "$name-venv" >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    echo "python3.$oldest"
}

# Sets `python` to the first interpreter that will do, or says in one sentence what is wrong and how to mend it.
choose_python() {
    too_old= bare=
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.13 python3.12 python3.11 python3.14; fi
    for candidate; do
        version=$(version_of "$candidate")
        if [ -z "$version" ]; then
            continue
        elif ! is_new_enough "$version"; then
            too_old=${too_old:-"$candidate is Python $version, and Di Sản needs Python 3.$oldest or newer"}
        elif ! "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1 </dev/null; then
            case $candidate in python3.*) package=$candidate-venv ;; *) package=python3-venv ;; esac
            bare=${bare:-"$candidate (Python $version) cannot make virtual environments: run \`sudo apt install $package\`"}
        else
            [ -z "$too_old$bare" ] || say "${too_old:-${bare%%:*}}: using $candidate ($version) instead."
            python=$candidate
            return
        fi
    done
    if [ -n "$bare" ]; then
        say "$bare, then \`make\` again."
    elif [ -n "$too_old" ]; then
        say "$too_old: run \`sudo apt install $(offered) $(offered)-venv\` (or move to Debian 12, Ubuntu 24.04 or later), then \`make\` again."
    else
        say "No working ${PYTHON:-python3} was found: run \`sudo apt install python3 python3-venv\` (3.$oldest or newer), then \`make\` again."
    fi
    exit 1
}

pip() {
    if ! .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"; then
        say "The Python packages could not be installed (pip's reason stands above): mend that, then \`make\` again."
        exit 1
    fi
}

install() {
    say "Installing the Python packages of $1 …"
    pip install --require-hashes --no-deps -r "$1"
}

# What an environment must have been made from to be good still: the place (scripts name it) and the locked packages.
state_of() { printf '%s %s\n' "$PWD" "$(cksum <"$1")"; }

fits() { [ -f ".venv/$1" ] && [ "$(cat ".venv/$1")" = "$2" ]; }

is_made() {
    fits .made-run "$run" && .venv/bin/python -c '' 2>/dev/null && { ! [ -f .venv/.made-test ] || fits .made-test "$test"; }
}
has_tests() { [ "$level" = run ] || fits .made-test "$test"; }
has_beside() {
    [ "$level" = run ] || for name in $beside; do
        [ "$(cat ".venv-$name/.made" 2>/dev/null)" = "$(state_of "requirements-$name.txt")" ] || return 1
        ".venv-$name/bin/python" -c '' 2>/dev/null || return 1
    done
}
has_command() { fits .made-project "$project" && [ -x .venv/bin/disan ]; }

run=$(state_of requirements.txt)
test=$(state_of requirements-test.txt)
project=$(state_of pyproject.toml)

if is_made && has_tests && has_command && has_beside; then exit; fi

if command -v flock >/dev/null 2>&1; then
    mkdir -p .make
    exec 9>.make/environment.lock
    flock -n 9 || { say "Another make is preparing .venv: waiting for it …" && flock 9; }
fi

if ! is_made; then
    choose_python
    say "Making the virtual environment .venv with $python …"
    rm -rf .venv
    if ! "$python" -m venv .venv; then
        say "The virtual environment could not be made (the reason stands above): mend that, then \`make\` again."
        exit 1
    fi
    # The tests' lock holds all of the service's, in the same versions.
    if [ "$level" = test ]; then install requirements-test.txt; else install requirements.txt; fi
    [ "$level" = run ] || printf '%s\n' "$test" >.venv/.made-test
    printf '%s\n' "$run" >.venv/.made-run
elif ! has_tests; then
    rm .venv/.made-run
    install requirements-test.txt
    printf '%s\n' "$test" >.venv/.made-test
    printf '%s\n' "$run" >.venv/.made-run
fi

if ! has_command; then
    rm -f .venv/.made-project
    say "Installing the command disan …"
    pip install --quiet --no-deps --no-build-isolation -e .
    printf '%s\n' "$project" >.venv/.made-project
fi

if ! has_beside; then
    for name in $beside; do
        say "Installing the Python packages of requirements-$name.txt …"
        rm -rf ".venv-$name"
        .venv/bin/python -m venv --without-pip ".venv-$name"
        pip --python ".venv-$name/bin/python" install --quiet --require-hashes --no-deps -r "requirements-$name.txt"
        state_of "requirements-$name.txt" >".venv-$name/.made"
    done
fi
