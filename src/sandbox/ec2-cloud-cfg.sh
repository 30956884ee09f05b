#!/bin/sh
# Prints what Debian's image for EC2 has as /etc/cloud/cloud.cfg.d/01_debian_cloud.cfg.
# usage: ec2-cloud-cfg.sh [ARCHIVE-URL SECURITY-ARCHIVE-URL]     without them, cloud-init's own
set -eu

cat <<CFG
apt:
  generate_mirrorlists: true

system_info:
  default_user:
    name: admin
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: /bin/bash
    lock_passwd: True
    gecos: Debian
    groups: [adm, audio, cdrom, dialout, dip, floppy, plugdev, sudo, video]
CFG

[ $# -eq 0 ] || cat <<CFG

  package_mirrors:
  - arches: [default]
    failsafe:
      primary: $1
      security: $2
CFG

cat <<CFG

# Not EC2's: an emulated processor needs up to ten seconds for the RSA and DSA keys of each new instance.
ssh_genkeytypes: [ed25519, ecdsa]
CFG
