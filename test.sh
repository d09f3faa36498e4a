#!/usr/bin/env bash
# Installs what is missing and runs every check: types, lint, format, unit and integration tests, end to end in a
# headless Chromium. The last line counts what passed, failed and was skipped. Exit status 0: nothing failed.
set -uo pipefail

install=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$install" || exit 1
# shellcheck source=tools/packages.sh
source tools/packages.sh
ensure_packages "$install" || exit 1
export PATH=$install/node_modules/.bin:$PATH
# tests start instances of their own and must not meet the settings of a real one
unset "${!CRYOSPARC_@}"

output=$(mktemp) skips=$(mktemp)
trap 'rm -f "$output" "$skips"' EXIT
passed=0 failed=0 skipped=0
steps=()

note() { steps+=("$(printf '%-10s %-8s %4s s  %s' "$@")"); }

# check <name> <command ...>: a step that passes or fails as a whole
check() {
  local name=$1 begun=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if "$@"; then
    passed=$((passed + 1))
    note "$name" passed $((SECONDS - begun)) ''
  else
    failed=$((failed + 1))
    note "$name" FAILED $((SECONDS - begun)) ''
  fi
}

# tests <name> <concurrency> <pattern ...>: a step of many tests, counted one by one
tests() {
  local name=$1 concurrency=$2 begun=$SECONDS status=0 p f s
  shift 2
  printf '\n== %s\n' "$name"
  if (($# == 0)); then
    # without files node would look for tests everywhere
    echo "No test files found."
    : >"$output"
  else
    node --test --test-concurrency="$concurrency" --test-reporter=spec "$@" 2>&1 | tee "$output" || status=1
  fi
  count() { awk -v key="$1" '$2 == key { n = $3 } END { print n + 0 }' "$output"; }
  p=$(count pass) s=$(($(count skipped) + $(count todo))) f=$(($(count fail) + $(count cancelled)))
  # skipped tests with their reasons, which the reporter writes after a #
  grep -E '^ *﹣ ' "$output" | sed -E 's/^ *﹣ //; s/ \([0-9.]+ms\)//' >>"$skips"
  # a run that ended without its summary, or failed without a failed test, is itself a failure
  if ((status != 0 && f == 0)) || ((p + f + s == 0)); then f=1 status=1; fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  local word=passed
  ((status == 0)) || word=FAILED
  note "$name" "$word" $((SECONDS - begun)) "$p passed, $f failed, $s skipped"
}

# Debian packages that some tests use: the browser, and NumPy and mrcfile as judges of the files we write, a
# SLURM to submit jobs to.
debian_packages() {
  local missing=()
  [[ -x /usr/bin/chromium ]] || missing+=(chromium)
  /usr/bin/python3 -c 'import mrcfile' 2>/dev/null || missing+=(python3-mrcfile)
  /usr/bin/python3 -c 'import numpy' 2>/dev/null || missing+=(python3-numpy)
  [[ -x /usr/sbin/slurmctld && -x /usr/sbin/slurmd ]] || missing+=(slurm-wlm)
  [[ -x /usr/sbin/munged ]] || missing+=(munge)
  ((${#missing[@]} > 0)) || return 0
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    printf '\n== Debian packages: %s\n' "${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then return 0; fi
    reason="apt-get could not install"
  else
    reason="not root, so not installed"
  fi
  note packages skipped 0 "$reason: ${missing[*]}; tests that need them are skipped"
}

debian_packages
check types tsc -b
check lint oxlint --type-aware --deny-warnings
check format biome format
check web ensure_web "$install"
check kernels node tools/build-wasm.ts
shopt -s globstar nullglob
tests unit 2 src/**/*.test.ts tools/**/*.test.ts
tests system 2 test/**/*.test.ts
tests browser 1 test/e2e/*.e2e.ts

if [[ -s $skips ]]; then
  printf '\nSkipped:\n'
  sort -u "$skips" | sed 's/^/  /'
fi
printf '\n'
printf '%s\n' "${steps[@]}"
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
