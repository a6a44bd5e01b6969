// Uploads a sound with tus-js-client: breaks off in the middle, goes on, and gets back the bytes that it sent.

import { createHash } from "node:crypto";
import { Upload } from "tus-js-client";
import { wav } from "./wav.mjs";

const url = process.env.NOVA_URL;
const username = `tus_js_${process.pid}`;
const registration = { username, email: `${username}@example.org`, password: "a long password" };
const registered = await fetch(`${url}/v1/auth/register`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(registration),
});
const headers = { authorization: `Bearer ${(await registered.json()).access_token}` };

const file = wav(3_000_000);
const options = {
  endpoint: `${url}/v1/media/uploads`,
  headers,
  chunkSize: 1 << 20,
  retryDelays: null,
  metadata: { filename: "noise.wav", filetype: "audio/wav", alt: "noise" },
};

// The first piece comes, the second breaks off.
const location = await new Promise((resolve, reject) => {
  const upload = new Upload(file, {
    ...options,
    onError: reject,
    onChunkComplete: () => void upload.abort().then(() => resolve(upload.url), reject),
  });
  upload.start();
});

// Whoever knows where it is sends the rest.
const sent = await new Promise((resolve, reject) => {
  let sent = 0;
  new Upload(file, {
    ...options,
    uploadUrl: location,
    onError: reject,
    onChunkComplete: (size) => (sent += size),
    onSuccess: () => resolve(sent),
  }).start();
});
if (sent >= file.length) throw new Error(`${sent} bytes of ${file.length} were sent again`);

const id = location.split("/").at(-1);
const deadline = Date.now() + 60_000;
for (;;) {
  const medium = await (await fetch(`${url}/v1/media/${id}`, { headers })).json();
  if (medium.state === "ready") {
    if (medium.alt !== "noise" || medium.type !== "AUDIO") throw new Error(JSON.stringify(medium));
    break;
  }
  if (medium.state === "failed" || Date.now() > deadline) throw new Error(JSON.stringify(medium));
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const served = await fetch(`${url}/v1/media/${id}/content`, { headers });
const sum = (bytes) => createHash("sha256").update(bytes).digest("hex");
if (sum(Buffer.from(await served.arrayBuffer())) !== sum(file)) throw new Error("other bytes came back");
console.log(`${url}: tus-js-client sent ${file.length} bytes, ${sent} of them after it had broken off`);
