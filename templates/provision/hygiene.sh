#!/bin/sh
# The last thing that happens on the builder, as root: secrets that scripts were given are looked for, what would be the same in every clone goes (hygiene_table.py), then
# a check fails the bake if anything is left. Whatever runs after this would dirty the image again.
set -eu

here=$(dirname "$0")
communicator=$(cat "$here/communicator")

# They carry this connection or are the system itself; auditd has to be told by a signal.
KEPT='^(ssh|systemd-|dbus|user@|session-|network|NetworkManager|ifup|dhc|wicked|firewalld|nftables|iptables|polkit|cloud-|.*getty|auditd|qemu-)'
[ "$communicator" != session-manager ] || KEPT="$KEPT|amazon-ssm-agent"

# Whoever still runs writes its logs and its state again. The machine stops right after this, so it costs no time.
stop_writers() {
    systemctl stop '*.timer' '*.path' syslog.socket 2>/dev/null || true
    systemctl list-units --plain --no-legend --type=service --state=running | awk '{ print $1 }' | grep -Ev "$KEPT" |
        xargs -r systemctl --quiet stop 2>/dev/null || true
    systemctl --quiet kill auditd.service 2>/dev/null || true
    # From here on the journal is in memory. Releases of systemd before 243 lack the option.
    journalctl --quiet --relinquish-var 2>/dev/null || true
}

# As `cloud-init clean` does: hooks by which packages forget this machine, after everything else.
run_clean_hooks() {
    for hook in /etc/cloud/clean.d/*; do
        if [ -f "$hook" ] && [ -x "$hook" ]; then "$hook"; fi
    done
}

# Session Manager carries the connection of this bake: its agent goes on writing until the machine stops.
skipped=
[ "$communicator" != session-manager ] || skipped='--except ssm'

# Before anything is removed: the blocks of a file go into the snapshot also when the file is gone.
check_secrets() {
    python3 "$here/secret_scan.py" check
    umount --lazy /run/bake/secrets
}

[ ! -d /run/systemd/system ] || stop_writers
[ ! -e "$here/secrets" ] || check_secrets
# shellcheck disable=SC2086 # none or two words
python3 "$here/hygiene.py" $skipped clean
run_clean_hooks
# shellcheck disable=SC2086 # the same
python3 "$here/hygiene.py" $skipped check
