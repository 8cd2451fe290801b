/** Keys and gestures that parts of pages listen to themselves, for the page of shortcuts. */

export interface HelpEntry {
  readonly label: string;
  /** As people read them. */
  readonly keys: string;
}

export interface HelpGroup {
  readonly title: string;
  readonly entries: readonly HelpEntry[];
}

export const RUN_KEYS: readonly HelpEntry[] = [
  { label: "Draw or hide the run", keys: "Space" },
  { label: "Draw only this run, and back", keys: "S" },
  { label: "The same with the mouse", keys: "Double-click" },
  { label: "A range of runs", keys: "Shift click" },
  { label: "Details and note of the run", keys: "Enter" },
  { label: "Another name for it", keys: "F2" },
  { label: "What else there is for it", keys: "Shift F10" },
];

/** `mod` is ⌘ on Apple's machines, Ctrl elsewhere. */
export function pageKeys(stem: string, mod: string): HelpGroup[] {
  const pages: Record<string, HelpGroup[]> = {
    scalars: [
      {
        title: "On a card",
        entries: [
          { label: "Into the chart", keys: "Enter" },
          { label: "Pin to the top", keys: "P" },
          { label: "Fill the window", keys: "F" },
          { label: "There: the chart before or after", keys: "← →" },
          { label: "Logarithmic y axis", keys: "L" },
          { label: "Show everything", keys: "0" },
          { label: "Options of this chart", keys: "O" },
          { label: "Show as a table", keys: "T" },
          { label: "Lines and events", keys: "M" },
          { label: "Move the card", keys: "Shift ← →" },
        ],
      },
      {
        title: "In a chart",
        entries: [
          { label: "Point before or after", keys: "← →" },
          { label: "Ten points", keys: `${mod} ← →` },
          { label: "First or last point", keys: "Home End" },
          { label: "Line above or below", keys: "↑ ↓" },
          { label: "Zoom in or out", keys: "+ −" },
          { label: "Pan", keys: "Shift ← →" },
          { label: "Show everything", keys: "0" },
          { label: "Logarithmic y or x axis", keys: "L X" },
          { label: "Pin the tooltip", keys: "Enter" },
          { label: "Copy the value", keys: "C" },
          { label: "Set the shared step, its range", keys: "S Shift S" },
          { label: "Show as a table", keys: "T" },
          { label: "Lines and events", keys: "M" },
          { label: "Back to the card", keys: "Esc" },
        ],
      },
      {
        title: "With the mouse on a chart",
        entries: [
          { label: "Pin the tooltip, and let it go", keys: "Click" },
          { label: "Draw only the line's run, and back", keys: "Alt click" },
          { label: "Draw only the runs that one drags over", keys: "Alt drag" },
          { label: "Zoom to a box", keys: "Drag" },
          { label: "Zoom", keys: `${mod} wheel` },
          { label: "Pan", keys: "Shift drag" },
          { label: "Show everything", keys: "Double-click" },
          { label: "Set the shared step", keys: "Click the axis" },
          { label: "Set a range of steps", keys: "Drag the axis" },
          { label: "Move its other end", keys: "Shift click the axis" },
          { label: "Put a chart over another one", keys: "Drag the title" },
        ],
      },
    ],
    images: [
      {
        title: "On a card",
        entries: [
          { label: "Step before or after", keys: "← →" },
          { label: "Ten steps", keys: "Shift ← →" },
          { label: "Sample before or after", keys: ", ." },
          { label: "Enlarge", keys: "Enter" },
        ],
      },
    ],
    histograms: [
      {
        title: "On a card",
        entries: [
          { label: "Step before or after", keys: "← →" },
          { label: "Ten steps", keys: "Shift ← →" },
          { label: "Set the shared step", keys: "Enter" },
          { label: "The same with the mouse", keys: "Click" },
          { label: "One of the four views", keys: "1 2 3 4" },
          { label: "Fill the window", keys: "F" },
        ],
      },
    ],
  };
  return pages[stem] ?? (stem === "distributions" ? pages["histograms"]!.map((group) => ({ ...group, entries: group.entries.filter(({ keys }) => keys !== "1 2 3 4") })) : []);
}
