// Two who talk over npm's ws: what is said arrives, also what was said while one of them was away.

import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { Frames, begin, register, same, url } from "./people.mjs";

/** A socket of which each frame is awaited in its turn. The token comes as browsers send it. */
class Socket extends Frames {
  constructor(user) {
    super();
    const protocols = ["nova.chat.v1.json", `bearer.${user.token}`];
    this.ws = new WebSocket(`${url.replace("http", "ws")}/v1/chat/ws`, protocols);
    this.closed = new Promise((resolve) => this.ws.on("close", (code) => resolve(code)));
    this.ws.on("message", (data, isBinary) => {
      if (isBinary) throw new Error("JSON comes as text");
      this.take(JSON.parse(data.toString()));
    });
  }
  say(frame) {
    this.ws.send(JSON.stringify(frame));
  }
}

const [ada, bob] = [await register("ws_ada"), await register("ws_bob")];
const conversation = await begin(ada, bob);
const [hers, his] = [new Socket(ada), new Socket(bob)];
for (const socket of [hers, his]) {
  same((await socket.expect("hello")).max_frame_bytes, 65536);
  socket.say({ type: "resume", positions: { [conversation.id]: conversation.position } });
  await socket.expect("resumed");
}
// A few thousand bytes of four each.
const content = "🦀".repeat(4_000);
const send = (content) => ({ type: "send", client_message_id: randomUUID(), conversation_id: conversation.id, content });
const first = send(content);
hers.say(first);
const ack = await hers.expect("ack");
same(ack.client_message_id, first.client_message_id);
const told = await his.expect("message");
same(told.message.content, content);
same(told.position, ack.position);
his.ws.close(1000);
same(await his.closed, 1000);

// While he is away.
hers.say(send("one"));
hers.say(send("two"));
await hers.expect("ack");
await hers.expect("ack");
const back = new Socket(bob);
await back.expect("hello");
back.say({ type: "resume", positions: { [conversation.id]: told.position } });
same((await back.expect("message")).message.content, "one");
same((await back.expect("message")).message.content, "two");
await back.expect("resumed");
back.say({ type: "ping", id: "x" });
same((await back.expect("pong")).id, "x");
// What is no text is no frame here.
back.ws.send(Buffer.from([1, 2, 3]));
same(await back.closed, 1003);
hers.ws.close();
await hers.closed;
console.log(`${url}: ws has talked`);
