#!/bin/sh
# dpkg keeps configuration and data until "purge"; rpm (0) removes the program
# and leaves them, as rpm does.
set -e
if [ "$1" = purge ]; then
  rm -rf /etc/trustline /var/lib/trustline /var/cache/trustline /run/trustline
fi
command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ] || exit 0
systemctl daemon-reload || true
