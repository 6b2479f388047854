#!/bin/sh
# After installing and after upgrading. The set-up link of the first start is
# in the journal: journalctl -u trustline-console
set -e
if ! getent passwd trustline-console >/dev/null; then
  useradd --system --no-create-home --home-dir /var/lib/trustline-console --shell /usr/sbin/nologin --user-group trustline-console
fi
command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
systemctl enable --quiet trustline-console
systemctl restart trustline-console
