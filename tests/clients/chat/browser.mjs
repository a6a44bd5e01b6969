// Two who talk in a browser, Debian's Chromium without a window: the token comes as a subprotocol, as it must there; what is
// said arrives, also what was said while one of them was away; and no page of somebody else's gets in.

import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { Frames, begin, register, same, url } from "./people.mjs";

/** Where a browser that was started can be told what to do. */
function devtools(browser) {
  return new Promise((resolve, reject) => {
    let said = "";
    browser.stderr.on("data", (data) => {
      said += data;
      const found = said.match(/DevTools listening on (ws:\S+)/);
      if (found) resolve(found[1]);
    });
    browser.on("exit", (code) => reject(new Error(`chromium ended (${code}): ${said}`)));
  });
}

/** Calls of the DevTools protocol over one socket. */
class Browser {
  #calls = new Map();
  #last = 0;
  constructor(ws) {
    this.ws = ws;
    ws.on("message", (data) => {
      const { id, result, error } = JSON.parse(data.toString());
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (call) error ? call.reject(new Error(error.message)) : call.resolve(result);
    });
  }
  static open(address) {
    return new Promise((resolve, reject) => {
      const ws = new WebSocket(address);
      ws.on("open", () => resolve(new Browser(ws)));
      ws.on("error", reject);
    });
  }
  call(method, params = {}, sessionId) {
    const id = ++this.#last;
    this.ws.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }
  /** What `program`, a function that knows `Frames`, gives for `input` in a page at that address. */
  async run(address, program, input) {
    const { targetId } = await this.call("Target.createTarget", { url: address });
    const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
    const origin = new URL(address).origin;
    for (;;) {
      const place = await this.call("Runtime.evaluate", { expression: "document.readyState + location.origin" }, sessionId);
      if (place.result.value === `complete${origin}`) break;
    }
    const expression = `(() => { ${Frames}; return (${program})(${JSON.stringify(input)}); })()`;
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", options, sessionId);
    await this.call("Target.closeTarget", { targetId });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
}

/** Runs in the page. */
async function talk({ ada, bob, conversation }) {
  class Socket extends Frames {
    constructor(token) {
      super();
      const address = `${location.origin.replace("http", "ws")}/v1/chat/ws`;
      this.ws = new WebSocket(address, ["nova.chat.v1.json", `bearer.${token}`]);
      this.closed = new Promise((resolve) => (this.ws.onclose = (event) => resolve(event.code)));
      this.ws.onmessage = ({ data }) => this.take(JSON.parse(data));
    }
    async resume(position) {
      await this.expect("hello");
      this.say({ type: "resume", positions: { [conversation.id]: position } });
    }
    say(frame) {
      this.ws.send(JSON.stringify(frame));
    }
    async send(content) {
      const id = crypto.randomUUID();
      this.say({ type: "send", client_message_id: id, conversation_id: conversation.id, content });
      return this.expect("ack");
    }
  }
  const [hers, his] = [new Socket(ada.token), new Socket(bob.token)];
  for (const socket of [hers, his]) {
    await socket.resume(conversation.position);
    await socket.expect("resumed");
  }
  await hers.send("grüß dich 👋");
  const told = await his.expect("message");
  his.ws.close(1000);
  const closed = await his.closed;
  await hers.send("one");
  await hers.send("two");
  const back = new Socket(bob.token);
  await back.resume(told.position);
  const missed = [await back.expect("message"), await back.expect("message")];
  await back.expect("resumed");
  const broken = new Socket("none");
  return {
    protocol: hers.ws.protocol,
    closed,
    said: [told, ...missed].map((frame) => frame.message.content).join(),
    broken: await broken.closed,
  };
}

/** Runs in a page of somebody else's. */
async function intrude({ address, token }) {
  const socket = new WebSocket(address, ["nova.chat.v1.json", `bearer.${token}`]);
  return new Promise((resolve) => {
    socket.onopen = () => resolve("it was let in");
    socket.onerror = () => resolve("it was not let in");
  });
}

const [ada, bob] = [await register("page_ada"), await register("page_bob")];
const conversation = await begin(ada, bob);
const elsewhere = createServer((_, response) => response.end("<p>Somebody else's"));
await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
const profile = await mkdtemp(join(tmpdir(), "nova-chromium-"));
const options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"];
options.push("--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank");
const chromium = spawn("chromium", options, { stdio: ["ignore", "ignore", "pipe"] });
try {
  const browser = await Browser.open(await devtools(chromium));
  const said = await browser.run(`${url}/openapi.json`, talk, { ada, bob, conversation });
  same(said.protocol, "nova.chat.v1.json");
  same(said.closed, 1000);
  same(said.said, "grüß dich 👋,one,two");
  // A browser is not told why the handshake failed.
  same(said.broken, 1006);
  const address = `${url.replace("http", "ws")}/v1/chat/ws`;
  const theirs = `http://127.0.0.1:${elsewhere.address().port}/`;
  same(await browser.run(theirs, intrude, { address, token: ada.token }), "it was not let in");
  console.log(`${url}: ${(await browser.call("Browser.getVersion")).product} has talked`);
  browser.ws.close();
} finally {
  const ended = new Promise((resolve) => chromium.once("close", resolve));
  chromium.kill();
  await ended;
  elsewhere.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
