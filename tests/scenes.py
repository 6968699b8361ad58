"""Run async scenes of tests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


def run(scene):
    """Run a scene in its own thread, since browser tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(scene())).result()
