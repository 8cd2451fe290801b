/** The moment at which the first data of the page are visible: benchmarks measure it, and what can wait waits for it. */

const MARK = "epochal:first-chart";

export function markFirstChart(): void {
  if (performance.getEntriesByName(MARK).length === 0) performance.mark(MARK);
}

/** Resolves with the first chart, or after `patienceMs`. */
export function waitForFirstChart(patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, patienceMs);
    const observer = new PerformanceObserver((list) => {
      if (list.getEntriesByName(MARK).length > 0) end();
    });
    observer.observe({ type: "mark", buffered: true });
    function end(): void {
      clearTimeout(timer);
      observer.disconnect();
      resolve();
    }
  });
}
