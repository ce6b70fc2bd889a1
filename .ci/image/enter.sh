#!/bin/sh
# enter.sh ROOT CONFIG PLUGINS COMMAND…   runs a command in an image's file system as its first process: root read-only, /tmp
# writable, CONFIG at /etc/sluice, PLUGINS at /opt/sluice/plugins, uid 65532 (or $RUN_AS), no privileges to be had.
set -eu
if [ "${ENTERED:-}" != yes ]; then
  ENTERED=yes exec unshare --mount --pid --fork --kill-child=TERM "$0" "$@"
fi
unset ENTERED
uid=${RUN_AS:-65532}
unset RUN_AS
root=$1 config=$2 plugins=$3
shift 3
mount --make-rprivate /
for dir in proc dev etc/sluice opt/sluice/plugins tmp; do mkdir -p "$root/$dir"; done
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o size=64m tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount --bind "$config" "$root/etc/sluice"
mount -o remount,bind,ro "$root/etc/sluice"
mount --bind "$plugins" "$root/opt/sluice/plugins"
mount -o remount,bind,ro "$root/opt/sluice/plugins"
exec setpriv --no-new-privs chroot --userspec="$uid:$uid" "$root" "$@"
