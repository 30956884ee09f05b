#!/bin/sh
# Gives the tree of debian-image.sh the settings of the official EC2 image. Run by mmdebstrap, inside its namespace.
# usage: debian-image-settings.sh before|after ROOT
#   before  the packages are installed: what their scripts read
#   after   they are installed: the rest, then the filesystem itself, into $BAKE_RAW ($BAKE_SIZE); of $BAKE_SUITE
set -eu

here=$(dirname "$0")
phase=$1
root=$2

before() {
  # The official image boots by its GRUB menu and has no symlinks; the sandbox's boot disk needs them.
  echo 'do_symlinks = yes' >"$root/etc/kernel-img.conf"
  mkdir -p "$root/etc/default" "$root/etc/modprobe.d"
  echo 'LANG=C.UTF-8' >"$root/etc/default/locale"
  printf 'blacklist pcspkr\nblacklist floppy\n' >"$root/etc/modprobe.d/blacklist.conf"
  # Not an option of mmdebstrap, which would pass every package of the first stage through a slow filter.
  printf 'path-exclude=/usr/share/%s/*\n' man doc locale >"$root/etc/dpkg/dpkg.cfg.d/99build"
  echo 'path-include=/usr/share/doc/*/copyright' >>"$root/etc/dpkg/dpkg.cfg.d/99build"
}

initrd() {
  chroot "$root" update-initramfs -c -k all
  kernel=$(readlink "$root/vmlinuz")
  ln -sf "boot/initrd.img-${kernel#boot/vmlinuz-}" "$root/initrd.img"
  rm -f "$root/vmlinuz.old" "$root/initrd.img.old"
}

# The archives that the tree was built from, and its guests use.
archive_of() { # archive_of SUITE
  sed -n "s#^deb  *\(\[.*\]  *\)\{0,1\}\([^ ]*\)  *$1  *.*#\2#p" "$root/etc/apt/sources.list" | head -n 1
}

apt_sources() {
  main=$(archive_of "$BAKE_SUITE")
  security=$(archive_of "$BAKE_SUITE-security")
  security=${security:-$main-security}
  mkdir -p "$root/etc/apt/mirrors"
  echo "$main" >"$root/etc/apt/mirrors/debian.list"
  echo "$security" >"$root/etc/apt/mirrors/debian-security.list"
  echo '# See /etc/apt/sources.list.d/debian.sources' >"$root/etc/apt/sources.list"
  cat >"$root/etc/apt/sources.list.d/debian.sources" <<SOURCES
Types: deb
URIs: mirror+file:///etc/apt/mirrors/debian.list
Suites: $BAKE_SUITE $BAKE_SUITE-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: mirror+file:///etc/apt/mirrors/debian-security.list
Suites: $BAKE_SUITE-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
}

services() {
  sed -i -e 's/^#PasswordAuthentication yes/PasswordAuthentication no/' \
    -e 's/^PermitRootLogin .*/PermitRootLogin without-password/' "$root/etc/ssh/sshd_config"
  echo 'ClientAliveInterval 120' >>"$root/etc/ssh/sshd_config"
  mkdir -p "$root/etc/systemd/timesyncd.conf.d"
  printf '[Time]\nFallbackNTP=169.254.169.123 fd00:ec2::123\n' >"$root/etc/systemd/timesyncd.conf.d/01_debian_cloud.conf"
  echo 'LABEL=root / ext4 rw,discard,errors=remount-ro,x-systemd.growfs 0 1' >"$root/etc/fstab"
  chroot "$root" systemctl enable systemd-networkd.service systemd-resolved.service
}

clean() {
  rm -rf "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id" "$root/etc/mailname" "$root/var/log/apt" \
    "$root"/var/log/*.log "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/tmp/* \
    "$root"/etc/apt/apt.conf.d/*mmdebstrap "$root"/etc/dpkg/dpkg.cfg.d/99* "$root"/usr/share/man/* "$root"/usr/share/locale/*
  for file in etc/hostname etc/machine-id var/lib/dpkg/available; do : >"$root/$file"; done
  ln -sf /run/systemd/resolve/resolv.conf "$root/etc/resolv.conf"
}

filesystem() {
  # Spelt out, as a newer mke2fs switches on features that GRUB or Debian 12's own e2fsck refuses.
  features=none,has_journal,ext_attr,resize_inode,dir_index,filetype,sparse_super,large_file
  features=$features,extent,huge_file,flex_bg,64bit,dir_nlink,extra_isize,metadata_csum
  # A bind mount shows the tree alone, without the /proc, /sys and /dev that are mounted on it. Its /tmp is hidden,
  # not emptied: mmdebstrap keeps the settings of its apt there, without which that apt works on this machine's own files.
  tree=$(mktemp -d)
  empty=$(mktemp -d)
  chmod 1777 "$empty"
  mount --bind "$root" "$tree"
  mount --bind "$empty" "$tree/tmp"
  mke2fs -q -t ext4 -O "$features" -m 1 -L root -d "$tree" "$BAKE_RAW" "$BAKE_SIZE"
  umount "$tree/tmp" "$tree"
  rmdir "$empty" "$tree"
}

case $phase in
  before) before ;;
  after)
    initrd
    apt_sources
    sh "$here/ec2-cloud-cfg.sh" "$main" "$security" >"$root/etc/cloud/cloud.cfg.d/01_debian_cloud.cfg"
    services
    clean
    filesystem
    ;;
esac
