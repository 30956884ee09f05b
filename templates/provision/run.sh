#!/bin/sh
# Runs on the builder, as root: the only thing that Packer calls. One verb per phase of a bake.
#   prepare        wait for cloud-init, so that its first boot does not race with the layers; take the secrets of the image,
#                  find its volumes and lay its artefacts
#   steps FROM TO  run these lines of the file `steps`
#   secrets        take what of them was uploaded; artifacts: lay them; volumes: find them. Part of prepare, and alone for
#                  `bake shell`
#   begin N        step N is next, and is not ours: Packer runs a playbook, or what is written for it
#   end N          it is done
#   reboot N       step N: restart the machine
#   rebooted       after it: make sure that the machine really restarted
#   finish         give artefacts to users that layers have made; lay the loader of region config; fail if packages are
#                  not pinned any more (package_pin.py) or what layers changed is of one region (neutral.py); write
#                  /usr/lib/bake/record.json; hygiene.sh looks for secrets, removes what belongs to this machine only,
#                  and checks
# Lines that start with "::bake::" tell the caller which step is under way, and what the other
# programs have found.
set -eu
umask 022

BUILD=/var/lib/bake-build
cd "$BUILD"

# In memory; BAKE_SECRETS to scripts.
SECRETS=/run/bake/secrets
# In memory; BAKE_VOLUMES to scripts.
VOLUMES=/run/bake/volumes

say() { printf '::bake:: %s\n' "$*"; }

# Seconds. cloud-init waits up to 240 for the metadata service, and some images upgrade packages before it is done.
CLOUD_INIT_LIMIT=600

# cloud-init's generator leaves `enabled` or `disabled` in /run before anything else starts.
wait_for_cloud_init() {
    [ -e /run/cloud-init/enabled ] || { echo "cloud-init is not enabled on this machine"; return 0; }
    waited=0
    until [ -e /run/cloud-init/result.json ]; do
        if [ "$waited" -ge $((2 * CLOUD_INIT_LIMIT)) ]; then
            describe_cloud_init
            say "unfinished $CLOUD_INIT_LIMIT"
            exit 1
        fi
        sleep 0.5
        waited=$((waited + 1))
    done
    if ! grep -q '"errors": \[\]' /run/cloud-init/result.json; then
        echo "cloud-init finished with errors:"
        describe_cloud_init
    fi
}

# What is needed until the end of the bake does not stay in /tmp: a restart empties it.
prepare() {
    say "prepare"
    mv /tmp/record-input.json "$BUILD/"
    wait_for_cloud_init
    guard start
    take_secrets
    link_volumes
    [ ! -e secrets ] || python3 "$BUILD/secret_scan.py" start
    if [ -e pin.json ]; then
        python3 "$BUILD/package_pin.py" apply
        # Cloud-init would undo it on clones as it would what a layer has baked.
        guard layer 0
    fi
    python3 "$BUILD/neutral.py" start
    if [ -e artifacts ]; then
        lay_artifacts
        after_layer 0
    fi
}

# What Packer has put beside the payload, before the first layer, so that its scripts find it there.
lay_artifacts() {
    number=0
    while IFS="$(printf '\t')" read -r owner group mode path <&3; do
        number=$((number + 1))
        upload=/var/tmp/bake-artifact-$number
        sed -n "${number}p" artifacts.sums | sha256sum --check --quiet || { say "artifact $number content"; exit 1; }
        [ ! -d "$path" ] || { say "artifact $number folder"; exit 1; }
        mkdir -p "${path%/*}/"
        mv -fT "$upload" "$path"
        # It keeps the label of the place where it comes from.
        if command -v selinuxenabled >/dev/null && selinuxenabled; then restorecon "$path"; fi
        chown root:root "$path"
        if known_account "$owner" "$group"; then chown "$owner:$group" "$path"; else : >"unowned-$number"; fi
        chmod "$mode" "$path"
    done 3<artifacts
}

# Only what is still to be given: what a script has done to the others stands, and one may have unpacked this one and
# thrown it away.
own_artifacts() {
    number=0
    while IFS="$(printf '\t')" read -r owner group mode path <&3; do
        number=$((number + 1))
        [ -e "unowned-$number" ] && [ -f "$path" ] && [ ! -L "$path" ] || continue
        known_account "$owner" "$group" || { say "artifact $number owner"; exit 1; }
        chown "$owner:$group" "$path"
        chmod "$mode" "$path"
    done 3<artifacts
}

known_account() { is_user "$1" && is_group "$2"; }
# Numbers need no name.
is_user() { case $1 in *[!0-9]*) id -u "$1" >/dev/null 2>&1 ;; esac; }
is_group() { case $1 in *[!0-9]*) getent group "$1" >/dev/null 2>&1 ;; esac; }

# They were uploaded just now, into memory, and come again after each restart. Nobody but root reads them.
take_secrets() {
    [ -e secrets ] || return 0
    if [ ! -s "$SECRETS/upload/secrets.tar" ]; then
        names=$(paste -s -d , secrets | sed 's/,/, /g')
        echo "the secrets $names have not come: bake the image with bake, or name a tar archive of them in secrets_file" >&2
        exit 1
    fi
    tar -xf "$SECRETS/upload/secrets.tar" -C "$SECRETS" --no-same-owner
    rm -r "$SECRETS/upload"
    while read -r name; do chmod 0400 "$SECRETS/$name"; done <secrets
    chmod 0700 "$SECRETS"
}

