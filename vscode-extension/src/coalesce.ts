/**
 * Runs a job one at a time. Calls made during a run are joined into one more run after it, so
 * that any number of requests to restart end in at most one restart more.
 */
export class Coalesced {
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(private readonly job: () => Promise<void>) {}

  /** Resolves, or rejects, with the end of the run that serves this call. */
  run(): Promise<void> {
    if (!this.#running) {
      this.#running = this.job().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.run();
      });
    return this.#next;
  }

  /** Resolves when no run is going on or waiting. */
  async idle(): Promise<void> {
    while (this.#running) {
      await (this.#next ?? this.#running).catch(() => undefined);
    }
  }
}
