/** The wire's words under short names. The shapes are generated from the server's own types (`npm run gen`). */

import type { components } from "./schema.gen.ts";

type Schemas = components["schemas"];

export type Loading = Schemas["Loading"];
export type Run = Schemas["RunEntry"];
export type TagEntry = Schemas["TagEntry"];
export type NearbyFolder = Schemas["NearbyLogdir"];
export type RunsResult = Schemas["RunsResult"];

export type SeriesKey = Schemas["SeriesKey"];
export type Smoothing = Required<Schemas["Smoothing"]>;
export type SmoothingKind = Smoothing["kind"];
export type XAxis = NonNullable<Schemas["ScalarsRequest"]["x_axis"]>;
export type ScalarsQuery = Omit<Schemas["ScalarsRequest"], "superseded"> & { superseded?: boolean };
export type ScalarsSeries = Schemas["ScalarsSeries"];
export type ScalarsHeader = Schemas["ScalarsResult"];

export type ImageItem = Schemas["ImageItem"];
export type ImagesResult = Schemas["ImagesResult"];
export type TextItem = Schemas["TextItem"];
export type TextResult = Schemas["TextResult"];
export type HistogramsHeader = Schemas["HistogramsResult"];

export type Problem = Schemas["ProblemEntry"];
export type ProblemsResult = Schemas["ProblemsResult"];

export type ChangesResult = Schemas["ChangesResult"];
/** What the live stream carries: the same as a round of polling. */
export type LiveMessage = ChangesResult;
/** What became newer: run name to tags; null means that everything may have. */
export type Changed = ChangesResult["changed"];
