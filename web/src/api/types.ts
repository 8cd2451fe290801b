/** The wire's words under short names. The shapes are generated from the server's own types (`npm run gen`). */

import type { SectionChange } from "../base/user_changes.ts";
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
/** What is left out has the defaults of openapi.json. */
export type ScalarsQuery = Pick<Schemas["ScalarsRequest"], "series"> & Partial<Schemas["ScalarsRequest"]>;
export type ScalarsSeries = Schemas["ScalarsSeries"];
export type ScalarsHeader = Schemas["ScalarsResult"];
export type SeriesGroup = Schemas["SeriesGroup"];
export type Aggregate = Schemas["Aggregate"];
export type ScalarStatsQuery = Pick<Schemas["ScalarStatsRequest"], "series"> & Partial<Schemas["ScalarStatsRequest"]>;
export type ScalarStats = Schemas["ScalarStats"];
export type ScalarStatsResult = Schemas["ScalarStatsResult"];

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

export type HparamsResult = Schemas["HparamsResult"];

/** What the user said of a run. */
export type RunMarks = Schemas["RunState"];
export type TagMarks = Schemas["TagState"];
/** A page's address after "#" under a name of the user's. */
export type View = Schemas["View"];
export type StateChange = SectionChange;
/** Preferences are any JSON. */
export type UserStateResult = Omit<Schemas["UserState"], "prefs"> & { prefs: Record<string, unknown> };

export type RunColumnKey = Schemas["ColumnKey"];
export type RunColumnsResult = Schemas["RunColumnsResult"];
