#!/bin/sh
# Builds a Debian machine image from Debian's packages: the sandbox's stand-in for the official AMI.
# usage: debian-image.sh 12|13 OUT.qcow2     needs: mmdebstrap mke2fs qemu-img; without root also newuidmap and /etc/subuid
#
# The result is one ext4 filesystem without a partition table; boot-disk.sh makes what starts it.
# Packages and settings follow the EC2 class of Debian's own image definitions (debian-cloud-images, bookworm).
# Left out on purpose: manual pages and documentation; awscli, vim, reportbug, tcpdump and apt-listchanges for
# their size; deb-src and backports, which make `apt-get update` several times slower on an emulated processor;
# netplan, whose Python costs each boot there ten seconds (cloud-init writes networkd's files itself instead);
# GRUB and growroot, which need partitions.
set -eu
PATH=$PATH:/usr/sbin:/sbin

case $1 in
  12) suite=bookworm ;;
  13) suite=trixie ;;
  *) echo "no Debian $1 is known here" >&2; exit 2 ;;
esac
out=$2
here=$(dirname "$(readlink -f "$0")")
size=8G # the root volume of the official AMI

packages='
  linux-image-cloud-amd64 initramfs-tools zstd apparmor
  init systemd-sysv dbus libpam-systemd polkitd udev
  systemd-resolved libnss-myhostname systemd-timesyncd
  cloud-init cloud-guest-utils amazon-ec2-utils openssh-server ssh-import-id sudo unattended-upgrades
  apt-utils bash-completion ca-certificates curl ethtool iproute2 iptables iputils-ping less nano netbase
  pciutils procps psmisc python3 screen socat uuid-runtime vim-tiny whiptail xz-utils
'

# The archive this machine itself uses, so that a machine behind a mirror builds, and its guests install, from that
# mirror; without one, Debian's own.
archive() { # archive LABEL
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Identifier: Packages' 2>/dev/null |
    sed -n "s#^Debian|$1|\(https\{0,1\}://.*[^/]\)/*\$#\1#p" | head -n 1
}
main=$(archive Debian) || true
security=$(archive Debian-Security) || true
if [ -z "$main" ]; then
  main=http://deb.debian.org/debian
  security=$main-security
fi
set -- "deb $main $suite main" "deb $main $suite-updates main"
[ -z "$security" ] || set -- "$@" "deb $security $suite-security main"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The hooks run inside mmdebstrap's user namespace, where a home directory may be out of reach.
work=$(mktemp -d "${TMPDIR:-/var/tmp}/bake-image.XXXXXX")
builder=
# A shell runs no trap while a command of its own is in the foreground, and mmdebstrap told to stop waits for its
# children first: so it runs in the background, as the leader of a group that is told as a whole.
trap 'rm -rf "$work"' EXIT
trap '[ -z "$builder" ] || kill -s TERM -- "-$builder"; wait; exit 130' INT TERM
chmod 0711 "$work"
mkdir -m 0777 "$work/raw"
cp "$here/debian-image-settings.sh" "$here/ec2-cloud-cfg.sh" "$work"
chmod 0644 "$work"/*.sh

[ "$(id -u)" = 0 ] && mode=root || mode=unshare
# INITRD=No: the kernel's package would build an initrd early, and others would rebuild it; the settings make the only one.
export INITRD=No BAKE_SUITE="$suite" BAKE_RAW="$work/raw/root.img" BAKE_SIZE="$size"

# No clean-up: the filesystem has been made by then, and the tree is thrown away.
setsid mmdebstrap --mode="$mode" --variant=minbase --format=null --skip=cleanup \
  --keyring="$keyring" \
  --include="$(echo $packages | tr ' ' ',')" \
  --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='force-unsafe-io' \
  --essential-hook="sh '$work/debian-image-settings.sh' before \"\$1\"" \
  --customize-hook="sh '$work/debian-image-settings.sh' after \"\$1\"" \
  "$suite" /dev/null "$@" >&2 &
builder=$!
wait "$builder"

qemu-img convert -f raw -O qcow2 "$work/raw/root.img" "$out"
