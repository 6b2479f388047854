#!/bin/sh
# After installing and after upgrading, by dpkg ("configure", old version) and
# by rpm (1 or 2). TRUSTLINE_CONSOLE, TRUSTLINE_PIN and TRUSTLINE_TOKEN in the
# environment make the first configuration, for a silent installation.
set -e
config=/etc/trustline/agent.yaml
mkdir -p -m 0755 /etc/trustline
if [ ! -e "$config" ]; then
  umask 022
  cp /usr/share/trustline/agent.yaml "$config"
  if [ -n "$TRUSTLINE_CONSOLE" ]; then
    printf 'console:\n  url: "%s"\n  pin: "%s"\n  token-file: /etc/trustline/token\n' "$TRUSTLINE_CONSOLE" "$TRUSTLINE_PIN" >> "$config"
    (umask 077; printf '%s\n' "$TRUSTLINE_TOKEN" > /etc/trustline/token)
  fi
fi
command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
if systemctl is-active --quiet trustline; then
  # An upgrade. Killed, the old program gives no medium back: what was guarded
  # stays read-only until the new one, which systemd starts at once, guards it.
  # Its readers of documents go with it, not before it.
  kill -KILL "$(systemctl show --property MainPID --value trustline)" || true
  systemctl start trustline
else
  systemctl enable --quiet trustline
  systemctl restart trustline
fi
