#!/bin/sh
# One job that works and one that cannot, run by the unit as it will run.
set -eu
spool=/var/spool/worker
echo '{"task": "digest", "input": {"text": "bake"}}' >"$spool/incoming/good.json"
echo '{"task": "no-such-task"}' >"$spool/incoming/bad.json"
chown worker:worker "$spool"/incoming/*.json

systemctl daemon-reload
systemctl start worker.service
grep -q '"sha256": "' "$spool/done/good.json"
grep -q 'no such task' "$spool/failed/bad.json"

# What the check wrote is no part of the image.
rm -f "$spool"/done/* "$spool"/failed/*
