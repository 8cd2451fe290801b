/** What axes span that charts share: each chart tells its own extent, and the widest of all holds for each. */

import type { AxisLimits } from "../../charts/line_types.ts";

type Span = readonly [low: number, high: number];

export interface SharedExtent {
  readonly x: Span;
  readonly y: Span;
  /** Charts share with those of the same scopes only: the same x axis, the same section. */
  readonly xScope: string;
  readonly yScope: string;
}

/** Room above and below the lines. */
const MARGIN = 0.06;

class SharedExtents {
  #byCard: ReadonlyMap<string, SharedExtent> = $state.raw(new Map());
  #runs: ReadonlySet<string> = new Set();
  #x = $derived(this.#unite((each) => [each.xScope, each.x]));
  #y = $derived(this.#unite((each) => [each.yScope, each.y]));

  #unite(part: (extent: SharedExtent) => [string, Span]): Map<string, Span> {
    const spans = new Map<string, Span>();
    for (const extent of this.#byCard.values()) {
      const [scope, [low, high]] = part(extent);
      const known = spans.get(scope);
      spans.set(scope, known ? [Math.min(known[0], low), Math.max(known[1], high)] : [low, high]);
    }
    return spans;
  }

  /** A card that has scrolled away keeps its part, so that scrolling changes no axis. */
  tell(card: string, extent: SharedExtent): void {
    const known = this.#byCard.get(card);
    if (known && JSON.stringify(known) === JSON.stringify(extent)) return;
    this.#byCard = new Map(this.#byCard).set(card, extent);
  }

  /** What other runs spanned is forgotten. */
  begin(runs: ReadonlySet<string>): void {
    const known = this.#runs;
    this.#runs = runs;
    const isSame = runs.size === known.size && [...runs].every((run) => known.has(run));
    if (!isSame) this.#byCard = new Map();
  }

  x(scope: string): AxisLimits | null {
    const span = this.#x.get(scope);
    return span && span[0] < span[1] ? { low: span[0], high: span[1] } : null;
  }

  y(scope: string, isLog: boolean): AxisLimits | null {
    const span = this.#y.get(scope);
    if (!span || !(span[0] < span[1])) return null;
    if (isLog) {
      const factor = (span[1] / span[0]) ** MARGIN;
      return { low: span[0] / factor, high: span[1] * factor };
    }
    const room = MARGIN * (span[1] - span[0]);
    return { low: span[0] - room, high: span[1] + room };
  }
}

export const sharedExtents = new SharedExtents();
