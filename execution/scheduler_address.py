"""To which scheduler may work be sent? To one on this machine, or by an encrypted connection: it is told what to execute."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from model.errors import InputError


def checked(address: str) -> str:
    """Return a scheduler's address with its scheme.

    Raises
    ------
    InputError
        If it is none, or is neither on this machine nor encrypted.
    """
    scheme, there, rest = address.rpartition("://")
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    plain = not there or scheme == "tcp"
    if not host or port is None or parts.path or "@" in rest or not (plain or scheme == "tls"):
        raise InputError(f"--on: dask:{address}: is no scheduler's address; write dask:tls://HOST:PORT or dask:127.0.0.1:PORT")
    if plain and not _loopback(host):
        raise InputError(
            f"--on: dask:{address}: work sent to another machine must be encrypted; start the scheduler with certificates, "
            f"name them in Dask's configuration (distributed.comm.tls) and write dask:tls://{rest}"
        )
    return f"{scheme if there else 'tcp'}://{rest}"


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
