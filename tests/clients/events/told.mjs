// What an EventSource was told. Pages get the text of the class.

export const PATH = "/v1/events";
/** What the stories are about: one of the many events that a post brings. */
export const POST = "nova.content.v1.PostCreated";

export class Told {
  #told = [];
  #wake = () => {};
  constructor(events, names) {
    for (const name of names) {
      events.addEventListener(name, ({ data, lastEventId }) => this.#add({ name, data: JSON.parse(data), id: lastEventId }));
    }
    // It comes back by itself, or has given up.
    events.addEventListener("error", () => this.#add({ name: events.readyState === 2 ? "end" : "break" }));
  }
  #add(one) {
    this.#told.push(one);
    this.#wake();
  }
  /** All of it, when there are so many of this name. */
  async until(name, count) {
    while (this.#told.filter((one) => one.name === name).length < count) {
      await new Promise((resolve) => (this.#wake = resolve));
    }
    return this.#told;
  }
}
