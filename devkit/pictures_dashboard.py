"""A dashboard of the simulated home, made of Home Assistant's own cards, as anybody might put it together."""

from typing import Any, Final

type Card = dict[str, Any]


def _tile(entity: str, name: str, **more: Any) -> Card:
    return {"type": "tile", "entity": entity, "name": name, **more}


def _section(title: str, *cards: Card) -> Card:
    return {"type": "grid", "cards": [{"type": "heading", "heading": title}, *cards]}


_PRESSED: Final = {"hide_state": True}

DASHBOARD: Final[Card] = {
    "views": [
        {
            "title": "Home",
            "path": "home",
            "type": "sections",
            "max_columns": 2,
            "sections": [
                _section(
                    "Who is there",
                    {
                        "type": "picture-entity",
                        "entity": "image.porch_camera_snapshot",
                        "name": "Porch",
                        "show_state": False,
                    },
                    _tile("binary_sensor.porch_camera", "Camera"),
                    _tile("binary_sensor.porch_doorbell", "Doorbell", icon="mdi:bell"),
                    {"type": "heading", "heading": "Alarm"},
                    _tile(
                        "alarm_control_panel.house",
                        "House",
                        features=[{"type": "alarm-modes", "modes": ["armed_away", "armed_home", "disarmed"]}],
                    ),
                    {"type": "heading", "heading": "Outputs"},
                    _tile("button.garden_siren", "Siren", **_PRESSED),
                    _tile("button.porch_lamp", "Porch lamp", **_PRESSED),
                    _tile("switch.event_hub_outputs", "All outputs"),
                    _tile("button.event_hub_panic", "Panic", **_PRESSED),
                ),
                _section(
                    "Doors, windows, motion",
                    _tile("binary_sensor.hallway_front_door", "Front door"),
                    _tile("binary_sensor.garage_back_door", "Back door"),
                    _tile("binary_sensor.living_room_window", "Living room"),
                    _tile("binary_sensor.cellar_north_window", "Cellar"),
                    _tile("binary_sensor.living_room_motion", "Living room"),
                    _tile("binary_sensor.garage_motion", "Garage"),
                    _tile("binary_sensor.kitchen_smoke", "Kitchen"),
                    _tile("sensor.cellar_electricity_register", "Electricity"),
                    {"type": "heading", "heading": "What happened"},
                    {
                        "type": "logbook",
                        "hours_to_show": 1,
                        "target": {
                            "entity_id": [
                                "event.hallway_front_door_trigger",
                                "event.porch_camera_trigger",
                                "event.living_room_motion_trigger",
                                "event.garage_motion_trigger",
                            ]
                        },
                        "grid_options": {"rows": 6},
                    },
                ),
            ],
        }
    ]
}
