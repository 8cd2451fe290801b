/** The choices of an x axis, as segments of a control. */
export const stepAxes = [
  { value: "step", label: "Step" },
  { value: "relative", label: "Relative" },
  { value: "wall_time", label: "Wall" },
] as const;
