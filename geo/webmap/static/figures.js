// Figures as they are printed: rounded half up on their shortest decimal form, as in geo/units.py.

function shown(value, places, { grouped = false, percent = false } = {}) {
  if (value === null || value === undefined || Number.isNaN(value)) return NONE;
  const { digits, point } = decimals(Math.abs(value));
  const last = point + places + (percent ? 2 : 0); // so many digits are left
  const kept = last > 0 ? digits.slice(0, last).padEnd(last, "0") : "0";
  const whole = BigInt(kept) + (last >= 0 && digits[last] >= "5" ? 1n : 0n);
  const text = whole.toString().padStart(places + 1, "0");
  const cut = text.length - places;
  const tens = grouped ? text.slice(0, cut).replace(/\B(?=(\d{3})+$)/g, ",") : text.slice(0, cut);
  const sign = value < 0 && whole > 0n ? "-" : "";
  return `${sign}${tens}${places ? `.${text.slice(cut)}` : ""}${percent ? "%" : ""}`;
}

// The digits of a number, and how many of them stand before the point (negative for leading zeros).
function decimals(value) {
  const [mantissa, exponent = "0"] = String(value).split("e");
  const [tens, rest = ""] = mantissa.split(".");
  return { digits: tens + rest, point: tens.length + Number(exponent) };
}

// To the nearest step of the land grid, half to even, as numpy's rint does.
function onGrid(area, grid) {
  const steps = area * grid;
  const near = Math.round(steps);
  return (Math.abs(steps % 1) === 0.5 ? 2 * Math.round(steps / 2) : near) / grid;
}
