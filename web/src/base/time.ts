/** Durations, ages and wall times as text. Seconds throughout, as in event files. */

const MINUS = "\u2212";

interface DateParts {
  year: number;
  month: number; // 1..12
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
}

/** Calendar fields of a wall time in seconds since the epoch, in local time or UTC. */
export function dateParts(wallTime: number, utc = false): DateParts {
  const date = new Date(wallTime * 1000);
  return utc
    ? {
        year: date.getUTCFullYear(),
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
        second: date.getUTCSeconds(),
        millisecond: date.getUTCMilliseconds(),
      }
    : {
        year: date.getFullYear(),
        month: date.getMonth() + 1,
        day: date.getDate(),
        hour: date.getHours(),
        minute: date.getMinutes(),
        second: date.getSeconds(),
        millisecond: date.getMilliseconds(),
      };
}

export function pad2(value: number): string {
  return String(value).padStart(2, "0");
}

function isRepresentable(wallTime: number | null): wallTime is number {
  return wallTime !== null && Number.isFinite(wallTime) && Math.abs(wallTime) <= 8.64e12;
}

/** `2026-11-21 10:07:39` in local time (or UTC); `unknown time` for what no calendar can name. */
export function formatWallTime(wallTime: number | null, utc = false): string {
  if (!isRepresentable(wallTime)) return "unknown time";
  const p = dateParts(wallTime, utc);
  return `${p.year}-${pad2(p.month)}-${pad2(p.day)} ${pad2(p.hour)}:${pad2(p.minute)}:${pad2(p.second)}`;
}

/** `10:07:39`, for "last update at". */
export function formatClock(wallTime: number, utc = false): string {
  if (!isRepresentable(wallTime)) return "unknown time";
  const p = dateParts(wallTime, utc);
  return `${pad2(p.hour)}:${pad2(p.minute)}:${pad2(p.second)}`;
}

/** A duration in its two largest units: `3 ms`, `4.2 s`, `1 m 05 s`, `2 h 11 m`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  const sign = seconds < 0 ? MINUS : "";
  const total = Math.abs(seconds);
  if (total === 0) return "0 s";
  if (total < 0.9995) {
    const ms = total * 1000;
    return `${sign}${ms < 0.95 ? ms.toPrecision(2) : ms.toFixed(0)} ms`;
  }
  if (total < 59.95) return `${sign}${total.toFixed(1).replace(/\.0$/, "")} s`;
  const rounded = Math.round(total);
  if (rounded < 3600) return `${sign}${Math.floor(rounded / 60)} m ${pad2(rounded % 60)} s`;
  const minutes = Math.round(total / 60);
  if (minutes < 24 * 60) return `${sign}${Math.floor(minutes / 60)} h ${pad2(minutes % 60)} m`;
  const hours = Math.round(total / 3600);
  return `${sign}${Math.floor(hours / 24).toLocaleString("en-US")} d ${hours % 24} h`;
}

/** `just now`, `12 s ago`, `3 m ago`, `2 h ago`, `5 d ago`: one unit, for lists that refresh. */
export function formatAge(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  if (seconds < 1) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
