#!/bin/sh
# Makes a disk that starts by itself of one of the sandbox's bare filesystems: an MBR with one partition, and GRUB.
# usage: own-loader-disk.sh ROOT.qcow2 OUT.raw     needs: qemu-img grub-mkimage and GRUB's i386-pc modules
set -eu

root=$1
out=$2
grub=${BAKE_GRUB_DIR:-/usr/lib/grub}/i386-pc
work=$(mktemp -d "${TMPDIR:-/var/tmp}/bake-loader.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

cat >"$work/grub.cfg" <<'CFG'
set root=(hd0,msdos1)
probe --set=root_uuid --fs-uuid ($root)
linux /vmlinuz root=UUID=$root_uuid ro console=tty0 console=ttyS0,115200 loader=own
initrd /initrd.img
boot
CFG
grub-mkimage --directory="$grub" --format=i386-pc --prefix=/ --config="$work/grub.cfg" --output="$work/core.img" \
  biosdisk boot ext2 linux part_msdos probe

qemu-img convert -O raw "$root" "$work/root.raw"
mib=1048576
sectors=$(($(wc -c <"$work/root.raw") / 512))
byte() { printf "\\$(printf '%03o' "$1")"; }
{
  head -c 446 "$grub/boot.img"
  # Active, type 83, from sector 2048; geometry says nothing on disks of this size.
  printf '\200\376\377\377\203\376\377\377'
  for number in 2048 "$sectors"; do
    for shift in 0 8 16 24; do byte $((number >> shift & 255)); done
  done
  head -c 48 /dev/zero
  printf '\125\252'
  cat "$work/core.img"
} >"$work/start"
[ "$(wc -c <"$work/start")" -le "$mib" ]
cp "$work/start" "$out"
truncate --size="$mib" "$out"
dd if="$work/root.raw" of="$out" bs="$mib" seek=1 conv=sparse,notrunc status=none
truncate --size=$((mib + sectors * 512)) "$out"
