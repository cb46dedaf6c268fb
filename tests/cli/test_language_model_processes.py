"""Verbs of language models as real processes: a pipe that closes, a terminal with its keys."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .small_model import save_small_model

REAL = [sys.executable, "-c", "import sys; from syntagma.cli import main; sys.exit(main())"]


def test_a_missing_file_is_told_before_anything_heavy_is_loaded() -> None:
    for verb in ("['generate', 'm', 'no.txt']", "['score', 'm', 'no.txt']", "['chat', 'm', '--tools', 'no.json']"):
        code = f"import sys; from syntagma.cli import main; print(main({verb}), 'torch' in sys.modules)"
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert result.stdout == "2 False\n", verb


def test_a_closed_pipe_is_quiet(small_model: str, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("the cat\n" * 200, encoding="utf-8")
    command = [*REAL, "generate", small_model, str(tmp_path / "prompts.txt"), "--max-tokens", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate()
    assert errors == b""
    assert process.returncode == 141


class Terminal:
    """A process at a pseudo-terminal."""

    def __init__(self, *arguments: str) -> None:
        self._keys, inner = pty.openpty()
        self.process = subprocess.Popen(
            [*REAL, *arguments],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
            preexec_fn=_control,
            env=os.environ | {"TERM": "xterm"},
        )
        os.close(inner)
        self.seen = self._unread = ""

    def type(self, keys: str) -> None:
        os.write(self._keys, keys.encode())

    def wait_for(self, text: str) -> None:
        """Read on until this has come."""
        deadline = time.monotonic() + 60
        while text not in self._unread:
            ready, _, _ = select.select([self._keys], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"{text!r} did not come: {self.seen}{self._unread}"
            fresh = os.read(self._keys, 4096).decode("utf-8", "replace")
            assert fresh, f"the process has ended: {self.seen}{self._unread}"
            self._unread += fresh
        before, found, self._unread = self._unread.partition(text)
        self.seen += before + found

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._keys)


def _control() -> None:
    """Let the terminal's keys reach the process."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.slow
def test_a_conversation_at_a_terminal(tmp_path: Path) -> None:
    model = save_small_model(tmp_path / "talkative", reads=100_000)
    endless = ("--max-tokens", "50000", "--frequency-penalty", "-1000")  # one token over and over
    terminal = Terminal("chat", str(model), "--template", "phi-4", *endless)
    try:
        converse(terminal)
        assert terminal.process.wait(60) == 130
        assert "Traceback" not in terminal.seen
    finally:
        terminal.close()


def converse(terminal: Terminal) -> None:
    terminal.wait_for("fp32 weights")
    terminal.wait_for("> ")
    terminal.type("The cat\n")
    terminal.wait_for("reading")
    time.sleep(0.5)
    terminal.type("\x03")
    terminal.wait_for("stopped")
    terminal.wait_for("> ")
    terminal.type("/nw\x1b[De\n")  # a key to the left: lines can be edited
    terminal.wait_for("forgotten")
    terminal.wait_for("> ")
    terminal.type("\x03")
    terminal.wait_for("Ctrl-C again ends")
    terminal.wait_for("> ")
    terminal.type("\x03")
