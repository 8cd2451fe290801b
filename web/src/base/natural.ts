/** Natural order of names, as the server has it of runs (`natural_key`): `run2` before `run10`, `3e-4` before `0.001`. */

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** 0.001, 3e-4 and 2.5e+3, as learning rates are written; a second point makes a version of it: 0.10.2. */
const decimal = /(?<![0-9.])(?:([0-9]+)(?:\.([0-9]+))?e([-+][0-9]{1,2})(?![0-9A-Za-z])|0\.([0-9]+)(?!\.?[0-9]))/g;
const decimals = 24;

export function compareNatural(a: string, b: string): number {
  return collator.compare(spellOut(a), spellOut(b)) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Decimals with as many digits behind the point as any other, which the collator compares as whole numbers. */
function spellOut(text: string): string {
  if (!text.includes(".") && !text.includes("e-") && !text.includes("e+")) return text;
  return text.replace(decimal, (_, whole: string | undefined, fraction: string | undefined, exponent: string, after: string) => {
    if (whole === undefined) return `0.${fill(after)}`;
    let point = whole.length + Number(exponent);
    let digits = whole + (fraction ?? "");
    if (point < 1) [digits, point] = ["0".repeat(1 - point) + digits, 1];
    digits = digits.padEnd(point, "0");
    return `${digits.slice(0, point)}.${fill(digits.slice(point))}`;
  });
}

function fill(digits: string): string {
  return digits.slice(0, decimals).padEnd(decimals, "0");
}
