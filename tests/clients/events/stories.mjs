// What every EventSource must live through, whoever wrote it.
//
// A client opens streams through the proxy: `open(query, user)` as that user, or, without one, by what the query has. It
// gives a stream with `until(name, count)`, as in told.mjs, and `close()`.

import { ask, register, same, signIn, url } from "../chat/people.mjs";
import { Proxy } from "./proxy.mjs";
import { POST } from "./told.mjs";

/** Another node, on which tokens are good for some seconds; empty if there is none. */
const other = process.env.NOVA_OTHER_URL;
const types = `types=${POST}`;

/** Posts one behind the other; their ids. */
async function posts(user, count) {
  const ids = [];
  for (let number = 0; number < count; number++) {
    ids.push((await ask("POST", "/v1/posts", user.token, { content: `number ${number}` })).id);
  }
  return ids;
}

function of(told, name) {
  return told.filter((one) => one.name === name);
}

/** That these posts were told, each once and in order, and that nothing is said to be missing. */
function hasAll(told, ids) {
  same(of(told, POST).map((one) => one.data.data.post_id).join(), ids.join());
  same(of(told, "gap").length, 0);
}

/** Away while something happens, and back: on the same node, or on another. */
async function comesBack(client, proxy, stream, user, node) {
  await stream.until("ready", 1);
  const ids = await posts(user, 3);
  await stream.until(POST, 3);
  for (const [round, back] of [node, url].entries()) {
    proxy.cut();
    await stream.until("break", round + 1);
    ids.push(...(await posts(user, 10)));
    proxy.pass(back);
    await stream.until("ready", round + 2);
    ids.push(...(await posts(user, 2)));
    await stream.until(POST, ids.length);
  }
  // What came twice would have come before this.
  ids.push(...(await posts(user, 1)));
  const told = await stream.until(POST, ids.length);
  hasAll(told, ids);
  same(of(told, "ready").map((one) => one.data.resumed).join(), "false,true,true");
  await stream.close();
}

async function resumes(client, proxy, name) {
  const user = await register(`${name}_resume`);
  await comesBack(client, proxy, await client.open(types, user), user, url);
}

/** By a ticket, which stands in the URL whenever the client comes back. */
async function changesNode(client, proxy, name) {
  const user = await register(`${name}_node`);
  const { ticket } = await ask("POST", "/v1/events/tickets", user.token);
  await comesBack(client, proxy, await client.open(`${types}&ticket=${ticket}`), user, other);
}

/** An id that nobody gave is told as a gap, and what happens from then on comes. */
async function isToldOfGaps(client, proxy, name) {
  const [user, stranger] = [await register(`${name}_gap`), await register(`${name}_stranger`)];
  const theirs = await client.open(types, stranger);
  const [{ id }] = of(await theirs.until("ready", 1), "ready");
  await theirs.close();
  for (const foreign of ["of-some-other-server:42", id]) {
    const stream = await client.open(`${types}&last_event_id=${encodeURIComponent(foreign)}`, user);
    const told = await stream.until("gap", 1);
    same(of(told, "ready")[0].data.resumed, false);
    const { data } = of(told, "gap")[0];
    same(data.reason, "unknown_id");
    same(data.missed, null);
    const ids = await posts(user, 2);
    const after = of(await stream.until(POST, 2), POST);
    same(after.map((one) => one.data.data.post_id).join(), ids.join());
    await stream.close();
  }
}

/** A stream ends with its token, and goes on with the next one. */
async function endsWithItsToken(client, proxy, name) {
  const user = await register(`${name}_token`);
  proxy.cut();
  proxy.pass(other);
  const first = await client.open(types, await signIn(user, other));
  await first.until("ready", 1);
  const ids = await posts(user, 1);
  await first.until(POST, 1);
  const told = await first.until("expired", 1);
  hasAll(told, ids);
  // It came back once, with a token that is over.
  await first.until("end", 1);
  await first.close();
  const { id } = told.findLast((one) => one.id);
  ids.push(...(await posts(user, 3)));
  const query = `${types}&last_event_id=${encodeURIComponent(id)}`;
  const second = await client.open(query, await signIn(user, other));
  const rest = await second.until(POST, 3);
  same(rest[0].data.resumed, true);
  hasAll(rest, ids.slice(1));
  await second.close();
  proxy.cut();
  proxy.pass(url);
}

/** Tells all stories. `client` makes a client that goes by the address that it is given. */
export async function tell(name, client) {
  const proxy = await Proxy.to(url);
  const follower = client(proxy.url);
  await resumes(follower, proxy, name);
  await isToldOfGaps(follower, proxy, name);
  if (other) {
    await changesNode(follower, proxy, name);
    await endsWithItsToken(follower, proxy, name);
  }
  proxy.close();
}

/** Waits no longer than anything here could take. */
export async function soon(what, waiting) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it never came: ${what}`)), 120_000);
  });
  try {
    return await Promise.race([waiting, late]);
  } finally {
    clearTimeout(timer);
  }
}
