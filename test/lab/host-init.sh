#!/bin/sh
# Turns the new namespaces that it is started in into a host: its own view of the machine's files with a disk of its own,
# its own processes, network, name and sshd. Everything vanishes when this process, the first of the host, is killed.
# usage: unshare --mount --pid --net --uts --ipc --fork host-init.sh <folder> <disk MiB> <folder to empty>...
# <folder>/files is copied over the host's files; a line on stdin says that its links are plugged in.
set -eu
folder=$1
size=$2
shift 2

# /proc is still the outer one: the number by which others can enter.
read -r pid _ </proc/self/stat
echo "pid $pid"

disk=$folder/disk
mount -t tmpfs -o "size=${size}m,mode=755" lab "$disk"
mkdir "$disk/upper" "$disk/work" "$disk/root"
mount -t overlay -o "lowerdir=/,upperdir=$disk/upper,workdir=$disk/work" lab "$disk/root"
cd "$disk/root"
for empty in "$@"; do
  [ ! -d ".$empty" ] || mount -t tmpfs -o "size=${size}m,mode=755" lab ".$empty"
done
chmod 700 root
chmod 1777 tmp var/tmp
mkdir -p run/sshd
cp -a "$folder/files/." .

mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 dev dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

mkdir .machine
pivot_root . .machine
cd /
umount -l /.machine
rmdir /.machine

hostname "$(cat /etc/hostname)"
ip link set lo up
read -r _
sh /etc/lab/network
sh /etc/lab/sshd
echo ready

exec </dev/null >/dev/null 2>&1
# The first process inherits the orphans; waiting is what buries them.
while :; do
  sleep 86400 &
  wait
done
