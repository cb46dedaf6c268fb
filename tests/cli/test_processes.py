"""What only a real process shows: exit codes, broken pipes, Ctrl-C, encodings, start-up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

FAKE = [sys.executable, str(Path(__file__).parent / "fake_pipeline.py")]
REAL = [sys.executable, "-c", "import sys; from syntagma.cli import main; sys.exit(main())"]


def run(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*FAKE, *arguments], input=stdin, capture_output=True, env={**os.environ, **environment})


def test_help_is_quick_and_light() -> None:
    code = "import sys; from syntagma.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "annotate" in result.stdout
    assert not {"torch", "numpy", "pydantic", "rich.console"} & set(result.stderr.split())


def test_a_missing_file_is_told_before_anything_heavy_is_loaded() -> None:
    code = "import sys; from syntagma.cli import main; print(main(['annotate', 'no.txt']), 'torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "2 False\n"


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--version"], 0), (["nope"], 2), (["annotate"], 2)])
def test_usage(arguments: list[str], code: int) -> None:
    result = subprocess.run([*REAL, *arguments], capture_output=True, text=True)
    assert result.returncode == code
    assert "Traceback" not in result.stderr
    assert result.stdout.startswith("syntagma ") or code


def test_output_is_utf8_whatever_the_locale() -> None:
    text = "Zoë 👩‍👩‍👧\r\nend"
    result = run("annotate", "-", "--json", stdin=text.encode(), LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert result.returncode == 0
    assert json.loads(result.stdout.decode())["text"] == text
    assert "👩‍👩‍👧".encode() in result.stdout


def test_a_closed_pipe_is_quiet() -> None:
    process = subprocess.Popen(
        [*FAKE, "annotate", "-", "--json", "--by", "line"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(b"some words\n" * 5000)
    assert errors == b""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("verb", [["annotate", "word"], ["annotate", "word", "--json"]])
def test_a_full_disk_is_told(verb: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run([*FAKE, *verb], stdout=full, stderr=subprocess.PIPE)
    assert result.stderr.startswith(b"error: standard output: could not be written: No space left on device")
    assert b"Traceback" not in result.stderr
    assert result.returncode == 2


def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    process = subprocess.Popen(
        [*FAKE, "annotate", "-", "--by", "line", "-o", str(out)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_ours_keeps_its_traceback() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import fake_pipeline; from syntagma.cli import main\n"
        "def pipe(*arguments, **options): raise RuntimeError('a bug')\n"
        "fake_pipeline.install(); fake_pipeline.FakePipeline.pipe = pipe; sys.exit(main(['annotate', 'x']))"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert "Traceback" in result.stderr
    assert "RuntimeError: a bug" in result.stderr
