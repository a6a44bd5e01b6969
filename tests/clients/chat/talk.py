"""Two who talk over PyPI's websockets: what is said arrives, also what was said while one of them was away."""

import asyncio
import json
import os
import urllib.error
import urllib.request
import uuid

import websockets

url = os.environ["NOVA_URL"]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(path, token, body):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), headers, method="POST")
    with opener.open(request, timeout=30) as response:
        return json.load(response)


def register(name):
    username = f"py_{name}_{os.getpid()}"
    registration = {"username": username, "email": f"{username}@example.org", "password": "a long password"}
    session = ask("/v1/auth/register", None, registration)
    return session["user"]["id"], session["access_token"]


def begin(token, other):
    # Whom messaging has not heard of yet is not there.
    for tries in range(20):
        try:
            return ask("/v1/conversations", token, {"type": "DIRECT", "member_ids": [other]})
        except urllib.error.HTTPError as error:
            if error.code != 404 or tries == 19:
                raise


def connect(token):
    return websockets.connect(
        f"{url.replace('http', 'ws')}/v1/chat/ws",
        subprotocols=["nova.chat.v1.json"],
        additional_headers={"authorization": f"Bearer {token}"},
        proxy=None,
    )


async def expect(socket, kind):
    while (frame := json.loads(await asyncio.wait_for(socket.recv(), 30)))["type"] != kind:
        assert frame["type"] in ("mark", "presence", "conversation"), frame
    return frame


async def resume(socket, conversation, position):
    await expect(socket, "hello")
    await socket.send(json.dumps({"type": "resume", "positions": {conversation: position}}))


async def say(socket, conversation, content):
    frame = {"type": "send", "client_message_id": str(uuid.uuid4()), "conversation_id": conversation}
    # In fragments, as a client may.
    text = json.dumps(frame | {"content": content})
    await socket.send([text[:7], text[7:20], text[20:]])
    return await expect(socket, "ack")


async def main():
    (_, ada), (bob_id, bob) = register("ada"), register("bob")
    begun = begin(ada, bob_id)
    conversation, position = begun["id"], begun["position"]
    async with connect(ada) as hers:
        await resume(hers, conversation, position)
        await expect(hers, "resumed")
        async with connect(bob) as his:
            await resume(his, conversation, position)
            await expect(his, "resumed")
            ack = await say(hers, conversation, "grüß dich 👋")
            told = await expect(his, "message")
            assert told["message"]["content"] == "grüß dich 👋", told
            assert told["position"] == ack["position"], (told, ack)
            await (await his.ping())
        # While he is away.
        for content in ("one", "two"):
            await say(hers, conversation, content)
        async with connect(bob) as his:
            await resume(his, conversation, told["position"])
            for content in ("one", "two"):
                assert (await expect(his, "message"))["message"]["content"] == content
            await expect(his, "resumed")
            # More than a frame may have.
            await his.send("x" * 65_537)
            await his.wait_closed()
            assert his.close_code == 1009, his.close_code
    print(f"{url}: websockets has talked")


asyncio.run(main())
