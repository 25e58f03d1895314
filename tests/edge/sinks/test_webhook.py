"""A webhook: what is sent, what is believed of the answers, and how long is waited for them."""

import base64
import hashlib
import hmac
import json
import logging
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hook import Hook, wait_a_moment
from rigs import QUICK, SECRET
from told import appeared, wait_until

from core import config
from core.errors import ConfigError
from edge.sinks import worker
from edge.sinks.backlog import Backlog
from edge.sinks.build import build
from edge.sinks.spool import Spool
from edge.sinks.webhook import WebhookTarget
from edge.sinks.worker import MOST_REFUSALS, DeliveryError, Worker


@pytest.fixture
def hook() -> Iterator[Hook]:
    with closing(Hook()) as made:
        yield made


def sink_to(address: str, backlog: Backlog | None = None, **options: object) -> Worker:
    target = WebhookTarget(address, **options)  # type: ignore[arg-type]
    return Worker("webhook", target, backlog or Backlog("webhook"), QUICK, [address])


def problem(target: WebhookTarget) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        target.deliver([appeared(1)])
    return failed.value


def test_an_event_is_posted_as_json_with_its_id_and_the_time(hook: Hook) -> None:
    assert WebhookTarget(f"{hook.address}/a/b?c=d").deliver([appeared(1)]) == 1
    headers, body = hook.taken[0]
    assert body == appeared(1).body
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == json.loads(body)["id"]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 30
    assert headers["Host"] == hook.address.removeprefix("http://")
    assert "webhook-signature" not in headers


@pytest.mark.parametrize(
    ("secret", "key"),
    [("s3cret", b"s3cret"), (f"whsec_{base64.b64encode(bytes(range(24))).decode()}", bytes(range(24)))],
)
def test_the_signature_is_that_of_standard_webhooks(hook: Hook, secret: str, key: bytes) -> None:
    WebhookTarget(hook.address, secret).deliver([appeared(1)])
    headers, body = hook.taken[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_events_that_wait_share_a_connection(hook: Hook) -> None:
    assert WebhookTarget(hook.address).deliver([appeared(number) for number in range(10)]) == 10
    assert (len(hook.taken), hook.connections) == (10, 1)


def test_what_arrived_before_a_failure_is_not_sent_again(hook: Hook) -> None:
    sink = sink_to(hook.address)
    hook.flaps = True
    for number in range(100):
        sink.put(appeared(number))
    wait_until(lambda: sink.state().delivered == 100, 60)
    sink.close(5)
    assert hook.received() == [appeared(number).id for number in range(100)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(hook: Hook, status: int) -> None:
    with closing(Hook()) as elsewhere:
        hook.answer, hook.headers = status, {"Location": f"{elsewhere.address}/{SECRET}"}
        told = problem(WebhookTarget(hook.address))
        assert str(told) == f"{hook.address}: answers {status}, and redirects are not followed; post where it leads"
        assert (elsewhere.asked, told.refused) == (0, False)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (500, "answers 500"),
        (404, "answers 404"),
        ("rubbish", "BadStatusLine"),
        ("hangup", "RemoteDisconnected"),
        ("nothing", "no answer within 1 s"),
        ("slowly", "no answer within 1 s"),
    ],
)
def test_what_is_no_success_is_a_failure_within_the_time_limit(hook: Hook, answer: int | str, expected: str) -> None:
    hook.answer = answer
    began = time.monotonic()
    told = problem(WebhookTarget(hook.address, timeout_s=1.0))
    assert str(told).startswith(f"{hook.address}: ")
    assert str(told).endswith(expected)
    assert time.monotonic() - began < 4
    assert not told.refused


def test_an_answer_that_breaks_off_behind_its_status_is_believed(hook: Hook) -> None:
    hook.answer = "half"
    assert WebhookTarget(hook.address).deliver([appeared(1), appeared(2)]) == 2
    assert (hook.asked, hook.connections) == (2, 2)


