from .kit import *
from tests.integration.kit import Home
import asyncio, gc
async def test_x(home: Home, hass):
    receiver(hass, SMS)
    add_channel(home, "SMS", "action", SMS)
    await hass.async_block_till_done()
    print([s.entity_id for s in hass.states.async_all("button")])
    for t in asyncio.all_tasks(): print(t)
async def test_y(home: Home, hass):
    receiver(hass, SMS)
    for t in asyncio.all_tasks(): print(t)
