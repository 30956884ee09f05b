#!/bin/sh
# The package alone: nginx-light and nginx-core are the same server with modules that nothing here uses.
set -eu
install-packages nginx
nginx -t -q
systemctl enable nginx.service
