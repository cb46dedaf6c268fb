"""generate: prompts in, continuations out, in order; interrupted and gone on with; wrong input."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syntagma.language_models.language_model import LanguageModel

from .conftest import Run
from .small_model import save_small_model

QUICK = ("--max-tokens", "4")
PROMPTS = ["the cat", "sat on the mat, and the dog", "It's", "def add(first, second):", "user", "Größe"]


@pytest.fixture
def prompts(tmp_path: Path) -> str:
    path = tmp_path / "prompts.txt"
    path.write_text("\r\n".join(["", *PROMPTS, "  ", ""]), encoding="utf-8", newline="")
    return str(path)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_line_is_gone_on_from_in_order(run: Run, small_model: str, prompts: str) -> None:
    result = run("generate", small_model, prompts, *QUICK, "--json", "--rows", "2")
    found = records(result.out)
    assert (result.code, result.err) == (0, "")
    assert [record["prompt"] for record in found] == list(range(len(PROMPTS)))
    for record, prompt in zip(found, PROMPTS, strict=True):
        assert list(record) == ["prompt", "sample", "text", "ending", "tokens"]
        assert record == record | {"sample": 0, "ending": "length", "tokens": 4}
        Path(prompts).write_text(prompt, encoding="utf-8")
        assert records(run("generate", small_model, prompts, *QUICK, "--json").out)[0]["text"] == record["text"]


def test_samples_and_log_probabilities(run: Run, small_model: str, prompts: str, output: Path) -> None:
    drawing = ("--temperature", "3", "--seed", "5", "--samples", "3", "--log-probabilities")
    result = run("generate", small_model, prompts, *QUICK, *drawing, "-o", output)
    assert (result.code, result.out) == (0, "")
    found = records(output.read_text(encoding="utf-8"))
    assert [(record["prompt"], record["sample"]) for record in found] == [
        (prompt, sample) for prompt in range(len(PROMPTS)) for sample in range(3)
    ]
    for record in found:
        assert len(record["token_ids"]) == len(record["log_probabilities"]) == record["tokens"] == 4
        assert all(value < 0 for value in record["log_probabilities"])
    assert len({record["text"] for record in found[:3]}) == 3


def test_json_lines_of_texts_and_conversations(run: Run, small_model: str, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "the cat"}, {"role": "assistant", "content": "sat"}]
    lines = [{"prompt": "the cat", "id": 3}, {"messages": turns[:1]}, {"messages": [*turns, turns[0]]}]
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n\n".join(map(json.dumps, lines)), encoding="utf-8")
    result = run("generate", small_model, path, *QUICK, "--json", "--template", "phi-4")
    assert result.code == 0, result.err
    assert len({record["text"] for record in records(result.out)}) == 3
    shown = run("generate", small_model, path, *QUICK, "--template", "phi-4").out
    assert shown.startswith("the cat")
    assert "user: the cat\nassistant: sat\nuser: the cat\n" in shown


def test_a_file_can_be_one_prompt_and_come_from_standard_input(
    run: Run, small_model: str, tmp_path: Path, type_in: Callable[[bytes], None]
) -> None:
    (tmp_path / "a.txt").write_text("the cat\nsat on\n", encoding="utf-8")
    whole = run("generate", small_model, tmp_path / "a.txt", *QUICK, "--by", "file")
    assert whole.out.startswith("the cat\nsat on")
    assert whole.out.count("\n\n") == 1
    type_in(b"the cat\nsat on")
    assert run("generate", small_model, "-", *QUICK, "--by", "file").out == whole.out
    type_in(b'{"prompt": "the cat\\nsat on"}')
    assert run("generate", small_model, "-", *QUICK, "--format", "jsonl").out == whole.out


def test_text_can_go_to_a_file(run: Run, small_model: str, prompts: str, tmp_path: Path) -> None:
    shown = run("generate", small_model, prompts, *QUICK).out
    assert run("generate", small_model, prompts, *QUICK, "-o", tmp_path / "out.txt").code == 0
    assert (tmp_path / "out.txt").read_bytes().decode() == shown
    assert not list(tmp_path.glob("*.part"))


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after four continuations, the first time."""
    whole = LanguageModel.generate_each

    def stopping(*arguments: Any, **options: Any) -> Iterator[Any]:
        monkeypatch.setattr(LanguageModel, "generate_each", whole)
        for number, continuation in enumerate(whole(*arguments, **options)):
            if number == 4:
                raise KeyboardInterrupt
            yield continuation

    monkeypatch.setattr(LanguageModel, "generate_each", stopping)


