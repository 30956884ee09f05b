#!/bin/sh
# Makes the boot disk of the sandbox's machines: 1 MiB of GRUB that starts the kernel it finds in the machine's own image.
# usage: boot-disk.sh OUT.img          needs: grub-mkimage and GRUB's i386-pc modules
#
# An image is a bare filesystem, with nowhere to put a boot loader. Loading kernel and initrd from outside
# would hide what a layer does to them; GRUB reads them from the image, so an upgraded kernel is the one that boots.
set -eu

out=$1
grub=${BAKE_GRUB_DIR:-/usr/lib/grub}/i386-pc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# hd0 is this disk and hd1 the root volume, whatever else is attached: a data volume made from a
# snapshot of a root carries the same files and the same UUID.
cat >"$work/grub.cfg" <<'CFG'
set root=(hd1)
probe --set=root_uuid --fs-uuid ($root)
linux /vmlinuz root=UUID=$root_uuid ro console=tty0 console=ttyS0,115200
initrd /initrd.img
boot
CFG

grub-mkimage --directory="$grub" --format=i386-pc --prefix=/ --config="$work/grub.cfg" --output="$work/core.img" \
  biosdisk boot ext2 linux probe

# boot.img expects core.img in the sector behind it, and that is where core.img expects to be.
cat "$grub/boot.img" "$work/core.img" >"$work/disk.img"
truncate --size=1M "$work/disk.img"
mv "$work/disk.img" "$out"
