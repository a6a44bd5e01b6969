// Two who talk in a browser, Debian's Chromium without a window: the token comes as a subprotocol, as it must there; what is
// said arrives, also what was said while one of them was away; and no page of somebody else's gets in.

import { createServer } from "node:http";
import { inChromium } from "./chromium.mjs";
import { Frames, begin, register, same, url } from "./people.mjs";

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
try {
  const product = await inChromium(async (browser) => {
    const said = await browser.run(`${url}/openapi.json`, talk, { ada, bob, conversation }, Frames);
    same(said.protocol, "nova.chat.v1.json");
    same(said.closed, 1000);
    same(said.said, "grüß dich 👋,one,two");
    // A browser is not told why the handshake failed.
    same(said.broken, 1006);
    const address = `${url.replace("http", "ws")}/v1/chat/ws`;
    const theirs = `http://127.0.0.1:${elsewhere.address().port}/`;
    same(await browser.run(theirs, intrude, { address, token: ada.token }), "it was not let in");
  });
  console.log(`${url}: ${product} has talked`);
} finally {
  elsewhere.close();
}
