#!/bin/sh
# Runs on the builder, as root: the only thing that Packer calls. One verb per phase of a bake.
#   prepare        wait for cloud-init, so that its first boot does not race with the layers
#   steps FROM TO  run these lines of the file `steps`
#   reboot N       step N: restart the machine
#   rebooted       after it: make sure that the machine really restarted
#   finish         write /usr/lib/bake/record.json, remove what belongs to this bake and this machine only
# Lines that start with "::bake::" tell the caller which step is under way.
set -eu
umask 022

BUILD=/var/lib/bake-build
cd "$BUILD"

say() { printf '::bake:: %s\n' "$*"; }

# cloud-init's generator leaves `enabled` or `disabled` in /run before anything else starts.
wait_for_cloud_init() {
    [ -e /run/cloud-init/enabled ] || { echo "cloud-init is not enabled on this machine"; return 0; }
    waited=0
    until [ -e /run/cloud-init/result.json ]; do
        if [ "$waited" -ge 1200 ]; then
            echo "cloud-init has not finished after 10 minutes:" >&2
            cloud-init status --long >&2 || true
            exit 1
        fi
        sleep 0.5
        waited=$((waited + 1))
    done
    if ! grep -q '"errors": \[\]' /run/cloud-init/result.json; then
        echo "cloud-init finished with errors; this is what it reports:"
        cat /run/cloud-init/result.json
    fi
}

# What is needed until the end of the bake does not stay in /tmp: a restart empties it.
prepare() {
    say "prepare"
    mv /tmp/record-input.json "$BUILD/"
    wait_for_cloud_init
}

boot_id() { cat /proc/sys/kernel/random/boot_id; }

lay_files() {
    [ -s "layers/$1/files.tar" ] || return 0
    # Only files and links are in the archive: the mode and owner of existing directories stay as they are.
    tar -xpf "layers/$1/files.tar" -C / --keep-directory-symlink
    own_files "$1" existing
}

# Owners that a script of the layer creates are not there when its files are laid; at the end of the layer they must be.
own_files() {
    while IFS="$(printf '\t')" read -r owner group mode path; do
        if ! id -u "$owner" >/dev/null 2>&1 || ! getent group "$group" >/dev/null 2>&1; then
            [ "$2" = existing ] && continue
            echo "$path should belong to $owner:$group, and this machine has no such user or group" >&2
            return 1
        fi
        chown -h "$owner:$group" "$path"
        [ -L "$path" ] || chmod "$mode" "$path"
    done <"layers/$1/owners"
}

run_script() {
    (
        . "$BUILD/variables.sh"
        cd "layers/$1"
        exec "./$2" </dev/null
    )
}

run_step() {
    case "$2" in
        files) lay_files "$3" ;;
        script) run_script "$3" "$4" ;;
        owners) own_files "$3" all ;;
        *) echo "unknown step $2" >&2; return 1 ;;
    esac
}

run_steps() {
    while IFS="$(printf '\t')" read -r number action layer path <&3; do
        [ "$number" -ge "$1" ] && [ "$number" -le "$2" ] || continue
        say "start $number"
        started=$(date +%s)
        status=0
        # In a subshell of its own: `set -e` does not hold inside a condition.
        sh "$0" step "$number" "$action" "$layer" "$path" || status=$?
        if [ "$status" -ne 0 ]; then
            say "failed $number $status"
            exit "$status"
        fi
        printf '%s\t%s\n' "$number" "$(($(date +%s) - started))" >>timings
        say "done $number"
    done 3<steps
}

restart() {
    say "start $1"
    boot_id >boot-id
    systemctl reboot
    # The connection ends when sshd does; returning earlier would let Packer go on with the old boot.
    sleep 300
}

check_restarted() {
    if [ "$(boot_id)" = "$(cat boot-id)" ]; then
        echo "the machine has not restarted" >&2
        exit 1
    fi
    wait_for_cloud_init
    say "done $1"
}

# What `cloud-init clean --logs` does in every release, without starting Python.
forget_cloud_init() {
    [ -d /var/lib/cloud ] || return 0
    find /var/lib/cloud -mindepth 1 -maxdepth 1 ! -name seed -exec rm -rf {} +
    rm -f /var/log/cloud-init.log /var/log/cloud-init-output.log
    if [ -d /etc/cloud/clean.d ]; then run-parts /etc/cloud/clean.d; fi
}

finish() {
    say "record"
    python3 "$BUILD/record.py" "$BUILD" "$BUILD/record-input.json" /usr/lib/bake/record.json
    say "tidy"
    # A clone must be a machine of its own: no key of the builder, no identity of this one, nothing of its logs.
    rm -f /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
    forget_cloud_init
    # Empty, not missing: without the file systemd takes the next boot for a first boot and applies unit presets.
    : >/etc/machine-id
    rm -f /var/lib/dbus/machine-id /var/lib/systemd/random-seed
    if command -v apt-get >/dev/null; then apt-get clean; rm -rf /var/lib/apt/lists/*; fi
    if command -v dnf >/dev/null; then dnf -q clean all; fi
    rm -rf "$BUILD"
    sync
}

verb=$1
shift
case "$verb" in
    prepare) prepare ;;
    steps) run_steps "$@" ;;
    step) run_step "$@" ;;
    reboot) restart "$@" ;;
    rebooted) check_restarted "$@" ;;
    finish) finish ;;
    *) echo "unknown verb $verb" >&2; exit 2 ;;
esac
