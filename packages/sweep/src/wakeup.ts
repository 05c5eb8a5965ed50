/** Sleep that can be cut short. A call to `wake` while nobody sleeps counts for the next sleep. */
export class Wakeup {
  #called = false;
  #resolve: () => void = () => {};

  wake(): void {
    this.#called = true;
    this.#resolve();
  }

  async sleep(ms: number): Promise<void> {
    if (!this.#called) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#called = false;
  }
}
