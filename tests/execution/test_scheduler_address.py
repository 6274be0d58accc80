"""Is work sent to this machine or by an encrypted connection, and to no other address?"""

import pytest

from execution.scheduler_address import checked
from model.errors import InputError


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8786", "tcp://127.0.0.1:8786", "localhost:8786", "tcp://[::1]:8786", "127.9.8.7:80"]
)
def test_this_machine_needs_no_encryption(address: str) -> None:
    assert checked(address) == f"tcp://{address.removeprefix('tcp://')}"


def test_another_machine_is_reached_by_tls() -> None:
    assert checked("tls://node7.cluster:8786") == "tls://node7.cluster:8786"


@pytest.mark.parametrize(
    "address", ["tcp://192.0.2.7:8786", "192.0.2.7:8786", "node7:8786", "0.0.0.0:8786", "127.0.0.1.example.org:1"]
)
def test_another_machine_in_the_clear_is_refused(address: str) -> None:
    with pytest.raises(InputError, match=r"must be encrypted; .*write dask:tls://"):
        checked(address)


NO_ADDRESSES = [
    *("", "tcp://", "localhost", "localhost:port", "localhost:99999", "127.0.0.1:1/x"),
    *("tcp://a@127.0.0.1:1", "[::1:8786", "ucx://127.0.0.1:1", "inproc://1/2/3"),
]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="is no scheduler's address; write dask:tls://HOST:PORT"):
        checked(address)
