/** The choices of the option forms, in words. */

import type { SmoothingKind, XAxis } from "../../api/types.ts";
import type { ScaleName } from "./chart_options.ts";

export const X_AXES: readonly { readonly value: XAxis; readonly label: string }[] = [
  { value: "step", label: "Step" },
  { value: "relative", label: "Relative time" },
  { value: "active", label: "Relative time without idle gaps" },
  { value: "wall_time", label: "Wall time" },
  { value: "relative_step", label: "Relative step" },
  { value: "tag", label: "Another tag" },
];

/** Words for the toolbar. */
export const SHORT_AXES: Readonly<Record<XAxis, string>> = {
  step: "Step",
  relative: "Relative",
  wall_time: "Wall",
  active: "Active time",
  relative_step: "Relative step",
  tag: "Tag",
};

export const SCALES: readonly { readonly value: ScaleName; readonly label: string }[] = [
  { value: "linear", label: "Linear" },
  { value: "log", label: "Log" },
  { value: "symlog", label: "Symlog" },
];

export const SMOOTHINGS: readonly { readonly value: SmoothingKind; readonly label: string }[] = [
  { value: "none", label: "None" },
  { value: "exponential", label: "Exponential, by points" },
  { value: "time_weighted", label: "Exponential, by distance" },
  { value: "mean", label: "Mean of a window" },
  { value: "median", label: "Median of a window" },
];

export const DENSITIES = [
  { value: "auto", label: "Where lines are too many" },
  { value: "on", label: "Always" },
  { value: "off", label: "Never" },
] as const;
