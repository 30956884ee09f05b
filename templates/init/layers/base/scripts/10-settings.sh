#!/bin/sh
# Scripts run as root while the image is baked, in the order of their names. One that fails, fails the bake.
set -eu
sysctl --load=/etc/sysctl.d/60-base.conf