DRAWN = ("--temperature", "2", "--seed", "3", "--samples", "3", "--rows", "2", *QUICK)


def test_an_interrupted_run_goes_on_and_ends_as_if_never_interrupted(
    run: Run, small_model: str, prompts: str, output: Path, interrupted: None
) -> None:
    stopped = run("generate", small_model, prompts, *DRAWN, "-o", output)
    assert stopped.code == 130
    assert stopped.err == "Stopped, and kept as far as it went: the same command with --resume goes on.\n"
    assert not output.exists()
    part = output.with_name("out.jsonl.part")
    assert len(part.read_text(encoding="utf-8").splitlines()) == 5
    with part.open("a", encoding="utf-8") as stream:
        stream.write('{"prompt": 1, "sam')
    resumed = run("generate", small_model, prompts, *DRAWN, "-o", output, "--resume")
    assert (resumed.code, resumed.err) == (0, "")
    assert not part.exists()
    assert output.read_text(encoding="utf-8") == run("generate", small_model, prompts, *DRAWN, "--json").out


def test_resuming_another_run_is_refused(
    run: Run, small_model: str, prompts: str, output: Path, interrupted: None, tmp_path: Path
) -> None:
    run("generate", small_model, prompts, *DRAWN, "-o", output)
    again = run("generate", small_model, prompts, *DRAWN, "-o", output)
    assert again.code == 2
    assert "out.jsonl.part is what an interrupted run has left: go on with --resume, or delete it" in again.err
    other = run("generate", small_model, prompts, *DRAWN, "--top-k", "3", "-o", output, "--resume")
    assert other.code == 2
    assert "belongs to another run: top_k was 0 and is 3. Run it as before, or delete the file" in other.err
    model = save_small_model(tmp_path / "small", seed=1)
    assert "model was" in run("generate", model, prompts, *DRAWN, "-o", output, "--resume").err
    Path(prompts).write_text("others", encoding="utf-8")
    assert "prompts was '6, " in run("generate", small_model, prompts, *DRAWN, "-o", output, "--resume").err
    assert not output.exists()


def test_other_weights_in_the_same_place_are_another_model(
    run: Run, prompts: str, output: Path, interrupted: None, tmp_path: Path
) -> None:
    model = save_small_model(tmp_path / "small")
    run("generate", model, prompts, *DRAWN, "-o", output)
    save_small_model(tmp_path / "small", seed=1)
    assert "model_digest was" in run("generate", model, prompts, *DRAWN, "-o", output, "--resume").err


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ("rubbish\n", "out.jsonl.part:1: not what an interrupted run leaves. Delete the file"),
        ("[]\n", "out.jsonl.part:1: not what an interrupted run leaves. Delete the file"),
        ("{}\n{}\n", "out.jsonl.part belongs to another run: model was None and is"),
    ],
)
def test_a_part_file_of_somebody_else_is_left_alone(
    run: Run, small_model: str, prompts: str, output: Path, contents: str, said: str
) -> None:
    part = output.with_name("out.jsonl.part")
    part.write_text(contents, encoding="utf-8")
    result = run("generate", small_model, prompts, *QUICK, "-o", output, "--resume")
    assert result.code == 2
    assert said in result.err
    assert part.read_text(encoding="utf-8") == contents


