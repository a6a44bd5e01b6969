// The stories, with npm's eventsource.

import { EventSource } from "eventsource";
import { url } from "../chat/people.mjs";
import { soon, tell } from "./stories.mjs";
import { PATH, POST, Told } from "./told.mjs";

const names = ["ready", "gap", "expired", POST];

await tell("npm", (node) => ({
  open(query, user) {
    const authorization = user && { authorization: `Bearer ${user.token}` };
    const events = new EventSource(`${node}${PATH}?${query}`, {
      fetch: (address, init) => fetch(address, { ...init, headers: { ...init.headers, ...authorization } }),
    });
    const told = new Told(events, names);
    return {
      until: (name, count) => soon(`${count} of ${name}`, told.until(name, count)),
      close: () => events.close(),
    };
  },
}));
console.log(`${url}: eventsource has followed`);
