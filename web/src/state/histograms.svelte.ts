/** The histograms of one (run, tag), kept fresh: what the histograms and the distributions page both show. */

import { getHistograms } from "../api/client.ts";
import { changes, makeResource, type Resource } from "./resource.svelte.ts";

/** Histograms by step, as columns; `bucketStart` counts into the buckets' columns. */
export interface Histograms {
  step: Float64Array;
  /** Seconds since the epoch. */
  wallTime: Float64Array;
  bucketStart: Uint32Array;
  left: Float64Array;
  right: Float64Array;
  count: Float64Array;
  /** How many there are; `step` has fewer where the server spread them out. */
  total: number;
}

/** More columns than this are narrower than a pixel or two on a card. */
const mostSteps = 200;

/** Call it while a component initialises. */
export function makeHistograms(run: () => string, tag: () => string): Resource<Histograms> {
  const resource = makeResource(
    () => `${run()}\n${tag()}`,
    async (signal) => {
      const { result, columns } = await getHistograms(run(), tag(), mostSteps, signal);
      const floats = (name: string): Float64Array => Float64Array.from((columns.get(name) ?? []) as Float64Array);
      return {
        step: floats("step"),
        wallTime: floats("wall_time"),
        bucketStart: Uint32Array.from((columns.get("bucket_start") ?? [0]) as Uint32Array),
        left: floats("left"),
        right: floats("right"),
        count: floats("bucket_count"),
        total: result.total,
      };
    },
  );
  $effect(() => changes.watch([run()], [tag()], () => resource.reload()));
  return resource;
}
