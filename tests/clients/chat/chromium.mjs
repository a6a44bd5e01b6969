// Debian's Chromium without a window, told what to do by the DevTools protocol.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";

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
  /** A page at that address, in which programs run that know `classes`. */
  async open(address, ...classes) {
    const { targetId } = await this.call("Target.createTarget", { url: address });
    const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, targetId, sessionId, classes);
    const origin = new URL(address).origin;
    while ((await page.evaluate("document.readyState + location.origin")) !== `complete${origin}`);
    return page;
  }
  /** What a program gives for `input` in a page of its own. */
  async run(address, program, input, ...classes) {
    const page = await this.open(address, ...classes);
    const result = await page.run(program, input);
    await page.close();
    return result;
  }
}

class Page {
  #browser;
  #target;
  #session;
  #known;
  constructor(browser, target, session, classes) {
    [this.#browser, this.#target, this.#session] = [browser, target, session];
    this.#known = classes.join("; ");
  }
  async evaluate(expression) {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#browser.call("Runtime.evaluate", options, this.#session);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
  /** What `program`, a function, gives for `input`. */
  run(program, input) {
    return this.evaluate(`(() => { ${this.#known}; return (${program})(${JSON.stringify(input)}); })()`);
  }
  close() {
    return this.#browser.call("Target.closeTarget", { targetId: this.#target });
  }
}

/** Does something with a browser that is gone afterwards; gives its version. */
export async function inChromium(work) {
  const profile = await mkdtemp(join(tmpdir(), "nova-chromium-"));
  const options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"];
  options.push("--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank");
  const chromium = spawn("chromium", options, { stdio: ["ignore", "ignore", "pipe"] });
  try {
    const browser = await Browser.open(await devtools(chromium));
    await work(browser);
    const { product } = await browser.call("Browser.getVersion");
    browser.ws.close();
    return product;
  } finally {
    const ended = new Promise((resolve) => chromium.once("close", resolve));
    chromium.kill();
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
