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
    if [ -e /run/cloud-init/enabled ]; then
        until [ -e /run/cloud-init/result.json ]; do
            if [ "$(date +%s)" -ge "$deadline" ]; then
                cloud-init status --long || true
                exit 75
            fi
            sleep 1
        done
    fi
    # Units that start after cloud-init count as well, and one of them may never be ready.
    left=$((deadline - $(date +%s)))
    [ "$left" -gt 5 ] || left=5
    timeout "$left" systemctl is-system-running --wait >/dev/null || true
    if [ "$(systemctl is-system-running)" = starting ]; then
        systemctl list-jobs --no-pager || true
        exit 75
    fi
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
