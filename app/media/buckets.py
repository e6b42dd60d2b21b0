"""Buckets of S3-compatible services: which one the settings name, and how it is opened."""

from __future__ import annotations

import datetime as dt
import functools
import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.config import Settings
from app.core.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    # They are types only, and not there at run time.
    from obstore.store import ClientConfig, RetryConfig, S3Config, S3Credential

_ADDRESS = re.compile(r"s3://(?P<name>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<folder>[A-Za-z0-9._/-]*))?")
_CONNECT = dt.timedelta(seconds=5)
# Between two pieces; how long a whole file takes is for whoever reads it, perhaps by a slow line.
_PIECE = dt.timedelta(seconds=30)
_WHOLE = dt.timedelta(hours=6)
_FEW_RETRIES: RetryConfig = {
    "max_retries": 3,
    "retry_timeout": dt.timedelta(seconds=20),
    "backoff": {"init_backoff": dt.timedelta(milliseconds=200), "max_backoff": dt.timedelta(seconds=2), "base": 2},
}
_NO_RETRY: RetryConfig = {**_FEW_RETRIES, "max_retries": 0}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, a folder in it ("" for none), the service that has it, and the key that opens it."""

    name: str
    folder: str
    endpoint: str
    region: str
    key_id: str = field(repr=False)
    secret: str = field(repr=False)


def read_bucket(settings: Settings) -> Bucket | None:
    """Give the bucket that the settings name, None where files lie in the data folder.

    Raises `InvalidInput` with a sentence that names the variables when they contradict each other.
    """
    if not settings.media_bucket:
        if settings.media_endpoint or settings.media_key_id or settings.media_secret:
            raise InvalidInput(
                "DISAN_MEDIA_ENDPOINT, DISAN_MEDIA_KEY_ID and DISAN_MEDIA_SECRET are for a bucket, and none is named. "
                "Set DISAN_MEDIA_BUCKET, or leave them out."
            )
        return None
    found = _ADDRESS.fullmatch(settings.media_bucket)
    folder = (found["folder"] or "").strip("/") if found else ""
    if found is None or (folder and {"", ".", ".."} & set(folder.split("/"))):
        raise InvalidInput(
            "DISAN_MEDIA_BUCKET cannot be “%(value)s”. Write it like `s3://bucket` or `s3://bucket/folder`.",
            value=settings.media_bucket,
        )
    if not (settings.media_key_id and settings.media_secret):
        raise InvalidInput("A bucket is opened by a key. Set both DISAN_MEDIA_KEY_ID and DISAN_MEDIA_SECRET.")
    return Bucket(
        found["name"],
        folder,
        _read_endpoint(settings),
        settings.media_region,
        settings.media_key_id,
        settings.media_secret,
    )


def _read_endpoint(settings: Settings) -> str:
    if not settings.media_endpoint:
        return f"https://s3.{settings.media_region}.amazonaws.com"
    address = settings.media_endpoint.rstrip("/")
    try:
        parts = urlsplit(address)
        is_bare = bool(parts.hostname) and address == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
        is_good = is_bare and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or "")))
        # A port that is none is told only when it is asked for.
        is_good = is_good and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        # Not repeated: somebody may have written a password into it.
        raise InvalidInput(
            "DISAN_MEDIA_ENDPOINT cannot be that. Write `https://HOST` or `https://HOST:PORT` and nothing behind it; "
            "plain http is for a service on this machine only."
        )
    return address


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine: what is sent to it is read by nobody on the way."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@functools.lru_cache(maxsize=16)
def open_bucket(bucket: Bucket, *, is_patient: bool = True) -> S3Store:
    """Open a bucket, or give what was opened before: its connections are used again.

    One that is not patient gives up after the first try and five seconds, for the question whether it can be reached.
    """
    # Whatever AWS_… the environment holds must not lead elsewhere: both names of the endpoint are given.
    config: S3Config = {
        "endpoint": bucket.endpoint,
        "aws_endpoint_url_s3": bucket.endpoint,
        "region": bucket.region,
        "virtual_hosted_style_request": False,
        # Not every service knows the deletion of many.
        "disable_bulk_delete": True,
        "skip_signature": False,
    }
    client: ClientConfig = {
        "allow_http": bucket.endpoint.startswith("http:"),
        "connect_timeout": _CONNECT,
        "read_timeout": _PIECE if is_patient else _CONNECT,
        "timeout": _WHOLE if is_patient else _CONNECT,
    }

    def give_key() -> S3Credential:
        return {
            "access_key_id": bucket.key_id,
            "secret_access_key": bucket.secret,
            "token": None,
            "expires_at": None,
        }

    return S3Store(
        bucket.name,
        prefix=bucket.folder or None,
        config=config,
        client_options=client,
        retry_config=_FEW_RETRIES if is_patient else _NO_RETRY,
        # Not by `config`, to which the environment could add a session's token.
        credential_provider=give_key,
    )


def check_bucket(settings: Settings) -> None:
    """Raise `Unavailable` when the bucket that the settings name cannot be reached; asks for one page of its list."""
    bucket = read_bucket(settings)
    if bucket is None:
        return
    try:
        next(obstore.list(open_bucket(bucket, is_patient=False), chunk_size=1), None)
    except (BaseError, OSError) as error:
        raise Unavailable(
            "The bucket %(bucket)s at %(endpoint)s cannot be reached (%(reason)s). Check DISAN_MEDIA_BUCKET, "
            "DISAN_MEDIA_ENDPOINT and the key, and that the service runs.",
            bucket=bucket.name,
            endpoint=bucket.endpoint,
            reason=reason_of(error),
        ) from error


def reason_of(error: Exception) -> str:
    """Give the service's code for what went wrong, or the end of obstore's first line; before it stand the tries."""
    code = re.search(r"<Code>(\w+)</Code>", str(error))
    return code[1] if code else str(error).strip().partition("\n")[0].rpartition(" - ")[2]
