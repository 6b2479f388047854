#!/bin/sh
# Before removing (dpkg: "remove", rpm: 0), but not before upgrading.
set -e
case "$1" in upgrade|failed-upgrade|1) exit 0 ;; esac
if command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ]; then
  systemctl disable --quiet trustline || true
  # The console is to hear that it was removed, not merely stopped.
  /usr/bin/trustline leaving || true
  # Stopped, it gives every medium back and opens internal systems again.
  systemctl stop trustline || true
fi
# One that had ended badly before has not. dpkg keeps the data until "purge"; rpm
# knows one way of removing, after which nothing is left that is anywhere else.
case "$1" in remove|deconfigure) TRUSTLINE_DATA=keep ;; esac
if [ ! /proc/1/root -ef / ]; then
  # In a chroot, where an image is made: mounts and rules are those of the machine outside.
  [ "$TRUSTLINE_DATA" = keep ] || [ -e /var/lib/trustline ] || rm -rf /etc/trustline
  exit 0
fi
/usr/bin/trustline clear --data "$TRUSTLINE_DATA" || true