def test_a_server_that_takes_the_connection_and_says_nothing_of_tls_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = problem(WebhookTarget(f"https://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=1.0))
    assert str(told).endswith("no answer within 1 s")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:1/", "http://127.0.0.1:1: Connection refused"),
        ("http://none.invalid/", "http://none.invalid:80: the name cannot be looked up"),
    ],
)
def test_nobody_there_is_said_plainly(address: str, expected: str) -> None:
    assert str(problem(WebhookTarget(address, timeout_s=20))) == expected


def test_who_asks_to_be_left_alone_is(hook: Hook) -> None:
    hook.answer, hook.headers = 429, {"Retry-After": "7"}
    assert problem(WebhookTarget(hook.address)).retry_after_s == 7
    hook.headers = {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}
    assert problem(WebhookTarget(hook.address)).retry_after_s > 1e6
    for nonsense in ("soon", "-5", "9" * 400):
        hook.headers = {"Retry-After": nonsense}
        assert problem(WebhookTarget(hook.address)).retry_after_s < 1e9
    sink = sink_to(hook.address)
    hook.headers = {"Retry-After": "2"}
    sink.put(appeared(1))
    wait_until(lambda: sink.state().status == "trying" and sink.state().error != "")
    hook.answer, asked = 200, hook.asked
    wait_a_moment()
    assert hook.asked == asked
    sink.close(0)


