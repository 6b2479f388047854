#!/bin/sh
# Before removing (dpkg: "remove", rpm: 0), but not before upgrading.
set -e
case "$1" in upgrade|failed-upgrade|1) exit 0 ;; esac
command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ] || exit 0
systemctl disable --quiet trustline || true
# The console is to hear that it was removed, not merely stopped.
/usr/bin/trustline leaving || true
# Stopped, it gives every medium back and opens internal systems again.
systemctl stop trustline || true
# One that had ended badly before has not.
nft delete table inet trustline 2>/dev/null || true
sed -n 's/^[^ ]* \([^ ]*\) fuse\.trustline .*/\1/p' /proc/mounts | while read -r at; do umount -l "$(printf '%b' "$at")" || true; done
