#!/usr/bin/env bash
# Installs a master (and worker: one installation is both) into the directory of this script. See --help.
set -euo pipefail

install=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/packages.sh
source "$install/tools/packages.sh"

usage() {
  cat <<'TEXT'
Usage: ./install.sh [options]

Installs the packages, builds the web application and writes config.sh. It can be run again at any time: settings that
are not named stay as they are.

  --license <id>       name of this instance, which workers show when they join (default: a new random id)
  --hostname <name>    name under which workers and browsers reach this machine (default: hostname -f)
  --dbpath <dir>       directory of the database (default: database in the instance directory)
  --port <number>      base port: web application here, API two above (default: 38000)
  --insecure           accepted and kept as a setting; an instance calls no HTTPS server whose certificate it could ignore
  --allowroot          allow installation as root
  --yes                ask nothing and answer every question with yes
  --nopath             leave ~/.bashrc alone
  --instance-dir <dir> directory of config.sh, logs and database (default: the installation itself)

  --standalone         start the instance and connect this machine as a worker
  --worker <name>      host name of this machine as a worker (default: the master's)
  --ssdpath <dir>      directory on a local SSD, for the worker's cache
  --nossd              the worker has no SSD (default when --ssdpath is not given)
  --cudapath <dir>     accepted for compatibility; CUDA is not needed

Whoever may put bin on PATH: the question is asked on a terminal; without a terminal and without --yes it is not put there.
TEXT
}

fail() {
  echo "Error: $1" >&2
  exit "${2:-1}"
}

license='' hostname='' dbpath='' port='' insecure='' instance='' worker='' ssdpath=''
allowroot=no yes=no nopath=no standalone=no nossd=no
while (($# > 0)); do
  option=$1
  shift
  # both --port 38000 and --port=38000
  if [[ $option == --*=* ]]; then
    set -- "${option#*=}" "$@"
    option=${option%%=*}
    [[ $option =~ ^--(license|hostname|dbpath|port|instance-dir|worker|ssdpath|cudapath)$ ]] || fail "$option takes no value." 2
  fi
  case $option in
    --license | --hostname | --dbpath | --port | --instance-dir | --worker | --ssdpath | --cudapath)
      [[ -n ${1-} && $1 != --* ]] || fail "$option needs a value." 2
      value=$1
      shift
      ;;
  esac
  case $option in
    --license) license=$value ;;
    --hostname) hostname=$value ;;
    --dbpath) dbpath=$value ;;
    --port) port=$value ;;
    --instance-dir) instance=$value ;;
    --worker) worker=$value ;;
    --ssdpath) ssdpath=$value ;;
    --cudapath) echo "Note: --cudapath is not needed; $value was left out of the settings." ;;
    --insecure) insecure=true ;;
    --allowroot) allowroot=yes ;;
    --yes) yes=yes ;;
    --nopath) nopath=yes ;;
    --standalone) standalone=yes ;;
    --nossd) nossd=yes ;;
    -h | --help) usage && exit 0 ;;
    *) fail "unknown option $option. ./install.sh --help lists all options." 2 ;;
  esac
done

[[ $(id -u) != 0 || $allowroot == yes ]] ||
  fail "this is root. Install as the user that will run the instance, or repeat with --allowroot."
[[ -z $port || ($port =~ ^[0-9]{1,5}$ && $port -ge 1024 && $port -le 65000) ]] ||
  fail "--port is $port, wanted a number from 1024 to 65000." 2
[[ -z $license || $license =~ ^[A-Za-z0-9_-]{1,100}$ ]] ||
  fail "--license is \"$license\", wanted letters, digits, - and _." 2
[[ -z $hostname || $hostname =~ ^[A-Za-z0-9._:-]+$ ]] || fail "--hostname is \"$hostname\", which is no host name." 2
[[ -z $ssdpath || $nossd == no ]] || fail "--ssdpath and --nossd contradict each other." 2

# make_dir <directory> <what it is>: its absolute path, after a trial of writing to it
make_dir() {
  mkdir -p "$1" 2>/dev/null || fail "cannot create $1 ($2)."
  local path
  path=$(cd "$1" && pwd)
  [[ -w $path && -x $path ]] || fail "cannot write to $path ($2)."
  printf '%s' "$path"
}

instance=$(umask 077 && make_dir "${instance:-${CRYOSPARC_INSTANCE_DIR:-$install}}" "the instance directory")
config=$instance/config.sh

check_glibc || exit 1
ensure_packages "$install" || exit 1

# setting <name>: its value in config.sh, empty where there is none
setting() {
  [[ -f $config ]] || return 0
  # shellcheck source=/dev/null
  (set +u && unset "$1" && source "$config" >/dev/null && printf '%s' "${!1-}")
}

