"""Promise: the page is made once for all visitors without cookies, and never shared with others."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx

from lora_demo.web import page_cache
from lora_demo.web.gate import Gate, Rules


def test_the_page_is_made_once_for_all_unknown_visitors(monkeypatch):
    made = []

    async def app(scope, receive, send):
        headers = dict(scope["headers"])
        made.append(headers[b"host"].decode())
        await asyncio.sleep(0.01)
        more = [(b"set-cookie", b"a=b")] if headers[b"host"] == b"sets" else []
        await send(
            {
                "type": "http.response.start",
                "status": 500 if headers[b"host"] == b"fails" else 200,
                "headers": more,
            }
        )
        await send(
            {
                "type": "http.response.body",
                "body": b"for " + headers.get(b"cookie", headers[b"host"]),
            }
        )

    async def scene():
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(Gate(app, Rules())), base_url="http://one"
        ) as client:

            def get(host="one", path="/", **headers):
                return client.get(path, headers={"host": host, **headers})

            answers = await asyncio.gather(*(get() for _ in range(20)), get("two"))
            assert [answer.text for answer in answers] == ["for one"] * 20 + ["for two"]
            assert made == ["one", "two"]
            assert all(answer.headers["x-content-type-options"] == "nosniff" for answer in answers)
            assert (await get(cookie="me")).text == "for me" and len(made) == 3
            await get(path="/?x=1")
            for host in ("sets", "sets", "fails", "fails"):
                await get(host)
            assert made[4:] == ["sets", "sets", "fails", "fails"]
            monkeypatch.setattr(page_cache, "MAX_AGE_SECONDS", -1)
            await get()
            assert made[8:] == ["one"]

    with ThreadPoolExecutor(1) as pool:  # the browser's tests leave a loop running in this thread
        pool.submit(lambda: asyncio.run(scene())).result()


def test_the_least_recently_used_page_is_dropped():
    made = []

    async def app(scope, receive, send):
        made.append(dict(scope["headers"])[b"host"].decode())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"page"})

    async def scene():
        transport = httpx.ASGITransport(Gate(app, Rules()))
        async with httpx.AsyncClient(transport=transport, base_url="http://one") as client:
            for number in range(page_cache.MAX_PAGES):
                await client.get("/", headers={"host": f"host{number}"})
            for host in ("host0", "new", "host0", "host1"):
                await client.get("/", headers={"host": host})

    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(scene())).result()
    assert made[page_cache.MAX_PAGES :] == ["new", "host1"]
