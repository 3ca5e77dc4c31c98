# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154 # names of matrix.sh and arch.sh
# A private apt for each kernel, with its own lists, state and archives in the cache. It inherits the
# machine's settings (proxies, credentials, Acquire options) and leaves the machine's packages alone.

for DEBIAN_KEYRING in "${DEBIAN_KEYRING:-}" /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
	[ ! -r "$DEBIAN_KEYRING" ] || break
done
readonly DEBIAN_KEYRING

# debian_mirror SUITE: URI of the mirror that carries SUITE, from the machine's own apt sources.
debian_mirror()
{
	local kind=main variable=DEBIAN_MIRROR uri

	case $1 in
	*-security)
		kind=security
		variable=DEBIAN_SECURITY_MIRROR ;;
	esac
	uri=${!variable:-$(machine_mirror $kind)}
	# The machine has no security source, or only DEBIAN_MIRROR is given. By convention the security
	# archive is beside the main one; apt verifies what it finds there.
	if [ -z "$uri" ] && [ $kind = security ]; then
		uri=$(debian_mirror main)
		uri=${uri%/}-security
	fi
	[ -n "$uri" ] || die "this machine's apt sources name no Debian mirror. Run again with" \
		"$variable=URI of a mirror (in the form http://HOST/debian)"
	printf '%s\n' "${uri%/}"
}

# machine_mirror main|security. `update --print-uris` works without package lists and network.
machine_mirror()
{
	grep -qs '^ID=debian$' /etc/os-release || return 0
	[ "$1" = main ] || [ -z "${DEBIAN_MIRROR:-}" ] || return 0
	apt-get update --print-uris 2>/dev/null | awk -v kind="$1" -F"'" '
		match($2, "/dists/[^/]+/(updates/)?main/binary-") {
			suite = substr($2, RSTART + 7)
			sub("/.*", "", suite)
			security = suite ~ /-security$/
			if (suite ~ /-(updates|backports)$/ || security != (kind == "security"))
				next
			print substr($2, 1, RSTART - 1)
			exit
		}'
}

# A suite may carry several series, or a newer one: for a series, the version decides.
apt_preferences()
{
	case $VERSION_PATTERN in
	newest|candidate)
		;;
	*)
		printf 'Package: linux-image-* linux-headers-* linux-kbuild-*\nPin: version %s\nPin-Priority: 990\n' \
			"$VERSION_PATTERN" ;;
	esac
}

# apt_configure: writes the configuration of this kernel's apt. This is cheap, so each command does it.
apt_configure()
{
	local suite

	[ -r "$DEBIAN_KEYRING" ] || die "$DEBIAN_KEYRING is missing. Install it:" \
		"sudo apt-get install debian-archive-keyring"
	mkdir -p -- "$APT_DIR"/{lists,archives}/partial
	touch -- "$APT_DIR/status"
	for suite in $SUITES; do
		printf 'deb [arch=%s signed-by=%s] %s %s main\n' "${arch[name]}" \
			"$DEBIAN_KEYRING" "$(debian_mirror "$suite")" "$suite"
	done >"$APT_DIR/sources.list"
	apt_preferences >"$APT_DIR/preferences"
	cat >"$APT_DIR/apt.conf" <<-EOF
	APT::Architecture "${arch[name]}";
	#clear APT::Architectures;
	APT::Architectures "${arch[name]}";
	APT::Install-Recommends "false";
	APT::Sandbox::User "root";
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	#clear DPkg::Post-Invoke;
	Acquire::Languages "none";
	Acquire::Retries "3";
	Acquire::http::Timeout "30";
	Acquire::https::Timeout "30";
	Acquire::AllowInsecureRepositories "false";
	Dir::State "$APT_DIR";
	Dir::State::lists "$APT_DIR/lists";
	Dir::State::status "$APT_DIR/status";
	Dir::Cache "$APT_DIR";
	Dir::Cache::archives "$APT_DIR/archives";
	Dir::Cache::pkgcache "pkgcache.bin";
	Dir::Cache::srcpkgcache "";
	Dir::Etc::sourcelist "$APT_DIR/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "$APT_DIR/preferences";
	Dir::Etc::preferencesparts "/dev/null";
	EOF
}

# apt reads the file of -c after the machine's apt.conf.d, so the file wins; APT_CONFIG is read before.
private_apt()
{
	local tool=$1
	shift
	LC_ALL=C "$tool" -c "$APT_DIR/apt.conf" "$@"
}

# apt_lists [--newer]: fetches package lists; without --newer, only if the cache has none.
apt_lists()
{
	apt_configure
	if [ "${1:-}" != --newer ] && [ -n "$(find "$APT_DIR/lists" -name '*_Packages*' -print -quit)" ]; then
		return
	fi
	apt_update && return
	# The suite is newer than the keyring package. The machine's own apt verifies a newer package.
	if ((EUID != 0)) || ! grep -q NO_PUBKEY "$STEP_LOG"; then
		return 1
	fi
	host_install debian-archive-keyring
	apt_update
}

apt_update()
{
	step "$NAME: package lists of $SUITES" "$APT_DIR/lists" \
		private_apt apt-get update --error-on=any
}

