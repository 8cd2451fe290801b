/** The wire's words, as the server's Structs name them (snake_case, seconds, float64 unless said otherwise). */

export interface Loading {
  files_done: number;
  files_total: number;
  bytes_done: number;
  bytes_total: number;
  done: boolean;
}

export interface Run {
  /** Path relative to the logdir with forward slashes, `.` for the root. */
  name: string;
  /** What to show: the name, or the logdir's basename for the root. */
  label: string;
  /** Order of first appearance; the palette index, stable whatever is filtered or selected. */
  color_index: number;
  /** Run under which the sub-runs of torch's add_scalars and add_hparams fold. */
  parent: string | null;
  /** Wall time of the first event. */
  start_time: number | null;
  /** Wall time of the newest event. */
  last_time: number | null;
  /** Newest modification time of the run's files. */
  modified: number | null;
  points: number;
  bytes: number;
  problems: number;
}

export interface TagEntry {
  tag: string;
  /** What to show; the tag without torch's suffix for text. */
  display_name: string;
  /** Markdown source. */
  description: string;
  /** main_tag of an add_scalars group, or empty. */
  group: string;
  /** Indices into RunsResult.runs. */
  runs: number[];
}

export interface NearbyFolder {
  path: string;
  event_files: number;
}

export interface RunsResult {
  version: string;
  logdir: string;
  /** Basename of the logdir. */
  name: string;
  window_title: string;
  exists: boolean;
  revision: number;
  loading: Loading;
  points: number;
  problems: number;
  live: "watching" | "polling" | "off";
  /** Only when no event file is under the logdir. */
  nearby: NearbyFolder[];
  /** In natural order. */
  runs: Run[];
  /** By stem. */
  tags: Record<string, TagEntry[]>;
}

export type XAxis = "step" | "relative" | "wall_time";
export type SmoothingKind = "none" | "exponential" | "time_weighted" | "mean" | "median";

export interface Smoothing {
  kind: SmoothingKind;
  /** 0 to 0.999 for the exponential kinds, a window in points for mean and median. */
  weight: number;
}

export interface SeriesKey {
  run: string;
  tag: string;
}

export interface ScalarsQuery {
  series: SeriesKey[];
  x_axis: XAxis;
  x_range: [number, number] | null;
  width_px: number;
  smoothing: Smoothing;
  superseded?: boolean;
}

export interface ScalarsSeries extends SeriesKey {
  lane: number;
  /** First vertex of the series in the frame's columns. */
  start: number;
  /** Vertices in the frame. */
  count: number;
  /** Logged points in the lane. */
  points: number;
  points_in_range: number;
  /** Fewer vertices than points in range. */
  reduced: boolean;
  nan: number;
  pos_inf: number;
  neg_inf: number;
  first_nonfinite_step: number | null;
  /** Points hidden because a restart replaced them. */
  superseded: number;
  y_min: number | null;
  y_max: number | null;
  first_wall_time: number;
  last_step: number;
  last_wall_time: number;
  last_value: number;
  /** All points carry one step: no global_step was given. */
  one_step: boolean;
}

export interface ScalarsHeader {
  revision: number;
  x_axis: XAxis;
  series: ScalarsSeries[];
  missing: SeriesKey[];
}

export interface ImageItem {
  step: number;
  wall_time: number;
  key: string;
  lane: number;
  superseded: boolean;
}

export interface ImagesResult {
  revision: number;
  samples: number;
  width: number;
  height: number;
  items: ImageItem[];
}

export interface TextItem {
  step: number;
  wall_time: number;
  lane: number;
  superseded: boolean;
  shape: number[];
  /** Row-major. */
  cells: string[];
  truncated: boolean;
}

export interface TextResult {
  revision: number;
  total: number;
  start: number;
  items: TextItem[];
}

export interface HistogramsHeader {
  revision: number;
  total: number;
  shown: number;
  run: string;
  tag: string;
}

export interface Problem {
  run: string;
  file: string;
  offset: number | null;
  bytes_lost: number | null;
  records_lost: number | null;
  message: string;
}

export interface ProblemsResult {
  revision: number;
  problems: Problem[];
}

/** What became newer: run name to tags; null means that everything may have. */
export type Changed = Record<string, string[]> | null;

export interface ChangesResult {
  revision: number;
  changed: Changed;
  loading: Loading;
  problems: number;
  points: number;
}

export interface LiveMessage extends ChangesResult {
  /** Runs or tags appeared or disappeared. */
  structure: boolean;
}
