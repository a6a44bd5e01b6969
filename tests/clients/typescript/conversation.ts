// The conversations of the README, and what one says next, through a client whose types are generated from
// /openapi.json. What does not fit the document does not compile; what does not fit the platform throws.

import createClient from "openapi-fetch";
import type { components, paths } from "./nova.js";

type Problem = components["schemas"]["Problem"];
type Session = components["schemas"]["SessionBody"];

declare const process: { env: Record<string, string | undefined> };

const url = process.env["NOVA_URL"] ?? "http://127.0.0.1:8080";
const password = "correct horse battery";
const run = Date.now().toString(36);

/** What is asked without having signed in. */
const nobody = createClient<paths>({ baseUrl: url });

/** What is asked as somebody. */
function as(session: Session) {
  const headers = { authorization: `Bearer ${session.access_token}` };
  return createClient<paths>({ baseUrl: url, headers });
}

interface Answer<T> {
  data?: T;
  error?: Problem;
  response: Response;
}

/** The body of an answer that should be a good one. */
function good<T>({ data, error, response }: Answer<T>): T {
  if (error || data === undefined) {
    throw new Error(`${response.url} answered ${response.status}: ${error?.detail}`);
  }
  return data;
}

/** The problem of an answer that should be this one. */
function refused({ error, response }: Answer<unknown>, status: number, code: string): Problem {
  is(response.status, status);
  if (!error) throw new Error(`${response.url} answered ${status} without a problem`);
  is(error.code, code);
  return error;
}

function is<T>(found: T, expected: T) {
  if (found !== expected) throw new Error(`found ${found} in the place of ${expected}`);
}

/** Asks until there is something; what that is. */
async function seen<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`not seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The post in the home feed, if it is there. */
async function inFeed(session: Session, id: string) {
  const feed = good(await as(session).GET("/v1/feed", { params: { query: { limit: 10 } } }));
  return feed.items.find((item) => item.post.id === id);
}

async function register(name: string): Promise<Session> {
  const username = `${name}_${run}`;
  const body = { username, email: `${username}@example.org`, password };
  return good(await nobody.POST("/v1/auth/register", { body }));
}

// Two users, of whom one signs in again.
const registered = await register("ada");
const bob = await register("bob");
const login = { username: registered.user.username, password };
const ada = good(await nobody.POST("/v1/auth/login", { body: login }));
is(ada.user.id, registered.user.id);

// Bob follows Ada.
const adaInPath = { params: { path: { id: ada.user.id } } };
is((await as(bob).PUT("/v1/users/{id}/follow", adaInPath)).response.status, 204);
const followers = good(await nobody.GET("/v1/users/{id}/followers", adaInPath));
is(followers.items[0]?.id, bob.user.id);

// Ada posts, safely repeatable.
const say = () =>
  as(ada).POST("/v1/posts", {
    params: { header: { "Idempotency-Key": `first-${run}` } },
    body: { content: "Hello, Bob.", visibility: "FOLLOWERS_ONLY", tags: ["hello"] },
  });
const first = await say();
const post = good(first);
const again = await say();
is(good(again).id, post.id);
is(again.response.headers.get("idempotency-replayed"), "true");
is(again.response.headers.get("etag"), first.response.headers.get("etag"));

// A moment later it is in Bob's home feed.
const item = await seen("the post in the feed", () => inFeed(bob, post.id));
is(item.post.content, "Hello, Bob.");
is(item.author.username, ada.user.username);

// Ada shows a picture, a red square, which opens without a token for who has been given a link to it.
const square =
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAAA1BMVEXQICCEGQyAAAAADElEQVR42mNgIA0AAAAwAAEodEl9AAAAAElFTkSuQmCC";
const picture = good(
  await as(ada).POST("/v1/media", {
    body: { alt: "A red square", file: square },
    bodySerializer: ({ alt, file }) => {
      const form = new FormData();
      form.append("alt", alt ?? "");
      form.append("file", new Blob([Uint8Array.from(atob(file), (byte) => byte.charCodeAt(0))]));
      return form;
    },
  }),
);
is(picture.owner_id, ada.user.id);
const shown = good(
  await as(ada).POST("/v1/posts", { body: { content: "Look, Bob.", media_ids: [picture.id] } }),
);
const link = await seen("the picture in the feed", async () => {
  const medium = (await inFeed(bob, shown.id))?.post.media[0];
  return medium && "url" in medium ? medium.url : undefined;
});
const opened = await fetch(url + link);
is(opened.status, 200);
is(opened.headers.get("content-type"), "image/png");
const own = { params: { path: { id: picture.id } } };
is(good(await as(ada).GET("/v1/media/{id}", own)).state, "ready");

// Bob reads it, and need not read it again; nobody else may know of it.
const path = { id: post.id };
const read = await as(bob).GET("/v1/posts/{id}", { params: { path } });
const tag = read.response.headers.get("etag") ?? "";
is(tag, `"${good(read).revision}"`);
const known = { path, header: { "If-None-Match": tag } };
is((await as(bob).GET("/v1/posts/{id}", { params: known })).response.status, 304);
refused(await nobody.GET("/v1/posts/{id}", { params: { path } }), 404, "not_found");

// Ada edits what she has read, and is told when it was changed in the meantime.
const edit = (content: string) =>
  as(ada).PATCH("/v1/posts/{id}", { params: { path, header: { "If-Match": tag } }, body: { content } });
const edited = await edit("Hello again, Bob.");
is(good(edited).revision, post.revision + 1);
refused(await edit("Hello for ever."), 412, "precondition_failed");

// Who asks for what cannot be is told which field is wrong.
const nothing = refused(await as(ada).POST("/v1/posts", { body: { content: " " } }), 400, "validation_failed");
is(nothing.errors?.[0]?.field, "content");
refused(await nobody.POST("/v1/posts", { body: { content: "hello" } }), 401, "unauthenticated");
const wrong = { username: ada.user.username, password: "wrong" };
refused(await nobody.POST("/v1/auth/login", { body: wrong }), 401, "invalid_credentials");

// Ada takes it back, and leaves.
const latest = { path, header: { "If-Match": edited.response.headers.get("etag") } };
is((await as(ada).DELETE("/v1/posts/{id}", { params: latest })).response.status, 204);
const leaving = { body: { refresh_token: ada.refresh_token } };
is((await nobody.POST("/v1/auth/logout", leaving)).response.status, 204);
refused(await nobody.POST("/v1/auth/refresh", leaving), 401, "invalid_refresh_token");

console.log(`${url}: a generated client held the conversation`);
