import pytest

from custom_components.event_hub.importing.planner import Kind
from custom_components.event_hub.importing.portable import plan_yaml
from tests.engine.kit import Engine

from .kit import carry_out, texts


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("[A, B, C, D]", ["“Door” triggers “B”"]),
        ("[A, B, C]", ["“Door” triggers no more “D”", "“Door” triggers “B”"]),
        ("[B, D]", ["“Door” triggers no more “A”, “C”", "“Door” triggers “B”"]),
        ("[D, C, A]", ["“Door” triggers in another order: “D”, “C”, “A”"]),
        ("[D, B, A]", ["“Door” triggers no more “C”", "“Door” triggers in another order: “D”, “B”, “A”"]),
    ],
)
def test_only_what_becomes_different_is_said(wanted: str, said: list[str]) -> None:
    engine = Engine()
    for key in "ABCD":
        engine.output(key)
    engine.input("Door")
    engine.link("Door", "A", "C", "D")
    text = f"event_hub: 1\ninputs: {{Door: {{links: {wanted}}}}}"
    plan = plan_yaml(text, engine.state)
    assert texts(plan, Kind.LINKS) == said
    assert plan.texts == tuple(said)
    carry_out(plan, engine.state)
    assert list(engine.state.inputs["Door"].links) == wanted.strip("[]").split(", ")
