/** How runs look in charts, in one list for all of them: a chart of a thousand runs has no time to ask for each one's colour. */

import { isSameDash } from "../../charts/core.ts";

/** How one run looks: the same object as long as nothing of it changes. */
export interface RunLook {
  /** CSS hex colour. */
  readonly color: string;
  /** Dash pattern in CSS px; empty is solid. */
  readonly dash: readonly number[];
  /** Its name; that of its host, if it is one of the host's lines. */
  readonly label: string;
  /** The run whose line a sub-run of add_scalars is; the run itself otherwise. */
  readonly host: string;
  /** Which key's line a sub-run is; null for every other run. */
  readonly key: string | null;
  /** It is, or its host is, the run that others are compared with: that has a look of its own. */
  readonly isBaseline: boolean;
}

/** What charts draw and how, at one moment. */
export interface RunLooks {
  isShown(run: string): boolean;
  /** Of any run, also of one that is gone. */
  of(run: string): RunLook;
  readonly baselineColor: string;
  groupColor(group: string): string;
  groupLabel(group: string): string;
}

/** The looks of these runs; those that are as they were `before` are the same objects, and so is the map if all are. */
export function gatherLooks(
  names: Iterable<string>,
  lookOf: (run: string) => RunLook,
  before: ReadonlyMap<string, RunLook>,
): ReadonlyMap<string, RunLook> {
  const looks = new Map<string, RunLook>();
  let isSame = true;
  for (const name of names) {
    const [known, look] = [before.get(name), lookOf(name)];
    const kept = known && isSameLook(known, look) ? known : look;
    isSame &&= kept === known;
    looks.set(name, kept);
  }
  return isSame && looks.size === before.size ? before : looks;
}

function isSameLook(a: RunLook, b: RunLook): boolean {
  return (
    a === b ||
    (a.color === b.color &&
      a.label === b.label &&
      a.host === b.host &&
      a.key === b.key &&
      a.isBaseline === b.isBaseline &&
      isSameDash(a.dash, b.dash))
  );
}
