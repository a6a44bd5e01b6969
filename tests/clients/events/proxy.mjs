// A way to the platform that breaks, and leads to another node when it is told to.

import { connect, createServer } from "node:net";

export class Proxy {
  #server = createServer((socket) => this.#take(socket));
  #sockets = new Set();
  #waiting = [];
  #isOpen = true;
  #node;
  /** A way to this node. */
  static async to(node) {
    const proxy = new Proxy();
    proxy.#node = node;
    await new Promise((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }
  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }
  /** Breaks every connection; who comes waits. */
  cut() {
    this.#isOpen = false;
    for (const socket of this.#sockets) socket.destroy();
  }
  /** Lets those who wait through, to this node. */
  pass(node = this.#node) {
    [this.#node, this.#isOpen] = [node, true];
    for (const socket of this.#waiting.splice(0)) this.#take(socket);
  }
  close() {
    this.cut();
    for (const socket of this.#waiting) socket.destroy();
    this.#server.close();
  }
  #take(socket) {
    // Who breaks tells by it that it is over.
    socket.on("error", () => {});
    if (!this.#isOpen) {
      this.#waiting.push(socket);
      return;
    }
    const { hostname, port } = new URL(this.#node);
    const beyond = connect(Number(port), hostname).on("error", () => {});
    for (const [one, other] of [[socket, beyond], [beyond, socket]]) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on("close", () => (this.#sockets.delete(one), other.destroy()));
    }
  }
}
