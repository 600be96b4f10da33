"""Clients of S3 and SQS, and one clear sentence for whatever goes wrong with them.

Endpoint, region and credentials come from the standard environment of the AWS libraries (AWS_ENDPOINT_URL,
AWS_REGION, AWS_PROFILE, roles, …); nothing of it is read, kept or shown here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from throughline.source import Stopped

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60  # longer than a long poll, which waits 20
OPTIONS: Final[Mapping[str, Any]] = {
    "retries": {"mode": "standard"},  # AWS_MAX_ATTEMPTS still sets how many
    "connect_timeout": CONNECT_SECONDS,
    "read_timeout": READ_SECONDS,
}

_NO_CREDENTIALS: Final = (
    "no AWS credentials are found",
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run with a role",
)
_BAD_CREDENTIALS: Final = ("the AWS credentials are not accepted", "renew them; temporary ones may have run out")
_NO_REGION: Final = ("no AWS region is set", "set AWS_DEFAULT_REGION")
_NO_PROFILE: Final = ("there is no such AWS profile", "check AWS_PROFILE")
_NO_URL: Final = ("the endpoint is no URL", "write AWS_ENDPOINT_URL as http://host:port or https://host")
_SILENT: Final = ("the endpoint cannot be reached", "check the network and AWS_ENDPOINT_URL; a rerun goes on from here")
_FORBIDDEN: Final = (
    "this is not permitted",
    "allow s3:ListBucket on the bucket, s3:GetObject below the prefix, and kms:Decrypt where it is encrypted",
)
_ELSEWHERE: Final = ("the bucket lies in another region", "set AWS_DEFAULT_REGION to the bucket's region")
_NO_QUEUE: Final = (
    "there is no such queue, or this account may not see it",
    "check THROUGHLINE_QUEUE and its region, or leave it out",
)
_FORBIDDEN_QUEUE: Final = (
    "this queue may not be read; it may belong to another account",
    "allow sqs:ReceiveMessage and sqs:DeleteMessage (and kms:Decrypt where it is encrypted), "
    "in the queue's own policy too where the account differs",
)

_BY_CODE: Final[Mapping[str, tuple[str, str]]] = {
    "NoSuchBucket": ("there is no such bucket", "check THROUGHLINE_LANDING and AWS_ENDPOINT_URL"),
    "AccessDenied": _FORBIDDEN,
    "AllAccessDisabled": _FORBIDDEN,
    "AccountProblem": _FORBIDDEN,
    "403": _FORBIDDEN,  # what a HEAD says, which has no body
    "InvalidAccessKeyId": _BAD_CREDENTIALS,
    "SignatureDoesNotMatch": _BAD_CREDENTIALS,
    "InvalidClientTokenId": _BAD_CREDENTIALS,
    "UnrecognizedClientException": _BAD_CREDENTIALS,
    "AuthFailure": _BAD_CREDENTIALS,
    "InvalidToken": _BAD_CREDENTIALS,
    "ExpiredToken": _BAD_CREDENTIALS,
    "RequestTimeTooSkewed": ("this machine's clock is wrong", "set the clock"),
    "PermanentRedirect": _ELSEWHERE,
    "301": _ELSEWHERE,
    "AuthorizationHeaderMalformed": _ELSEWHERE,
    "InvalidObjectState": ("it lies in an archive storage class", "restore it in S3 first"),
    "AWS.SimpleQueueService.NonExistentQueue": _NO_QUEUE,
    "QueueDoesNotExist": _NO_QUEUE,
    "NonExistentQueue": _NO_QUEUE,
    "InvalidAddress": _NO_QUEUE,
    "AccessDeniedException": _FORBIDDEN_QUEUE,
    "KmsAccessDenied": _FORBIDDEN_QUEUE,
    "KMS.AccessDeniedException": _FORBIDDEN_QUEUE,
}


def client(service: str) -> Any:
    """A client, with retries. Raises what `sentences` understands."""
    import boto3
    from botocore.config import Config

    return boto3.session.Session().client(service, config=Config(**OPTIONS))


def async_session(service: str) -> Any:
    """A session for event loops. Call it in a thread: the large files that a client needs are read here."""
    from aiobotocore.session import get_session

    session = get_session()
    loader = session.get_component("data_loader")
    for name in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model(service, name)
    for name in ("endpoints", "partitions"):
        loader.load_data(name)
    return session


def async_client(session: Any, service: str) -> Any:
    """As `client`, for event loops: `async with async_client(…) as client`."""
    from aiobotocore.config import AioConfig

    return session.create_client(service, config=AioConfig(**OPTIONS))


def faults() -> tuple[type[Exception], ...]:
    """What the AWS libraries raise. ValueError: an endpoint that is no URL."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError, Boto3Error, ValueError


@contextmanager
def sentences(where: str, kind: type[Stopped]) -> Iterator[None]:
    """Turn what the AWS libraries raise into one sentence of the given kind."""
    try:
        yield
    except faults() as error:
        what, remedy = explained(error)
        raise kind(what, where=where, remedy=remedy) from None


def code(error: BaseException) -> str:
    """What the service answered, "" where it did not."""
    response: Mapping[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def explained(error: BaseException) -> tuple[str, str]:
    """(what, remedy). Messages of the service are not shown: they may quote keys and requests."""
    from botocore import exceptions as b

    if isinstance(error.__context__, b.ClientError) and not isinstance(error, b.BotoCoreError | b.ClientError):
        error = error.__context__  # an upload wraps what happened
    if isinstance(error, b.ClientError):
        answer = code(error)
        known = _FORBIDDEN_QUEUE if answer == "AccessDenied" and "Message" in error.operation_name else None
        return (
            known
            or _BY_CODE.get(answer)
            or (f"the service answers {answer or 'without a code'}", "see its documentation")
        )
    told = (
        ((b.NoCredentialsError, b.PartialCredentialsError, b.CredentialRetrievalError), _NO_CREDENTIALS),
        ((b.TokenRetrievalError, b.SSOError), _BAD_CREDENTIALS),
        ((b.ProfileNotFound,), _NO_PROFILE),
        ((b.NoRegionError,), _NO_REGION),
        ((b.HTTPClientError, b.ConnectionError, b.IncompleteReadError), _SILENT),
        ((ValueError,), _NO_URL),
    )
    other = (f"{type(error).__name__} in the AWS library", "check the AWS_… settings")
    return next((known for kinds, known in told if isinstance(error, kinds)), other)
