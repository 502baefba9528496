from pathlib import Path
import sqlite3
import subprocess
import sys

import pytest

from custom_components.event_hub.storage.activity import ActivityFilter, ActivityLimits
from custom_components.event_hub.storage.activity_db import ActivityDatabase

BATCH = 10
WRITER = f"""
from pathlib import Path
import sys

from custom_components.event_hub.engine.model import Decision, Reason
from custom_components.event_hub.storage.activity_db import ActivityDatabase, ActivityLimits

def decision(number, at):
    return Decision(
        decision_id=f"decision-{{number}}", at=at, input_key="Door", reason=Reason.TRIGGERED, active=True
    )

database = ActivityDatabase(Path(sys.argv[1]), ActivityLimits(days=100_000))
for batch in range(1_000_000):
    database.write([decision(batch * {BATCH} + number, batch) for number in range({BATCH})])
    print(batch, flush=True)
"""


def test_a_killed_process_loses_nothing_that_it_had_written(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    path = tmp_path / "activity.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=pytestconfig.rootpath, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for _ in range(200):
            assert writer.stdout.readline(), "the writer ended by itself"
        writer.kill()
        told = 199 + len(writer.stdout.read().split())
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",), "a power cut could corrupt it"
    (entries,) = connection.execute("SELECT COUNT(*) FROM entry").fetchone()
    connection.close()
    assert entries % BATCH == 0, "half a batch was kept"
    assert entries >= (told + 1) * BATCH
    database = ActivityDatabase(path, ActivityLimits(days=100_000))
    newest, *_ = database.read(ActivityFilter(input_keys=("Door",)))
    database.close()
    assert newest.data["decision_id"] == f"decision-{entries - 1}"
