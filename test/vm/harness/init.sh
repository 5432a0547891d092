#!/bin/busybox sh
# The guest's first program: shows the machine's own files, under a layer that takes every change, and goes on there.

b=/bin/busybox

fail() {
  $b echo "init: $* failed" >/dev/console
  $b reboot -f
}

share() { # tag, folder, options
  $b mount -t 9p -o "trans=virtio,version=9p2000.L,msize=1048576,access=any,$3" "$1" "$2" || fail "mounting $1"
}

$b mount -t devtmpfs dev /dev
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
for module in /early/*; do
  $b insmod "$module" || fail "loading $module"
done

share root /lower ro,cache=loose
share control /control cache=none
$b mount -t tmpfs -o size=75% upper /upper
$b mkdir /upper/files /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /new || fail "mounting the overlay"

for folder in dev proc sys; do
  $b mount --move /$folder /new/$folder
done
$b mkdir -p /new/dev/pts /new/dev/shm
$b mount -t devpts pts /new/dev/pts
$b mount -t tmpfs shm /new/dev/shm
$b mount -t debugfs debug /new/sys/kernel/debug
$b mount -t cgroup2 cgroup /new/sys/fs/cgroup
$b mount -t tmpfs -o mode=755 run /new/run
$b ln -s /proc/self/fd /new/dev/fd
for stream in 0:stdin 1:stdout 2:stderr; do
  $b ln -s /proc/self/fd/${stream%:*} /new/dev/${stream#*:}
done

$b mkdir /new/run/control /new/run/netns
$b mount --move /control /new/run/control
release=$($b uname -r)
modules=$($b cat /new/run/control/modules)
$b mkdir -p "/new/lib/modules/$release"
$b mount --bind "/new$modules" "/new/lib/modules/$release" || fail "mounting the modules"
$b ip link set lo up
[ -e /new/run/control/units ] || exec $b switch_root /new /bin/sh /run/control/session.sh

# With a disk, systemd is first: what is written to /etc and /var is on it and stays, whatever becomes of the machine.
for module in virtio_blk crc32c_generic ext4; do
  $b chroot /new modprobe $module || fail "loading $module"
done
$b mount -t ext4 /new/dev/vda /disk || fail "mounting the disk"
for folder in etc var; do
  $b mkdir -p /disk/$folder/files /disk/$folder/work
  $b mount -t overlay -o "lowerdir=/lower/$folder,upperdir=/disk/$folder/files,workdir=/disk/$folder/work" overlay /new/$folder ||
    fail "mounting /$folder"
done
$b mount -t tmpfs tmp /new/tmp
# None of the machine's own services starts, but what is enabled on the disk.
$b rm -rf /new/etc/rc?.d
for folder in /lower/etc/systemd/system/*.wants /lower/etc/systemd/system/*.requires; do
  for unit in "$folder"/*; do
    $b rm -f "/new${unit#/lower}"
  done
done
# What tells that these are a container's files, and the kernel's parameters not for systemd.
$b rm -f /new/.dockerenv
$b mkdir -p /new/run/systemd
$b cp -r /new/run/control/units /new/run/systemd/system
exec $b switch_root /new /lib/systemd/systemd