def test_an_event_that_is_refused_again_and_again_does_not_hold_up_the_others(
    hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    hook.answer = 422
    sink = sink_to(hook.address)
    sink.put(appeared(1))
    wait_until(lambda: sink.state().dropped == 1)
    assert hook.asked == MOST_REFUSALS
    hook.answer = 200
    sink.put(appeared(2))
    wait_until(lambda: sink.state().delivered == 1)
    sink.close(5)
    assert hook.received() == [appeared(2).id]
    assert caplog.messages[-1].endswith("answers 422; the event is given up after 5 attempts")


def test_pauses_grow_and_vary(hook: Hook) -> None:
    hook.answer = 500
    asked: list[float] = []
    target = WebhookTarget(hook.address)
    original = target.deliver

    def noting(batch: object) -> int:
        asked.append(time.monotonic())
        return original(batch)  # type: ignore[arg-type]

    target.deliver = noting  # type: ignore[method-assign, assignment]
    pace = worker.Pace(first_pause_s=0.1, most_pause_s=0.8)
    sink = Worker("webhook", target, Backlog("webhook"), pace)
    sink.put(appeared(1))
    wait_until(lambda: len(asked) == 6)
    sink.close(0)
    pauses = [after - before for before, after in pairwise(asked)]
    for pause, most in zip(pauses, (0.1, 0.2, 0.4, 0.8, 0.8), strict=True):
        assert most / 2 <= pause < most + 0.3


def test_what_waits_for_a_dead_server_is_on_the_disk_and_sent_in_order_after_a_restart(
    tmp_path: Path, hook: Hook
) -> None:
    def backlog() -> Backlog:
        return Backlog("webhook", spool=Spool(tmp_path / "spool.sqlite", 20))

    hook.answer = 503
    sink = sink_to(hook.address, backlog())
    for number in range(3000):
        sink.put(appeared(number))
        if number % 100 == 0:
            time.sleep(0.01)
    sink.close(5)
    assert sink.state().dropped == 0
    assert hook.taken == []
    hook.answer = 200
    again = sink_to(hook.address, backlog())
    again.put(appeared(3000))
    wait_until(lambda: again.state().delivered == 3001, 60)
    again.close(5)
    assert hook.received() == [appeared(number).id for number in range(3001)]


def test_a_disk_without_room_keeps_what_waits_in_memory_and_says_so_once(
    tmp_path: Path, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "state"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    hook.answer = 500
    sink = sink_to(hook.address, Backlog("webhook", most=20, spool=Spool(blocked / "spool.sqlite", 20)))
    for number in range(15):
        sink.put(appeared(number))
        time.sleep(0.01)
    wait_until(lambda: sink.state().status == "failed")
    assert sum("what waits is kept in memory" in message for message in caplog.messages) == 1
    hook.answer = 200
    wait_until(lambda: sink.state().delivered == 15)
    sink.close(5)
    assert hook.received() == [appeared(number).id for number in range(15)]


# TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost and its key, in one PEM file."""
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", path, "-out", f"{path}.crt"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Hook]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with closing(Hook(context)) as made:
        yield made


def test_a_server_with_a_certificate_of_its_own_is_told_if_that_is_trusted(secure: Hook, certificate: Path) -> None:
    assert WebhookTarget(secure.address, ca_path=str(certificate)).deliver([appeared(1), appeared(2)]) == 2
    assert secure.received() == [appeared(1).id, appeared(2).id]
    assert (secure.connections, secure.taken[0][0]["Host"]) == (1, secure.address.removeprefix("https://"))


def test_a_server_that_nobody_vouches_for_is_told_nothing(secure: Hook) -> None:
    told = problem(WebhookTarget(secure.address))
    assert str(told) == f"{secure.address}: not to be trusted (self-signed certificate)"
    assert secure.asked == 0


# Settings and secrets.


def build_webhook(settings: str, environment: dict[str, str], folder: Path) -> None:
    built = build(config.parse(settings, "c"), {"STATE_DIRECTORY": str(folder), **environment}, -1, lambda: None)
    built.tell(_event())
    wait_until(lambda: built.states()[0].delivered == 1)
    assert SECRET not in str(built.states())
    built.close()


def _event() -> object:
    from test_build_sinks import event

    return event(1)


def test_address_and_secret_come_from_files_from_credentials_or_from_the_environment(
    tmp_path: Path, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = f"{hook.address}/{SECRET}"
    for name, content in {"webhook_url": address, "webhook_secret": SECRET}.items():
        (tmp_path / name).write_text(f"{content}\n", encoding="utf-8")
    base = "stdout: {enabled: false}\nwebhook: {enabled: true"
    ways: list[tuple[str, dict[str, str]]] = [
        (f"{base}, url_path: {tmp_path}/webhook_url, secret_path: {tmp_path}/webhook_secret}}", {}),
        (f"{base}}}", {"CREDENTIALS_DIRECTORY": str(tmp_path)}),
        (f"{base}}}", {"DIGIT_READER_WEBHOOK_URL": address, "DIGIT_READER_WEBHOOK_SECRET": SECRET}),
    ]
    for number, (settings, environment) in enumerate(ways):
        build_webhook(settings, environment, tmp_path / str(number))
    keys = {headers["webhook-signature"][:3] for headers, _ in hook.taken}
    assert (len(hook.taken), keys) == (3, {"v1,"})
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", "webhook.enabled is true, and there is no address; set webhook.url"),
        ("url_path: /none", "webhook.url_path is /none, which cannot be read (No such file or directory); "
         "allowed: a file with one line"),
        ("url: 'http://a', secret_path: /dev/null", "webhook.secret_path is /dev/null, which holds no secret; "
         "allowed: a file with one line, not empty"),
        ("url: 'https://a', ca_path: /none", "webhook.ca_path is /none, which cannot be used "
         "(No such file or directory); allowed: a PEM file"),
    ],
)  # fmt: skip
def test_a_secret_that_is_missing_is_one_line(tmp_path: Path, settings: str, expected: str) -> None:
    parsed = config.parse(f"webhook: {{enabled: true, {settings}}}", "c")
    with pytest.raises(ConfigError) as refused:
        build(parsed, {"STATE_DIRECTORY": str(tmp_path)}, -1, lambda: None)
    assert str(refused.value) == expected


def test_an_address_in_a_file_that_is_none_is_refused_without_being_told(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"gopher://{SECRET}", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        build_webhook(f"webhook: {{enabled: true, url_path: {tmp_path}/url}}", {}, tmp_path)
    assert SECRET not in str(refused.value)


def test_no_thread_outlasts_its_request(hook: Hook) -> None:
    before = threading.active_count()
    WebhookTarget(hook.address).deliver([appeared(1)])
    wait_until(lambda: threading.active_count() <= before + 1)  # the server's own
