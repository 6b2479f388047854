#!/bin/sh
set -e
if [ "$1" = purge ]; then
  rm -rf /var/lib/trustline-console
  userdel trustline-console 2>/dev/null || true
fi
command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ] || exit 0
systemctl daemon-reload || true