# Once per boot: what the kernel calls them may be something else after the next.
link_volumes() {
    [ -e "$BUILD/volumes" ] || return 0
    [ -d "$VOLUMES" ] || python3 "$BUILD/volumes.py" --links "$VOLUMES" "$BUILD/volumes"
}

# Few lines, as an error shows the last fifteen.
describe_cloud_init() {
    tail -n 5 /var/log/cloud-init-output.log 2>/dev/null || true
    timeout 60 cloud-init status --long 2>&1 | tail -n 8
    [ ! -e /run/cloud-init/result.json ] || tr -d '\n' </run/cloud-init/result.json
    echo
}

# Without cloud-init nothing overwrites what is baked.
guard() {
    [ -e /etc/cloud/cloud.cfg ] || return 0
    python3 "$BUILD/guard.py" "$@"
}

after_layer() {
    guard layer "$1"
    python3 "$BUILD/neutral.py" layer "$1"
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
    link_volumes
    (
        . "$BUILD/variables.sh"
        if [ -e "$BUILD/secrets" ]; then export BAKE_SECRETS="$SECRETS"; fi
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
    guarded=
    while IFS="$(printf '\t')" read -r number action layer path <&3; do
        [ "$number" -ge "$1" ] && [ "$number" -le "$2" ] || continue
        [ -z "$guarded" ] || [ "$guarded" = "$layer" ] || after_layer "$guarded"
        guarded=$layer
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
    # The steps end with the last layer, before a restart that must not undo what this one has changed, or before
    # something of Packer's own.
    [ -z "$guarded" ] || goes_on "$2" "$guarded" || after_layer "$guarded"
}

# Whether the step after this one is of the same layer, and no restart: the layer is looked at when that is done.
goes_on() {
    IFS="$(printf '\t')" read -r next_number next_action next_layer next_path <<EOF
$(sed -n "$(($1 + 1))p" steps)
EOF
    [ "$next_layer" = "$2" ] && [ "$next_action" != reboot ]
}

# What runs between these two is known by nothing but its failure, which Packer tells.
begin() {
    say "start $1"
    link_volumes
    # Whoever a playbook becomes first would make it his own (ANSIBLE_REMOTE_TMP), and others could not write there.
    install -d -m 1777 /tmp/bake-ansible /tmp/bake-ansible/async
    boot_id >boot-id
    date +%s >begun
}

end() {
    if [ "$(boot_id)" != "$(cat boot-id)" ]; then
        echo "it has restarted the machine, which only a step \`reboot\` may" >&2
        say "failed $1 1"
        exit 1
    fi
    printf '%s\t%s\n' "$1" "$(($(date +%s) - $(cat begun)))" >>timings
    say "done $1"
    layer=$(sed -n "$1p" steps | cut -f 3)
    goes_on "$1" "$layer" || after_layer "$layer"
}

restart() {
    say "start $1"
    boot_id >boot-id
    systemctl --no-block reboot
    # Nobody may connect to the old boot any more, and this connection has to end: a machine that just goes away leaves
    # the other end waiting for minutes.
    systemctl --no-block stop ssh.socket ssh.service sshd.service 2>/dev/null || true
    for process in /proc/[0-9]*; do
        if [ "$(cat "$process/comm" 2>/dev/null)" = sshd ]; then kill -KILL "${process#/proc/}" || true; fi
    done
    sleep 300
}

check_restarted() {
    if [ "$(boot_id)" = "$(cat boot-id)" ]; then
        echo "the machine has not restarted" >&2
        exit 1
    fi
    wait_for_cloud_init
    take_secrets
    guard restarted
    python3 "$BUILD/neutral.py" restarted
    say "done $1"
}

# After the layers: their own checks start services, which are not to wait for a bucket here.
lay_loader() {
    [ -s region-config.tar ] || return 0
    # The parent's, which this image may not want any more: of its timer and of another service.
    rm -f /etc/systemd/system/timers.target.wants/bake-region-config-refresh.timer \
        /etc/systemd/system/*.service.d/50-bake-region-config.conf
    tar -xpf region-config.tar -C / --keep-directory-symlink
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
}

finish() {
    [ ! -e artifacts ] || own_artifacts
    lay_loader
    say "record"
    [ ! -e pin.json ] || python3 "$BUILD/package_pin.py" check
    python3 "$BUILD/neutral.py" check
    python3 "$BUILD/probe.py" --guard "$BUILD/guard.json" --out "$BUILD/baked.json"
    python3 "$BUILD/record.py" "$BUILD" "$BUILD/record-input.json" /usr/lib/bake/record.json
    say "tidy"
    sh "$BUILD/hygiene.sh"
    rm -rf "$BUILD"
    sync
}

verb=$1
shift
case "$verb" in
    prepare) prepare ;;
    steps) run_steps "$@" ;;
    step) run_step "$@" ;;
    secrets) take_secrets ;;
    artifacts) lay_artifacts ;;
    volumes) link_volumes ;;
    begin) begin "$@" ;;
    end) end "$@" ;;
    reboot) restart "$@" ;;
    rebooted) check_restarted "$@" ;;
    finish) finish ;;
    *) echo "unknown verb $verb" >&2; exit 2 ;;
esac