apt_lists_failed()
{
	local reason

	if grep -q NO_PUBKEY "$STEP_LOG"; then
		rm -f -- "$STEP_LOG"
		die "$NAME: $SUITES are signed by keys that are not in $DEBIAN_KEYRING. Get newer ones:" \
			"sudo apt-get install debian-archive-keyring"
	fi
	reason=$(sed -n 's/^E: //p' "$STEP_LOG" | head -n 1 | sed 's/\.*$//')
	rm -f -- "$STEP_LOG"
	die "$NAME: no package lists: $reason. Check the network, or give other mirrors with" \
		"DEBIAN_MIRROR= and DEBIAN_SECURITY_MIRROR=, and run again"
}

# apt_candidate PACKAGE: the version that apt would install
apt_candidate()
{
	private_apt apt-cache policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# apt_depends PACKAGE=VERSION: "name version" of each dependency; of alternatives the first. The version
# is empty unless the dependency demands exactly one.
apt_depends()
{
	private_apt apt-cache show "$1" | awk '
		/^Depends: / && !seen++ {
			count = split(substr($0, 10), groups, /, */)
			for (i = 1; i <= count; i++) {
				sub(/ *\|.*/, "", groups[i])
				gsub(/[()]/, "", groups[i])
				split(groups[i], word, / +/)
				sub(/:any$/, "", word[1])
				print word[1], (word[2] == "=" ? word[3] : "")
			}
		}'
}

# apt_closure FOLLOW KEEP PACKAGE VERSION: walks the dependencies of a metapackage. Packages that
# match FOLLOW are walked into; what matches KEEP is printed as "unpack name=version", any other
# that is not a linux-* package as "install name".
apt_closure()
{
	local follow=$1 keep=$2 name version seen=" "
	local -a queue=("$3 $4")

	while [ ${#queue[@]} -gt 0 ]; do
		read -r name version <<<"${queue[0]}"
		queue=("${queue[@]:1}")
		case $seen in *" $name "*) continue ;; esac
		seen+="$name "
		if [[ $name =~ $follow ]]; then
			[ -n "$version" ] || version=$(apt_candidate "$name")
			[[ ! $name =~ $keep ]] || echo "unpack $name=$version"
			mapfile -O ${#queue[@]} -t queue < <(apt_depends "$name=$version")
		elif [[ $name != linux-* ]]; then
			echo "install $name"
		fi
	done
}

# apt_download DIR WHAT download|install ARGUMENT...: downloads packages into DIR. apt resumes and verifies
# partial files, but accepts a file of full size without reading it, so this function verifies those.
apt_download()
{
	apt_download_if_there "$@" || die "$2: the mirror lists packages that it does not have (reasons" \
		"above): it is being updated. Run again later"
}

# apt_download_if_there DIR WHAT download|install ARGUMENT...: the same; it fails if the mirror lacks the
# packages, and dies of any other error.
apt_download_if_there()
{
	local dir=$1 what=$2 verb=$3 uris bytes label
	local -a options=(-y)
	shift 3

	mkdir -p -- "$dir/partial"
	uris=$(private_apt apt-get --print-uris -qq -y -o Dir::Cache::archives="$APT_DIR/none" "$verb" "$@") || {
		say "$what: apt cannot resolve: $* (reasons above)"
		return 1
	}
	bytes=$(apt_missing_bytes "$dir" <<<"$uris")
	[ "$bytes" -gt 0 ] || return 0
	label="$what: download of $(megabytes "$bytes")"
	say "$label begins"
	[ "$verb" = download ] || options+=(--download-only -o Dir::Cache::archives="$dir")
	step "$label" "$dir" apt_get_in "$dir" "${options[@]}" "$verb" "$@" || {
		apt_download_failed "$what"
		return 1
	}
}

# apt_download_failed WHAT: shows apt's errors, and dies unless the mirror lacks a file.
apt_download_failed()
{
	local gone=1

	grep -qE '404 +Not Found|File not found' "$STEP_LOG" || gone=0
	step_failed
	[ $gone = 1 ] || die "$1: the download failed (reasons above). Check the network and the space in" \
		"$CACHE, then run again: it goes on where it stopped"
}

# `apt-get download` writes into the current directory.
apt_get_in()
{
	(cd -- "$1" && private_apt apt-get "${@:2}")
}

# apt_missing_bytes DIR: the size of the files on stdin that DIR lacks. Removes damaged files.
apt_missing_bytes()
{
	local dir=$1 file size hash have missing=0 _

	while read -r _ file size hash; do
		have=$(stat -c %s -- "$dir/$file" 2>/dev/null || echo 0)
		if [ "$have" -ge "${size:-0}" ] && ! apt_intact "$dir/$file" "$hash"; then
			rm -f -- "$dir/$file"
			have=0
		fi
		missing=$((missing + ${size:-0} - have))
	done
	echo $missing
}

# apt_intact FILE ALGORITHM:HEX
apt_intact()
{
	local tool

	case $2 in
	SHA512:*) tool=sha512sum ;;
	SHA256:*) tool=sha256sum ;;
	*) return 1 ;;
	esac
	"$tool" -- "$1" | grep -qi "^${2#*:} "
}
