#!/bin/sh
set -eu
systemd-sysusers /usr/lib/sysusers.d/worker.conf
systemd-tmpfiles --create /usr/lib/tmpfiles.d/worker.conf
systemd-analyze verify --man=no --recursive-errors=no worker.timer worker.service
systemctl enable worker.timer
