#!/bin/sh
# Files are in place; this proves that each is one its reader accepts.
set -eu

systemctl enable chrony.service apt-daily.timer apt-daily-upgrade.timer
systemctl restart chrony.service
chronyc -n sources | grep -qF 169.254.169.123
[ "$(apt-config dump | grep -c '^Unattended-Upgrade::Origins-Pattern:: ')" -eq 1 ]
sysctl --quiet --load=/etc/sysctl.d/60-acme.conf
modprobe --showconfig | grep -qx 'install sctp /bin/false'
