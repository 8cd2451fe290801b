/** What a card asks for while runs come and go: as long as an earlier answer has all that is wanted, nothing new. */

import type { SeriesKey } from "../../api/types.ts";

export interface Asked {
  /** The earlier question's series while they cover `wanted`, else `wanted`: the same list as long as nothing is to be asked. */
  cover(wanted: readonly SeriesKey[]): readonly SeriesKey[];
  /** The next question is what is wanted then, no more. */
  forget(): void;
}

export function makeAsked(): Asked {
  let list: readonly SeriesKey[] = [];
  /** Runs by tag. */
  let known = new Map<string, Set<string>>();

  function learn(wanted: readonly SeriesKey[]): void {
    list = wanted;
    known = new Map();
    for (const { run, tag } of wanted) {
      const runs = known.get(tag);
      if (runs) runs.add(run);
      else known.set(tag, new Set([run]));
    }
  }

  return {
    cover(wanted) {
      if (wanted.length > list.length || !wanted.every(({ run, tag }) => known.get(tag)?.has(run))) learn(wanted);
      return list;
    },
    forget: () => learn([]),
  };
}
