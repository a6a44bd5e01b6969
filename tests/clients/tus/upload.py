"""Uploads a sound with tuspy, each piece with its checksum: stops in the middle, goes on, and gets back what it sent."""

import hashlib
import io
import os
import random
import time
import wave

import requests
from tusclient.client import TusClient

url = os.environ["NOVA_URL"]
username = f"tus_py_{os.getpid()}"
registration = {"username": username, "email": f"{username}@example.org", "password": "a long password"}
registered = requests.post(f"{url}/v1/auth/register", json=registration, timeout=30)
registered.raise_for_status()
headers = {"authorization": f"Bearer {registered.json()['access_token']}"}

file = io.BytesIO()
with wave.open(file, "wb") as sound:
    sound.setnchannels(1)
    sound.setsampwidth(2)
    sound.setframerate(44_100)
    sound.writeframes(random.Random(1).randbytes(3_000_000))
sent = file.getvalue()

client = TusClient(f"{url}/v1/media/uploads", headers=headers)
pieces = {"chunk_size": 1 << 20, "upload_checksum": True, "metadata": {"filename": "noise.wav", "alt": "noise"}}
begun = client.uploader(file_stream=io.BytesIO(sent), **pieces)
begun.upload(stop_at=1 << 20)

# Whoever knows where it is sends the rest.
rest = client.uploader(file_stream=io.BytesIO(sent), url=begun.url, **pieces)
assert rest.offset == 1 << 20, rest.offset
rest.upload()

medium = f"{url}/v1/media/{begun.url.rsplit('/', 1)[1]}"
deadline = time.monotonic() + 60
while (told := requests.get(medium, headers=headers, timeout=30).json())["state"] != "ready":
    assert told["state"] == "processing" and time.monotonic() < deadline, told
    time.sleep(0.05)
assert (told["alt"], told["type"]) == ("noise", "AUDIO"), told
served = requests.get(f"{medium}/content", headers=headers, timeout=30)
assert hashlib.sha256(served.content).digest() == hashlib.sha256(sent).digest(), "other bytes came back"
print(f"{url}: tuspy sent {len(sent)} bytes, in two goes")
