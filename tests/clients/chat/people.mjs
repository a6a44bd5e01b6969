// Who talks in talk.mjs and browser.mjs, and whose events are followed in ../events.

export const url = process.env.NOVA_URL;

/** Asks the platform, or another node of it. */
export async function ask(method, path, token, body, node = url) {
  const response = await fetch(`${node}${path}`, {
    method,
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

export async function register(name) {
  const [username, password] = [`${name}_${process.pid}`, "a long password"];
  const registration = { username, email: `${username}@example.org`, password };
  const session = await ask("POST", "/v1/auth/register", null, registration);
  return { id: session.user.id, username, password, token: session.access_token };
}

/** Somebody who is registered, with a token that a node gives now. */
export async function signIn(user, node) {
  const { username, password } = user;
  const session = await ask("POST", "/v1/auth/login", null, { username, password }, node);
  return { ...user, token: session.access_token };
}

/** A conversation of two. */
export async function begin(one, other) {
  // Whom messaging has not heard of yet is not there.
  for (let tries = 0; ; tries++) {
    try {
      return await ask("POST", "/v1/conversations", one.token, { type: "DIRECT", member_ids: [other.id] });
    } catch (error) {
      if (tries > 20 || !error.message.includes(": 404 ")) throw error;
    }
  }
}

export function same(one, other) {
  if (one !== other) throw new Error(`${JSON.stringify(one)} is not ${JSON.stringify(other)}`);
}

/** Frames that came, each awaited in its turn. Pages get the text of it. */
export class Frames {
  #came = [];
  #waiting = [];
  take(frame) {
    const waits = this.#waiting.shift();
    if (waits) waits(frame);
    else this.#came.push(frame);
  }
  next() {
    const frame = this.#came.shift();
    return frame ? Promise.resolve(frame) : new Promise((resolve) => this.#waiting.push(resolve));
  }
  async expect(type) {
    for (;;) {
      const frame = await this.next();
      if (frame.type === type) return frame;
      if (!["mark", "presence", "conversation"].includes(frame.type)) {
        throw new Error(`instead of ${type}: ${JSON.stringify(frame)}`);
      }
    }
  }
}
