#!/bin/sh
# Changes the root filesystem of Debian's official cloud image so that boot-disk.sh's disk starts it, as on EC2.
# usage: adapt-official-image.sh ROOT.raw SCRATCH-FOLDER     needs: debugfs (or $DEBUGFS); neither root nor mounts
set -eu

root=$1
scratch=$2
debugfs=${DEBUGFS:-debugfs}

kernel=$("$debugfs" -R 'ls -p /boot' "$root" 2>/dev/null | tr '/' '\n' | sed -n 's/^vmlinuz-//p' | sort -V | tail -n 1)
[ -n "$kernel" ] || { echo 'no /boot/vmlinuz-* in the image' >&2; exit 1; }

echo 'do_symlinks = yes' >"$scratch/kernel-img.conf"
uuid=$("$debugfs" -R 'show_super_stats -h' "$root" 2>/dev/null | sed -n 's/^Filesystem UUID: *//p')
echo "UUID=$uuid / ext4 rw,discard,errors=remount-ro,x-systemd.growfs 0 1" >"$scratch/fstab"
sh "$(dirname "$0")/ec2-cloud-cfg.sh" >"$scratch/01_debian_cloud.cfg"

# debugfs does not overwrite, and its exit code is 0 whatever happens: what it wrote is read back.
commands=$scratch/commands
: >"$commands"
replace() {
  printf 'rm %s\nwrite %s %s\n' "$2" "$scratch/$1" "$2" >>"$commands"
}
replace kernel-img.conf /etc/kernel-img.conf
replace fstab /etc/fstab
replace 01_debian_cloud.cfg /etc/cloud/cloud.cfg.d/01_debian_cloud.cfg
cat >>"$commands" <<COMMANDS
rm /vmlinuz
rm /initrd.img
symlink /vmlinuz boot/vmlinuz-$kernel
symlink /initrd.img boot/initrd.img-$kernel
COMMANDS
"$debugfs" -w -f "$commands" "$root" >/dev/null 2>&1

for path in /etc/fstab /etc/kernel-img.conf; do
  "$debugfs" -R "cat $path" "$root" 2>/dev/null | cmp -s - "$scratch/${path##*/}" ||
    { echo "could not write $path into the image" >&2; exit 1; }
done
