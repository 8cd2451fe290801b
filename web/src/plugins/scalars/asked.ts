/** What a card asks for while runs come and go: as long as an earlier answer has all that is wanted, nothing new. */

import type { SeriesKey } from "../../api/types.ts";

export interface Asked {
  /** The earlier question's series while they cover `wanted`, else `wanted`: the same list as long as nothing is to be asked. */
  cover(wanted: readonly SeriesKey[]): readonly SeriesKey[];
  /** The next question is what is wanted then, no more. */
  forget(): void;
}

const nameOf = ({ run, tag }: SeriesKey): string => `${run}\n${tag}`;

export function makeAsked(): Asked {
  let list: readonly SeriesKey[] = [];
  let names = new Set<string>();
  return {
    cover(wanted) {
      if (wanted.length > names.size || !wanted.every((each) => names.has(nameOf(each)))) {
        list = wanted;
        names = new Set(wanted.map(nameOf));
      }
      return list;
    },
    forget() {
      list = [];
      names = new Set();
    },
  };
}
