"""Which kind of thing a label means: the names of COCO, which most models know, and those of Rekognition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..model import Category


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split(","))


_PERSON: Final = _names(
    "adult,baby,boy,child,face,female,girl,human,kid,male,man,newborn,pedestrian,people,person,teen,woman"
)
_VEHICLE: Final = _names(
    "aeroplane,airplane,aircraft,ambulance,atv,bicycle,bike,boat,bus,camper,car,caravan,fire truck,forklift,helicopter,"
    "minibus,moped,motorbike,motorcycle,motor scooter,pickup truck,police car,scooter,sedan,ship,suv,tractor,"
    "trailer truck,train,tram,truck,van,vehicle"
)
_ANIMAL: Final = _names(
    "animal,bear,bird,canine,cat,cattle,chicken,cow,deer,dog,elephant,feline,fox,giraffe,goat,hedgehog,horse,"
    "livestock,mammal,pet,pig,rabbit,raccoon,rat,rodent,sheep,squirrel,wildlife,wolf,zebra"
)
_KINDS: Final = ((Category.PERSON, _PERSON), (Category.VEHICLE, _VEHICLE), (Category.ANIMAL, _ANIMAL))
# Parts of a vehicle or an animal are none, and neither are toys, whatever stands above them.
_PARTS: Final = _names(
    "alloy wheel,bumper,car wheel,headlight,license plate,meat,seafood,spoke,teddy bear,tire,toy,wheel,windshield"
)


def category_of(label: str, parents: Iterable[str] = ()) -> Category:
    """Return what kind of thing a label is, in any letter case; where it says nothing, what its parents are."""
    own = label.strip().lower()
    for category, names in _KINDS:
        if own in names:
            return category
    if own in _PARTS:
        return Category.OTHER
    above = {parent.strip().lower() for parent in parents}
    return next((category for category, names in _KINDS if above & names), Category.OTHER)
