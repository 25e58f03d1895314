"""A real MQTT broker, a cable to it that can be pulled, and somebody who listens."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from told import wait_until


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def password_file(folder: Path, password: str) -> Path:
    """A password file for mosquitto, with the user `me`."""
    path = folder / "passwords"
    subprocess.run([program("mosquitto_passwd"), "-b", "-c", path, "me", password], check=True, capture_output=True)
    path.chmod(0o644)
    return path


def program(name: str) -> str:
    """The path of a program that Debian has in /usr/sbin, which is not on everybody's PATH."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
    assert found, f"{name} is missing: apt-get install mosquitto"
    return found


class Mosquitto:
    """The broker, on a port of its own."""

    def __init__(self, folder: Path, settings: str = "allow_anonymous true\n", port: int | None = None) -> None:
        self.port = port or free_port()
        folder.chmod(0o755)
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {self.port} 127.0.0.1\nuser root\n{settings}", encoding="utf-8")
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [program("mosquitto"), "-c", self._config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self._process.send_signal(number)
        self._process.wait()

    def close(self) -> None:
        if self._process.poll() is None:
            self.stop()

    def _answers(self) -> bool:
        assert self._process.poll() is None, "mosquitto does not start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


class Ear:
    """Hears what is published, over a connection of its own."""

    def __init__(self, port: int, topic: str, user: str | None = None, password: str | None = None) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        """(topic, payload, whether it was retained)."""
        ready = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, f"ear-{uuid.uuid4().hex[:12]}", clean_session=False)
        self._client.username_pw_set(user, password)

        def connected(client: Client, *_: Any) -> None:
            client.subscribe(topic, qos=1)

        self._client.on_connect = connected
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = lambda _client, _userdata, message: self.heard.append(
            (message.topic, bytes(message.payload), message.retain)
        )
        self._client.reconnect_delay_set(0.05, 0.05)  # type: ignore[arg-type]
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert ready.wait(10)

    def of(self, topic: str) -> list[str]:
        """What was published to `topic`."""
        return [payload.decode() for heard, payload, _ in self.heard if heard == topic]

    def say(self, topic: str, payload: str) -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Cable:
    """A connection to 127.0.0.1:`port` that can be pulled out, and held so that nothing goes through."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._through, self._plugged, self._over = threading.Event(), threading.Event(), threading.Event()
        self._through.set()
        self._plugged.set()
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def pull(self) -> None:
        self._plugged.clear()
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        self._through.clear()

    def mend(self) -> None:
        self._plugged.set()
        self._through.set()

    def close(self) -> None:
        self._over.set()
        self.pull()
        self._through.set()
        self._listener.close()
        time.sleep(0.05)
        for end in self._ends:
            end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._over.is_set():
                near, _ = self._listener.accept()
                self._ends.append(near)
                if not self._plugged.is_set():
                    near.shutdown(socket.SHUT_RDWR)
                    continue
                try:
                    far = socket.create_connection(("127.0.0.1", self._to), 5)
                except OSError:
                    near.shutdown(socket.SHUT_RDWR)
                    continue
                far.settimeout(None)
                self._ends.append(far)
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := source.recv(65536):
                self._through.wait()
                sink.sendall(content)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
