"""What AWS answers, in one sentence: what is wrong and what to do, without the service's own words."""

from __future__ import annotations

import pytest

from throughline import aws
from throughline.source import Refused

SECRET = "AKIA0123456789"  # services quote keys and requests in their messages


@pytest.mark.parametrize(
    ("operation", "code", "what", "remedy"),
    [
        ("ListObjectsV2", "NoSuchBucket", "there is no such bucket", "THROUGHLINE_LANDING"),
        ("ListObjectsV2", "AccessDenied", "not permitted", "s3:ListBucket"),
        ("HeadObject", "403", "not permitted", "s3:GetObject"),
        ("ListObjectsV2", "InvalidAccessKeyId", "credentials are not accepted", "renew"),
        ("ListObjectsV2", "ExpiredToken", "credentials are not accepted", "renew"),
        ("ListObjectsV2", "PermanentRedirect", "another region", "AWS_DEFAULT_REGION"),
        ("ListObjectsV2", "RequestTimeTooSkewed", "clock", "set the clock"),
        ("GetObject", "InvalidObjectState", "archive storage class", "restore it"),
        ("GetObject", "SlowDown", "the service answers SlowDown", "documentation"),
        ("ReceiveMessage", "AWS.SimpleQueueService.NonExistentQueue", "there is no such queue", "THROUGHLINE_QUEUE"),
        ("ReceiveMessage", "AccessDenied", "may belong to another account", "sqs:ReceiveMessage"),
        ("DeleteMessageBatch", "AccessDeniedException", "may belong to another account", "sqs:DeleteMessage"),
    ],
)
def test_answers_of_the_service(operation: str, code: str, what: str, remedy: str) -> None:
    from botocore.exceptions import ClientError

    with pytest.raises(Refused) as refused, aws.sentences("s3://exports", Refused):
        raise ClientError({"Error": {"Code": code, "Message": f"no {SECRET}"}}, operation)
    sentence = refused.value.sentence
    assert sentence.startswith("s3://exports: ")
    assert what in refused.value.what
    assert remedy in refused.value.remedy
    assert SECRET not in sentence
    assert refused.value.__cause__ is None


def test_an_answer_without_a_code_is_a_sentence_too() -> None:
    from botocore.exceptions import ClientError

    assert aws.explained(ClientError({}, "GetObject")) == (
        "the service answers without a code",
        "see its documentation",
    )


def test_a_fault_of_ours_is_not_explained_away() -> None:
    with pytest.raises(KeyError), aws.sentences("s3://exports", Refused):
        raise KeyError("ETag")
