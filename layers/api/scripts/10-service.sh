#!/bin/sh
set -eu
systemd-sysusers /usr/lib/sysusers.d/api.conf
systemd-analyze verify --man=no --recursive-errors=no api.socket api.service
nginx -t -q
systemctl enable api.socket api.service
