// The stories, with the EventSource of Debian's Chromium; and the page at /live.

import { ask, register, same, url } from "../chat/people.mjs";
import { inChromium } from "../chat/chromium.mjs";
import { soon, tell } from "./stories.mjs";
import { PATH, POST, Told } from "./told.mjs";

const names = ["ready", "gap", "expired", POST];

/** Runs in a page. An EventSource brings no token of ours but the cookie. */
async function follow({ address, token, names }) {
  if (token) {
    const headers = { authorization: `Bearer ${token}` };
    const begun = await fetch("/v1/events/session", { method: "POST", headers });
    if (begun.status !== 204) throw new Error(`no session: ${begun.status}`);
  }
  globalThis.told = new Told(new EventSource(address), names);
}

/** Runs in a page that follows. */
function until({ name, count }) {
  return globalThis.told.until(name, count);
}

/** Runs in the page at /live: signs in as somebody does. */
async function signsIn({ username, password }) {
  const form = document.querySelector("form");
  [form.username.value, form.password.value] = [username, password];
  form.requestSubmit();
}

/** Runs there too: what it shows, when that is in it. */
async function shows(text) {
  const list = document.querySelector("pre");
  while (!list.textContent.includes(text)) {
    await new Promise((resolve) => new MutationObserver(resolve).observe(list, { childList: true }));
  }
  return list.textContent;
}

async function looksAtLive(browser) {
  const user = await register("live_page");
  const page = await browser.open(`${url}/live`);
  await page.run(signsIn, { username: user.username, password: user.password });
  await soon("ready at /live", page.run(shows, "ready "));
  const { id } = await ask("POST", "/v1/posts", user.token, { content: "shown live" });
  const shown = await soon(`${id} at /live`, page.run(shows, `"post_id":"${id}"`));
  same(shown.includes(`${POST} {`), true);
  await page.close();
}

const product = await inChromium(async (browser) => {
  await looksAtLive(browser);
  await tell("page", (node) => ({
    async open(query, user) {
      const page = await browser.open(`${node}/openapi.json`, Told);
      await page.run(follow, { address: `${PATH}?${query}`, token: user?.token, names });
      return {
        until: (name, count) => soon(`${count} of ${name}`, page.run(until, { name, count })),
        close: () => page.close(),
      };
    },
  }));
});
console.log(`${url}: ${product} has followed`);
