#!/usr/bin/env bash
# Shows the whole system at work on data that it makes itself: installs what is missing, starts an instance of its own
# on free loopback ports, runs simulate -> import -> reconstruct -> comparison with the truth, and removes everything
# again. --keep leaves the instance running. Exit status 0: the result is right.
set -euo pipefail

install=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/packages.sh
source "$install/tools/packages.sh"
ensure_packages "$install" || exit 1
ensure_web "$install" || exit 1
exec "$install/node_modules/.bin/node" "$install/src/cli/demo/main.ts" "$@"
