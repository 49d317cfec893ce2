"""Disks of a machine: volumes of the account as folders of this one, and the programs by which a script comes to them.

A volume is a folder with ``filesystem`` (what blkid says of it; without that file it is empty) and ``content``. It shows on the
machine as ``/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_VOLUME`` (EC2 user guide, "Map Amazon EBS volumes to NVMe device
names"). Mounting is a link: the folder below is put aside. What the programs say: blkid(8), mke2fs(8), mount(8), mountpoint(1),
resize2fs(8).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

PLACES = re.compile(r"(?<![\w./-])/(?=(?:etc|var|run|srv|opt|dev/disk)/)")
"""Where a script speaks of the machine's own files."""

_BLKID = """
for last; do :; done
[ -e "$last" ] || { echo "error: $last: No such file or directory" >&2; exit 2; }
[ -s "$last/filesystem" ] || exit 2
printf 'DEVNAME=%s\\n' "$last"; cat "$last/filesystem"
"""
_MKFS = """
label=
while [ "$#" -gt 1 ]; do case $1 in -L) label=$2; shift;; esac; shift; done
[ -e "$1" ] || { echo "The file $1 does not exist and no size was specified." >&2; exit 1; }
mkdir -p "$1/content"
printf 'LABEL=%s\\nTYPE=ext4\\nUSAGE=filesystem\\n' "$label" >"$1/filesystem"
"""
_MOUNT = """
line=$(awk -v point="$1" '$2 == point { print $1; exit }' "$ROOT/etc/fstab" 2>/dev/null)
[ -n "$line" ] || { echo "mount: $1: can't find in /etc/fstab." >&2; exit 1; }
case $line in
  LABEL=*)
    found=
    for disk in "$ROOT"/dev/disk/by-id/*; do
      if grep -qx "$line" "$disk/filesystem" 2>/dev/null; then found=$(readlink "$disk")/content; break; fi
    done
    [ -n "$found" ] || { echo "mount: $1: can't find $line." >&2; exit 32; };;
  *) found=$line;;
esac
[ -d "$found" ] || { echo "mount: $1: special device $found does not exist." >&2; exit 32; }
if [ -e "$1" ] && [ ! -L "$1" ]; then mv "$1" "$1.below"; fi
ln -sfn "$found" "$1"
"""
_MOUNTPOINT = """
for last; do :; done
[ -L "$last" ]
"""
DISK_PROGRAMS: Mapping[str, str] = {
    "blkid": _BLKID,
    "mkfs.ext4": _MKFS,
    "mount": _MOUNT,
    "mountpoint": _MOUNTPOINT,
    "resize2fs": "exit 0\n",
}
"""The text of each program, for /bin/sh; ``ROOT`` is the machine's folder."""


def put_programs(folder: Path, programs: Mapping[str, str]) -> None:
    """Write programs into the machine's ``bin``, each knowing where the machine's files are."""
    place = folder / "bin"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in programs.items():
        (place / name).write_text(f"#!/bin/sh\nROOT='{folder}'\n{text.strip()}\n")
        (place / name).chmod(0o700)


def attach(folder: Path, volumes: Path, attached: Iterable[str]) -> None:
    """Let the machine see exactly these volumes; a new one is empty. What was mounted of others is gone."""
    place = folder / "dev/disk/by-id"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = {f"nvme-Amazon_Elastic_Block_Store_{volume.replace('-', '')}": volume for volume in attached}
    for there in place.iterdir():
        if there.name not in names:
            there.unlink()
    for name, volume in names.items():
        (volumes / volume).mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (place / name).is_symlink():
            (place / name).symlink_to(volumes / volume)
