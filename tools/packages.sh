# shellcheck shell=bash
# Sourced by install.sh, demo.sh and test.sh: brings the packages of package-lock.json and the built web pages up to
# date in the installation directory. Only bash, npm and (any) Node are needed for it.

# A copy of the lock file that node_modules was installed from; it differs from package-lock.json when that has changed.
INSTALLED_LOCK=node_modules/.installed-package-lock.json

packages_are_fresh() {
  [[ -x $1/node_modules/.bin/node ]] && cmp -s "$1/package-lock.json" "$1/$INSTALLED_LOCK"
}

# ensure_packages <installation directory>
ensure_packages() {
  local install=$1
  packages_are_fresh "$install" && return 0
  if ! command -v npm >/dev/null; then
    echo "Error: npm is needed to install the packages and is not on PATH. Install Node.js 18 or newer with npm." >&2
    return 1
  fi
  check_glibc || return 1
  local npm_major
  npm_major=$(npm --version 2>/dev/null | cut -d. -f1)
  if [[ ! $npm_major =~ ^[0-9]+$ ]] || ((npm_major < 10)); then
    echo "Error: npm is version $(npm --version 2>&1 | tail -1), wanted 10 or newer." >&2
    return 1
  fi
  if [[ ! -w $install ]] || [[ -e $install/node_modules && ! -w $install/node_modules ]]; then
    echo "Error: cannot write to $install, where the packages belong." >&2
    return 1
  fi
  check_space "$install" 1500 "the packages" || return 1
  echo "Installing packages (npm ci) ..."
  if ! (cd "$install" && npm ci --no-progress --loglevel=error); then
    echo "Error: npm ci failed in $install (see above). It needs the npm registry or a filled npm cache:" >&2
    echo "  $(npm config get registry 2>/dev/null)" >&2
    return 1
  fi
  if [[ ! -x $install/node_modules/.bin/node ]] || ! "$install/node_modules/.bin/node" --version >/dev/null; then
    echo "Error: npm ci brought no Node.js that runs on this machine ($(uname -sm))." >&2
    return 1
  fi
  cp "$install/package-lock.json" "$install/$INSTALLED_LOCK"
}

# ensure_web <installation directory>: builds the pages where a source file is newer than they are
ensure_web() {
  local install=$1 built=$1/build/web/index.html
  if [[ -f $built ]]; then
    local newer
    newer=$(cd "$install" && find src/web src/schema src/base package-lock.json -newer "$built" -type f ! -name '*.test.ts' -print -quit)
    [[ -z $newer ]] && return 0
  fi
  echo "Building the web application ..."
  if ! (cd "$install" && npm run --silent build:web -- --logLevel warn); then
    echo "Error: the web application could not be built (see above)." >&2
    return 1
  fi
  # files that the build only copied keep their old times
  touch "$built"
}

# The pinned Node.js is built against glibc 2.28.
check_glibc() {
  [[ $(uname -s) == Linux ]] || return 0
  local version
  version=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2)
  if [[ -z $version ]]; then
    echo "Error: this system has no glibc (musl?); the runtime needs glibc 2.28 or newer." >&2
    return 1
  fi
  if [[ $(printf '%s\n2.28\n' "$version" | sort -V | head -1) != 2.28 ]]; then
    echo "Error: glibc is version $version, wanted 2.28 or newer." >&2
    return 1
  fi
}

# check_space <directory> <MB> <what for>
check_space() {
  local free_mb
  free_mb=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
  if [[ $free_mb =~ ^[0-9]+$ ]] && ((free_mb < $2)); then
    echo "Error: the file system of $1 has $free_mb MB free, wanted at least $2 MB for $3." >&2
    return 1
  fi
}
