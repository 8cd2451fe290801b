/** What the tooltip and the screen reader say about the cursor's place. */

import type { XAxis } from "../../api/types.ts";
import { formatStep, formatValue } from "../../base/format.ts";
import { formatDuration, formatWallTime } from "../../base/time.ts";
import type { Hit, Reading } from "../../charts/line_types.ts";
import type { TooltipContent, TooltipRow } from "../../charts/tooltip_content.ts";
import type { ScalarLine, ScalarLines } from "./data.ts";

/** As many lines as can be read at a glance. */
const MOST_ROWS = 10;

interface Place {
  readonly hit: Hit;
  readonly line: ScalarLine;
  readonly step: number;
  readonly wallTime: number;
}

function placesOf(reading: Reading, data: ScalarLines): Place[] {
  const places: Place[] = [];
  for (const hit of reading.hits) {
    const line = data.lines[hit.series];
    const step = data.step[hit.index];
    const wallTime = data.wallTime[hit.index];
    // a reading may be a frame older than the data
    if (line && step !== undefined && wallTime !== undefined) places.push({ hit, line, step, wallTime });
  }
  return places;
}

function sinceStart({ line, wallTime }: Place): string {
  return line.info.first_wall_time === null ? "" : formatDuration(wallTime - line.info.first_wall_time);
}

function headOf(place: Place, axis: XAxis): { head: string; aside: string } {
  const step = `step ${formatStep(place.step)}`;
  const wall = formatWallTime(place.wallTime);
  const since = sinceStart(place);
  if (axis === "relative") return { head: since, aside: `${step} · ${wall}` };
  if (axis === "wall_time") return { head: wall, aside: `${step} · ${since}` };
  return { head: step, aside: since ? `${since} · ${wall}` : wall };
}

/** Height of the drawn line, for ordering; what is not a number stands last. */
function heightOf({ hit }: Place): number {
  const value = hit.smoothed ?? hit.value;
  return Number.isNaN(value) ? -Infinity : value;
}

/**
 * The nearest lines in the order in which they stand at the cursor, top first, the nearest one
 * strong: rows keep their places while the pointer moves.
 */
export function describeReading(reading: Reading, data: ScalarLines, axis: XAxis): TooltipContent | null {
  const places = placesOf(reading, data);
  const nearest = places[0];
  if (!nearest) return null;
  const shown = places.slice(0, MOST_ROWS).sort((a, b) => heightOf(b) - heightOf(a));
  const rows = shown.map((place): TooltipRow => {
    const { line, hit } = place;
    const value = formatValue(hit.value);
    return {
      key: line.key,
      color: line.color,
      dashed: line.dash.length > 0,
      label: line.label,
      cells: hit.smoothed === null ? [value] : [formatValue(hit.smoothed), value],
      strong: place === nearest,
      note: axis === "step" && place.step !== nearest.step ? `at ${formatStep(place.step)}` : "",
    };
  });
  return {
    ...headOf(nearest, axis),
    columns: data.smoothed ? ["smoothed", "value"] : ["value"],
    rows,
    more: places.length - shown.length,
  };
}

function ordinal(n: number): string {
  const tens = n % 100;
  const suffix = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${suffix}`;
}

/** "lr=3e-4, step 12,400, train/loss 0.213, 3rd lowest of 18" */
export function speakReading(reading: Reading, data: ScalarLines, title: string): string {
  const places = placesOf(reading, data);
  const nearest = places[0];
  if (!nearest) return "";
  const { line, hit, step } = nearest;
  const value = hit.smoothed ?? hit.value;
  const spoken = [line.label, `step ${formatStep(step)}`, `${title} ${formatValue(value)}`];
  if (hit.smoothed !== null) spoken.push(`raw ${formatValue(hit.value)}`);
  if (places.length > 1 && !Number.isNaN(value)) {
    const lower = places.filter((other) => heightOf(other) < value).length;
    spoken.push(`${lower === 0 ? "" : `${ordinal(lower + 1)} `}lowest of ${places.length}`);
  }
  return spoken.join(", ");
}
