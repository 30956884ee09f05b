#!/bin/sh
# A mistake here locks everybody out of every machine, so ask sshd what it makes of the files, all of them together.
set -eu

sshd -t
for wanted in 'passwordauthentication no' 'permitrootlogin no' 'kbdinteractiveauthentication no' 'x11forwarding no'; do
  sshd -T | grep -qix "$wanted" || {
    echo "sshd does not say '$wanted': another file in /etc/ssh/sshd_config.d is read first" >&2
    exit 1
  }
done

# AllowGroups must let in the account that bakes: the next image is made with it.
id -nG "${SUDO_USER:-admin}" | tr ' ' '\n' | grep -qxE 'ops|sudo'
systemctl reload ssh.service
