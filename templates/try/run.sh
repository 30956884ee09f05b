#!/bin/sh
# Runs on the machine under trial, as root.
#   wait SECONDS        until cloud-init and the boot have finished; 75: they have not
#   probe [ARG...]      what the machine is like, as JSON
#   test IMAGE LAYER NAME
#                       one test of a layer, with the variables of the image that baked it
set -eu
cd "$(dirname "$0")"

# cloud-init's generator leaves `enabled` or `disabled` in /run before anything else starts.
wait_for_boot() {
    deadline=$(($(date +%s) + $1))
    [ ! -e /run/cloud-init/enabled ] || until [ -e /run/cloud-init/result.json ]; do
        before_deadline cloud-init status --long
    done
    # Units that start after cloud-init count as well, and one of them may never be ready.
    while systemctl is-system-running | grep -qE '^(initializing|starting)$'; do
        before_deadline systemctl list-jobs --no-pager
    done
}

# Waits a little, or ends and prints what the given command says.
before_deadline() {
    if [ "$(date +%s)" -ge "$deadline" ]; then
        "$@" || true
        exit 75
    fi
    sleep 1
}

run_test() {
    # shellcheck source=/dev/null
    . "./images/$1/variables.sh"
    cd "layers/$2"
    exec "./$3" </dev/null 2>&1
}

verb=$1
shift
case "$verb" in
    wait) wait_for_boot "$@" ;;
    probe) exec python3 probe.py "$@" ;;
    test) run_test "$@" ;;
    *) echo "unknown verb $verb" >&2; exit 2 ;;
esac
