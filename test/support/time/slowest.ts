import { eventually } from './eventually.ts';

/** Waits for one thing after the other, and keeps the longest that one has taken. */
export class Slowest {
  readonly #seconds: number;
  #milliseconds = 0;

  /** @param seconds what is promised: the longest that one may take on an idle machine. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  async wait(what: string, look: () => Promise<boolean>): Promise<void> {
    const begun = performance.now();
    await eventually(what, look, this.#seconds);
    this.#milliseconds = Math.max(this.#milliseconds, performance.now() - begun);
  }

  /** For people. */
  toString(): string {
    return `${(this.#milliseconds / 1000).toFixed(1)} s`;
  }
}
