/** The present, to the second, for ages on screen; stands still while the page is hidden. */

class Clock {
  #now = $state(Date.now());
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Milliseconds since the epoch, newer by a second every second. */
  get now(): number {
    return this.#now;
  }

  /** Now divided by a whole number of seconds: reads of it change no more often than that. */
  every(secs: number): number {
    return Math.floor(this.#now / (secs * 1000)) * secs * 1000;
  }

  start(): () => void {
    const tick = (): void => {
      if (!document.hidden) this.#now = Date.now();
    };
    this.#timer = setInterval(tick, 1000);
    document.addEventListener("visibilitychange", tick);
    return () => {
      clearInterval(this.#timer);
      document.removeEventListener("visibilitychange", tick);
    };
  }
}

export const clock = new Clock();
