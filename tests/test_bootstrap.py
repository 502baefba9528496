"""Set-up on a machine that lacks something, or whose owner changes their mind."""

from collections.abc import Sequence
from pathlib import Path
import sys

import pytest

from devkit.bootstrap import __main__ as command, uv, venv
from devkit.bootstrap.programs import Program
from devkit.bootstrap.shell import SetupError, run


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is downloaded apart from what is there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "event_hub"


def test_ctrl_c_ends_a_set_up_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "ensure_environment", interrupt)
    monkeypatch.setattr(sys, "argv", ["scripts/setup"])

    assert command.main() == 130
    assert capsys.readouterr().err.strip().startswith("Set-up interrupted.")


def test_a_download_that_was_interrupted_is_begun_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def install(words: Sequence[str | Path], **_: object) -> str:
        program = Path(words[words.index("--target") + 1]) / "bin/tool"
        program.parent.mkdir(parents=True)
        program.write_text("half", encoding="utf-8")
        if not (cache / "seen").exists():
            (cache / "seen").touch()
            raise KeyboardInterrupt
        program.write_text("whole", encoding="utf-8")
        return ""

    monkeypatch.setattr(uv, "run", install)
    with pytest.raises(KeyboardInterrupt):
        uv.pypi_tool("tool")

    assert uv.pypi_tool("tool").read_text(encoding="utf-8") == "whole"


def test_what_to_do_comes_after_what_a_failed_command_printed() -> None:
    with pytest.raises(SetupError) as caught:
        run([sys.executable, "-c", "print('noise'); raise SystemExit(1)"], problem="It failed", advice="Do that.")

    assert str(caught.value) == "It failed:\nnoise\n\nDo that."


def failing_without(compiler: list[Program], attempts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let packages need a compiler that ``compiler`` names once it is installed."""

    def sync(*_: object, **__: object) -> str:
        attempts.append("packages")
        if not compiler:
            raise SetupError("error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-g++'")
        return ""

    monkeypatch.setattr(venv, "run", sync)
    monkeypatch.setattr(venv, "find_uv", lambda: Path("uv"))
    monkeypatch.setattr(Program, "is_here", lambda program: program in compiler)


def test_a_missing_compiler_is_installed_where_packages_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler: list[Program] = []
    attempts: list[str] = []
    failing_without(compiler, attempts, monkeypatch)
    monkeypatch.setattr(venv, "ensure_programs", compiler.extend)

    venv._install()

    assert [program.package for program in compiler] == ["g++"]
    assert attempts == ["packages", "packages"]


def test_no_compiler_is_installed_where_the_index_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def sync(*_: object, **__: object) -> str:
        raise SetupError("error: Failed to fetch")

    failing_without([], [], monkeypatch)
    monkeypatch.setattr(venv, "run", sync)
    monkeypatch.setattr(venv, "ensure_programs", lambda _: pytest.fail("a compiler is no help"))

    with pytest.raises(SetupError, match="Failed to fetch"):
        venv._install()


def test_packages_that_fail_beside_a_compiler_fail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[str] = []
    failing_without([], attempts, monkeypatch)
    monkeypatch.setattr(Program, "is_here", lambda _: True)

    with pytest.raises(SetupError):
        venv._install()

    assert attempts == ["packages"]
