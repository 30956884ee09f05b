#!/bin/sh
# chrony takes the place of systemd-timesyncd; Debian's own images have unattended-upgrades already.
set -eu
install-packages chrony unattended-upgrades
