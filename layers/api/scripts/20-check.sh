#!/bin/sh
# Starts the service as it will run, through nginx: only that finds a sandbox setting that Python cannot live with.
set -eu
url=http://127.0.0.1:${BAKE_VAR_httpPort:?}
ask() { curl --silent --show-error --fail --max-time 20 --retry 5 --retry-connrefused "$@"; }

systemctl daemon-reload
systemctl reload-or-restart nginx.service
systemctl start api.service
ask "$url/healthz"
ask --request PUT --data true "$url/v1/flags/baked"
[ "$(ask "$url/v1/flags/baked")" = true ]
# The builder is of no region: what is baked has to do.
ask "$url/v1/config" | grep -q '"loaded": false'

# What the check wrote is no part of the image.
systemctl stop api.service api.socket
rm -rf /var/lib/api
