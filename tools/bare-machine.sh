#!/bin/sh
# Proves that the README's two commands work on a bare machine. Run by hand, as root, on Debian
# with debootstrap; it takes about three minutes and 3 GB in $TMPDIR, and leaves nothing behind:
#
#   tools/bare-machine.sh
#
# It builds a Debian 12 of the essential packages and apt alone (less than any installer leaves),
# adds this machine's Node and npm (or those that NODE, a file, and NPM, a folder, name), clones
# the last commit into it, and runs the commands there in a chroot:
#
#   user      as an ordinary user without sudo
#   cramped   as one whose home cannot be written to
#   root      as root, last because it installs for all
#
# and nothing in /tmp may be executed.
#
# How this machine reaches the registry and the mirror (apt's and npm's configuration,
# certificates, proxies) is taken along.
set -eu

# In namespaces of our own, mounts and processes end with this script, however it ends.
if [ "${1-}" != --inside ]; then
  [ "$(id -u)" -eq 0 ] || { echo "bare-machine: this needs root, for debootstrap and chroot" >&2; exit 77; }
  root=$(mktemp -d)
  chmod 755 "$root"
  trap 'rm -rf "$root"' EXIT
  trap 'exit 130' INT TERM
  unshare --mount --pid --fork --kill-child sh "$0" --inside "$root"
  exit
fi
root=$2
checkout=$(cd "$(dirname "$0")/.." && pwd -P)

step() { printf '\n== %s\n' "$*"; }

step "Debian 12"
# shellcheck disable=SC2016 # apt's variables, not ours
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' | head -n 1)
debootstrap --variant=minbase bookworm "$root" "${mirror:-http://deb.debian.org/debian}" >"$root.log" 2>&1 ||
  { tail -n 20 "$root.log"; exit 1; }
rm -rf "$root.log" "$root/etc/apt"
cp -a /etc/apt "$root/etc/apt"
cp -an /usr/share/keyrings "$root/usr/share/"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
[ ! -d /etc/ssl/certs ] || { mkdir -p "$root/etc/ssl" && cp -rL /etc/ssl/certs "$root/etc/ssl/"; }
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o noexec,mode=1777 tmpfs "$root/tmp"

step "Node and npm"
local=$root/usr/local
cp -L "${NODE:-$(command -v node)}" "$local/bin/node"
mkdir -p "$local/lib/node_modules" "$local/etc"
cp -r "${NPM:-$(npm root --global)/npm}" "$local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$local/bin/npm"
npmrc=$(npm config get globalconfig)
[ ! -e "$npmrc" ] || cp "$npmrc" "$local/etc/npmrc"
carried=$(env |
  grep -iE '^(https?_proxy|no_proxy|npm_config_(registry|cafile)|node_extra_ca_certs|ssl_cert_(file|dir))=') || true

# as USER COMMAND [TITLE]: runs it in that user's checkout, and prints its output and how long it took.
as() {
  home=$(chroot "$root" getent passwd "$1" | cut -d : -f 6)
  began=$(date +%s)
  printf '\n-- %s: %s\n' "$1" "${3-$2}"
  # shellcheck disable=SC2086
  chroot --userspec="$1:$1" --groups= "$root" env -i HOME="$home" PATH=/usr/local/bin:/usr/bin:/bin $carried \
    sh -euc "cd /srv/$1; $2" </dev/null
  echo "-- took $(($(date +%s) - began)) s"
}

# shellcheck disable=SC2016 # for the shell in there
# `npm start` until it names an address that answers; then it has to go as it is told to, entirely.
try_start='
  waited=0
  setsid npm start >start.log 2>&1 &
  group=$!
  until grep -q https*:// start.log; do
    kill -0 $group 2>/dev/null && [ $((waited += 1)) -lt 300 ] || { cat start.log; exit 1; }
    sleep 1
  done
  cat start.log
  node -e "fetch(process.argv[1]).then(({ ok }) => process.exit(ok ? 0 : 1))" \
    "$(grep -o "https*://[0-9A-Za-z.:/_-]*" start.log | head -n 1)"
  kill -TERM -$group
  wait $group || true
  sleep 1
  ! kill -0 -$group 2>/dev/null || { echo "something of npm start still runs"; exit 1; }'

# shellcheck disable=SC2016
draw='
  PATH=$PATH:$(sh bin/debian --path)
  page="data:text/html,<script>document.write(6*7)</script>"
  chromium --headless --no-sandbox --user-data-dir="$(mktemp -d)" --dump-dom "$page" 2>chromium.log | grep 42 ||
    { cat chromium.log; exit 1; }'

for user in user cramped root; do
  step "$user"
  [ "$user" = root ] || chroot "$root" useradd --create-home "$user"
  home=$(chroot "$root" getent passwd "$user" | cut -d : -f 6)
  [ ! -e ~/.npmrc ] || cp ~/.npmrc "$root$home/.npmrc"
  # Without hard links: the checkout's own objects must not change their owner.
  git clone --quiet --no-hardlinks "$checkout" "$root/srv/$user"
  chroot "$root" chown -R "$user:$user" "/srv/$user" "$home"
  [ "$user" != cramped ] || chroot "$root" chown root:root "$home"

  if [ -e "$root/srv/$user/src/cli/main.ts" ]; then
    as "$user" "$try_start" "npm start"
  fi
  as "$user" "npm test"
  as "$user" "sh bin/prepare --tests" "bin/prepare, with nothing to do"
  as "$user" "$draw" "a page in Chromium"
done
