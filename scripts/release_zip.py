"""Makes the zip of a release: the integration's files at the zip's root, the tag's version in its manifest.

python scripts/release_zip.py v0.1.0 dist/solar_cloud.zip
"""

import argparse
import json
from pathlib import Path
import re
import stat
import sys
import zipfile

_INTEGRATION = Path(__file__).resolve().parent.parent / "custom_components" / "solar_cloud"
_VERSION = re.compile(r"v?(?P<version>\d+\.\d+\.\d+([ab]\d+|-(alpha|beta|rc)\.\d+)?)")
# The same files give the same zip, whenever and wherever it is made.
_MOMENT = (2026, 1, 1, 0, 0, 0)
# Home Assistant may run as another user than the one who unpacks the zip. Python's own default lets nobody else read.
_READABLE = (stat.S_IFREG | 0o644) << 16
_UNIX = 3  # the system whose file modes a zip carries


def version_of(tag: str) -> str:
    """Return the version in a tag as v1.2.3 or 1.2.3-beta.1; raises ValueError."""
    if (match := _VERSION.fullmatch(tag)) is None:
        raise ValueError(f"{tag!r} is no tag as v1.2.3 or v1.2.3-beta.1")
    return match["version"]


def write_zip(integration: Path, version: str, target: Path) -> None:
    """Write the integration's files, readable for everybody and without what Python left there, into a zip."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(integration.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name = path.relative_to(integration).as_posix()
                content = path.read_bytes()
                if name == "manifest.json":
                    content = _with_version(content, version)
                archive.writestr(_member(name), content, zipfile.ZIP_DEFLATED)


def _member(name: str) -> zipfile.ZipInfo:
    """Return what a zip says of a file: the same moment for each, and a mode that lets everybody read it."""
    member = zipfile.ZipInfo(name, _MOMENT)
    member.create_system = _UNIX
    member.external_attr = _READABLE
    return member


def _with_version(manifest: bytes, version: str) -> bytes:
    return (json.dumps({**json.loads(manifest), "version": version}, indent=2) + "\n").encode()


def main(tag: str, target: str) -> int:
    """Make the zip and return the exit code."""
    try:
        version = version_of(tag)
    except ValueError as err:
        print(f"!!  {err}", file=sys.stderr)
        return 1
    write_zip(_INTEGRATION, version, Path(target))
    print(f"==> {target} holds version {version}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tag", help="such as v0.1.0")
    parser.add_argument("zip", help="where to write it")
    options = parser.parse_args()
    sys.exit(main(options.tag, options.zip))
