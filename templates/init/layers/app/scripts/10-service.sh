#!/bin/sh
set -eu
systemctl enable app.service