def test_a_spoilt_part_file_is_told_with_its_line(
    run: Run, small_model: str, prompts: str, output: Path, interrupted: None
) -> None:
    run("generate", small_model, prompts, *DRAWN, "-o", output)
    part = output.with_name("out.jsonl.part")
    lines = part.read_text(encoding="utf-8").splitlines()
    part.write_text("\n".join([*lines[:2], "spoilt", *lines[2:], ""]), encoding="utf-8")
    result = run("generate", small_model, prompts, *DRAWN, "-o", output, "--resume")
    assert result.code == 2
    assert "out.jsonl.part:3: not what an interrupted run leaves" in result.err


def test_a_full_disk_is_told_and_what_was_done_is_kept(
    run: Run, small_model: str, prompts: str, output: Path, tight_disk: Callable[[int], Any]
) -> None:
    command = ("generate", small_model, prompts, "--max-tokens", "60")
    with tight_disk(1000):
        result = run(*command, "-o", output)
    assert result.code == 2
    assert "out.jsonl.part: could not be written: File too large" in result.err
    assert not output.exists()
    resumed = run("generate", small_model, prompts, "--max-tokens", "60", "-o", output, "--resume")
    assert resumed.code == 0, resumed.err
    assert (
        output.read_text(encoding="utf-8") == run("generate", small_model, prompts, "--max-tokens", "60", "--json").out
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--log-probabilities"], "--log-probabilities are written in JSON only"),
        (["--resume"], "--resume goes on with a file: say which with -o"),
        (["-o", "nowhere/out.jsonl"], "nowhere/out.jsonl: could not be written: its folder does not exist"),
        (["--stop", ""], "a stop string is empty"),
        (["--min-p", "2"], "min_p = 2.0"),
    ],
)
def test_options_that_cannot_be_are_told_before_a_model_is_loaded(
    run: Run, prompts: str, options: list[str], said: str
) -> None:
    result = run("generate", "no-model", prompts, *options)
    assert result.code == 2
    assert said in result.err


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ("", "there is no prompt in it"),
        ('{"prompt": "a"}\n{', "p.jsonl:2: no JSON"),
        ('{"prompt": "a"}\n\n[]', "p.jsonl:3: no object with either a prompt or messages"),
        ('{"prompt": "a", "messages": []}', "p.jsonl:1: no object with either"),
        ('{"prompt": 3}', "p.jsonl:1: neither a prompt nor messages"),
        ('{"prompt": ""}', "p.jsonl:1: a prompt of 0 tokens. 1 to 399 can be read"),
        ('{"messages": []}', "p.jsonl:1: a prompt of 0 tokens"),
        ('{"messages": [{"role": "pirate", "content": "a"}]}', "p.jsonl:1, turn 1: the template phi-4 has no turn for"),
        ('{"messages": [{"role": "user"}]}', "p.jsonl:1, turn 1: the turn of the user has no text"),
        ('{"messages": [{"role": "assistant", "content": "a"}]}', "the last turn is the assistant's"),
        (json.dumps({"prompt": "ab " * 300}), "p.jsonl:1: a prompt of 6"),
        ("caf\udce9", "p.jsonl"),
    ],
)
def test_files_that_are_no_prompts_leave_nothing(
    run: Run, small_model: str, tmp_path: Path, contents: str, said: str, output: Path
) -> None:
    (tmp_path / "p.jsonl").write_bytes(contents.encode("utf-8", "surrogateescape"))
    result = run("generate", small_model, tmp_path / "p.jsonl", *QUICK, "--template", "phi-4", "-o", output)
    assert result.code == 2
    assert said in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["p.jsonl"]


def test_a_file_of_prompts_that_is_not_there(run: Run, small_model: str) -> None:
    assert "nope.txt: no such file" in run("generate", small_model, "nope.txt").err
