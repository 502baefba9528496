"""Which kind of thing a label is."""

import pytest

from snapshot_processor.detect.catalogue import category_of
from snapshot_processor.model import Category

P, V, A, O = Category.PERSON, Category.VEHICLE, Category.ANIMAL, Category.OTHER  # noqa: E741 - beside P, V and A


@pytest.mark.parametrize(
    ("label", "parents", "category"),
    [
        ("person", (), P),
        ("Person", (), P),
        (" CAR ", (), V),
        ("bicycle", (), V),
        ("truck", (), V),
        ("dog", (), A),
        ("teddy bear", (), O),
        ("potted plant", (), O),
        ("", (), O),
        ("Woman", ("Adult", "Female", "Person"), P),
        ("Face", ("Head", "Person"), P),
        ("Walking", ("Person",), P),
        ("Car", ("Transportation", "Vehicle"), V),
        ("Coupe", ("Car", "Sports Car", "Transportation", "Vehicle"), V),
        ("Labrador Retriever", ("Animal", "Canine", "Dog", "Mammal", "Pet"), A),
        ("Wheel", ("Machine", "Car"), O),
        ("License Plate", ("Transportation", "Vehicle"), O),
        ("Tree", ("Plant",), O),
    ],
)
def test_a_label_is_of_a_kind_by_its_name_or_by_those_above(
    label: str, parents: tuple[str, ...], category: Category
) -> None:
    assert category_of(label, parents) is category