# put <name> <shell word>: replaces the line of a setting or adds it; all other lines stay
put() {
  local line="export $1=$2" new=$config.new.$$ done=no existing
  (umask 077 && : >"$new")
  if [[ -f $config ]]; then
    while IFS= read -r existing || [[ -n $existing ]]; do
      if [[ $existing =~ ^(export[[:space:]]+)?$1= ]]; then
        [[ $done == yes ]] || printf '%s\n' "$line" >>"$new"
        done=yes
      else
        printf '%s\n' "$existing" >>"$new"
      fi
    done <"$config"
  else
    printf '%s\n' '# Settings of this instance, read by cryosparcm and cryosparcw. See docs/cli.md.' >>"$new"
  fi
  [[ $done == yes ]] || printf '%s\n' "$line" >>"$new"
  chmod 600 "$new"
  mv "$new" "$config"
}

# put_default <name> <given value> <default>: the given value, else what is set already, else the default
put_default() {
  local value=$2
  [[ -n $value || -n $(setting "$1") ]] || value=$3
  [[ -z $value ]] || put "$1" "$(printf '%q' "$value")"
}

random_id() {
  cat /proc/sys/kernel/random/uuid 2>/dev/null || "$install/node_modules/.bin/node" -p 'crypto.randomUUID()'
}

[[ -z $dbpath ]] || dbpath=$(umask 077 && make_dir "$dbpath" "the database directory")
put_default CRYOSPARC_LICENSE_ID "$license" "$(random_id)"
put_default CRYOSPARC_MASTER_HOSTNAME "$hostname" "$(hostname -f 2>/dev/null || uname -n)"
put_default CRYOSPARC_BASE_PORT "$port" 38000
[[ -z $insecure ]] || put CRYOSPARC_INSECURE true
if [[ -n $dbpath ]]; then
  put CRYOSPARC_DB_PATH "$(printf '%q' "$dbpath")"
elif [[ -z $(setting CRYOSPARC_DB_PATH) ]]; then
  # found from the place of config.sh, so that the directory can be moved
  # shellcheck disable=SC2016
  put CRYOSPARC_DB_PATH '"$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/database"'
fi
dbpath=$(umask 077 && make_dir "$(setting CRYOSPARC_DB_PATH)" "the database directory")
check_space "$dbpath" 500 "the database" || exit 1
port=$(setting CRYOSPARC_BASE_PORT)
hostname=$(setting CRYOSPARC_MASTER_HOSTNAME)

export CRYOSPARC_INSTANCE_DIR=$instance
instance_is_running() {
  local status=0
  "$install/bin/cryosparcm" status >/dev/null 2>&1 || status=$?
  ((status != 3))
}
if ! instance_is_running; then
  for used in "$port" $((port + 2)); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$used") 2>/dev/null; then
      fail "port $used is in use by another program; choose another base port with --port."
    fi
  done
fi

ensure_web "$install" || exit 1

add_to_path() {
  local bashrc=$HOME/.bashrc line answer=''
  line="export PATH=$(printf '%q' "$install/bin"):\$PATH"
  case :$PATH: in *":$install/bin:"*) return 0 ;; esac
  grep -qsxF "$line" "$bashrc" && return 0
  if [[ $nopath == no && $yes == yes ]]; then
    answer=y
  elif [[ $nopath == no && -t 0 ]]; then
    read -r -p "Put $install/bin on PATH, in $bashrc? [Y/n] " answer
    answer=${answer:-y}
  fi
  if [[ $answer == [yY]* ]]; then
    printf '%s\n' "$line" >>"$bashrc"
    echo "$install/bin was put on PATH in $bashrc; new shells have it."
  else
    echo "To put the commands on PATH:  $line"
  fi
}
add_to_path
echo "Installed in $install; settings are in $config."

if [[ $standalone == yes ]]; then
  instance_is_running || "$install/bin/cryosparcm" start
  worker=${worker:-$hostname}
  connect=(--worker "$worker" --master "$hostname" --port "$port")
  if [[ -n $ssdpath ]]; then
    ssdpath=$(make_dir "$ssdpath" "the SSD cache")
    connect+=(--ssdpath "$ssdpath")
  else
    connect+=(--nossd)
  fi
  if "$install/bin/cryosparcm" cli --json get_scheduler_targets | grep -qF "\"hostname\": \"$worker\""; then
    connect+=(--update)
  fi
  "$install/bin/cryosparcw" connect "${connect[@]}"
  echo "Create a user next:  cryosparcm createuser --email <email> --password <password>"
else
  echo "Next:  cryosparcm start"
  echo "       cryosparcm createuser --email <email> --password <password>"
fi
