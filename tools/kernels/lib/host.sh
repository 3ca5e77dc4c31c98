# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The packages that the host needs. On a Debian-like system root gets them installed; otherwise the error
# message names them.

host_groups()
{
	awk '!/^#/ && NF { print $1 }' "$HERE/host-packages" | xargs
}

# host_packages GROUP...: the packages of the groups, one a line, sorted.
host_packages()
{
	case " $* " in
	*' vm '*) arch_select || return ;;
	esac
	awk -v groups="$*" -v qemu="${arch[qemu_package]:-}" '
		function add(group, count, words, i) {
			count = split(packages[group], words)
			for (i = 1; i <= count; i++)
				if (words[i] ~ /^@/)
					add(substr(words[i], 2))
				else
					print words[i]
		}
		!/^#/ && NF { name = $1; $1 = ""; packages[name] = $0 }
		END {
			packages["qemu"] = qemu
			count = split(groups, wanted)
			for (i = 1; i <= count; i++)
				add(wanted[i])
		}' "$HERE/host-packages" | sort -u
}

# host_missing PACKAGE...: the packages that are not installed, one a line.
host_missing()
{
	comm -23 <(printf '%s\n' "$@") \
		<(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null |
			awk '$1 == "ii" { print $2 }' | sort -u)
}

host_install()
{
	local update=1
	local -a quiet=(env DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o DPkg::Lock::Timeout=600
		--no-install-recommends install "$@")

	# A fresh machine has no package lists, and old lists name packages that are gone. Try with the
	# lists of the machine first, then with new ones.
	if "${quiet[@]}" --simulate >/dev/null 2>&1; then
		step "installing $*" /var/cache/apt/archives "${quiet[@]}" && return
		rm -f -- "$STEP_LOG"
	fi
	step "package lists of this machine" /var/lib/apt/lists \
		apt-get -qq -o DPkg::Lock::Timeout=600 update || update=0
	[ $update = 1 ] || rm -f -- "$STEP_LOG"
	step "installing $*" /var/cache/apt/archives "${quiet[@]}" || {
		step_failed
		die "apt-get could not install: $*. Mend its complaint above and run again"
	}
}

# host_need GROUP...: installs what is missing, or dies naming it.
host_need()
{
	local packages

	packages=$(host_packages "$@" | xargs)
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		die "not a Debian-like system. Install the equivalents of these Debian packages: $packages"
	fi
	# shellcheck disable=SC2086 # a list of words
	packages=$(host_missing $packages | xargs)
	[ -n "$packages" ] || return 0
	((EUID == 0)) || die "packages are missing. Install them: sudo apt-get install $packages"
	# shellcheck disable=SC2086 # a list of words
	host_install $packages
}

command_prepare_host()
{
	local group groups

	groups=$(host_groups)
	# shellcheck disable=SC2086 # a list of words
	[ $# -gt 0 ] || set -- $groups
	for group in "$@"; do
		case " $groups " in
		*" $group "*) ;;
		*) die "no group '$group'. Groups: $groups" ;;
		esac
	done
	host_need "$@"
}
