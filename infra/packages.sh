# Sourced by the scripts that need Debian packages: `need` notes what is
# missing, `install_needed` installs it or, without the rights to, prints the
# exact command.
# shellcheck shell=sh
packages=""
need() { # COMMAND PACKAGE: the package, unless the command is there
    command -v "$1" >/dev/null 2>&1 || packages="$packages $2"
}
install_needed() {
    [ -n "$packages" ] || return 0
    install="apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends$packages"
    if [ "$(id -u)" = 0 ]; then
        sh -c "$install" >&2
    elif sudo -n true 2>/dev/null; then
        sudo sh -c "$install" >&2
    else
        echo "These Debian packages are missing. Install them, then try again:" >&2
        echo "    sudo sh -c '$install'" >&2
        exit 1
    fi
}
