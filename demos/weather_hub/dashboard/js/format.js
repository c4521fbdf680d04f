// SPDX-License-Identifier: Apache-2.0
//
// Texts for numbers, times and ages. Nothing here looks at a clock or a page.

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Stands where there is no number. */
export const NONE = "–";
const MINUS = "\u2212";
const THIN = "\u202f";

const SYMBOLS = {
    celsius: "°C",
    degC: "°C",
    C: "°C",
    percent: "%",
    m_s: "m/s",
    milliseconds: "ms",
    microseconds: "µs",
    us: "µs",
    degrees: "°",
    deg: "°",
    hours: "h",
    metres: "m",
    bytes: "B",
    "bytes/s": "B/s",
    unix_ms: "time",
    "unix ms": "time",
};

/** How a unit of a contract is shown. @param {string | null | undefined} unit */
export function unitSymbol(unit) {
    return unit ? (SYMBOLS[unit] ?? unit) : "";
}

/** @param {number | null | undefined} value @param {number} [digits] after the point */
export function number(value, digits = 1) {
    if (typeof value !== "number" || !Number.isFinite(value)) {
        return NONE;
    }
    const text = Math.abs(value).toFixed(digits);
    const [whole, part] = text.split(".");
    const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, THIN) : whole;
    const sign = value < 0 && Number(text) !== 0 ? MINUS : "";
    return sign + (part === undefined ? grouped : `${grouped}.${part}`);
}

/** With its sign, also when it is positive. @param {number | null | undefined} value */
export function signed(value, digits = 1) {
    const text = number(value, digits);
    const plus = typeof value === "number" && Number(value.toFixed(digits)) > 0;
    return plus ? `+${text}` : text;
}

/**
 * As many digits as are worth reading: 0.0123, 1.23, 12.3, 123.
 *
 * @param {number | null | undefined} value
 * @param {boolean} [whole]  without a point; by itself where the value is whole
 */
export function compact(value, whole = Number.isInteger(value)) {
    if (typeof value !== "number" || !Number.isFinite(value)) {
        return NONE;
    }
    const size = Math.abs(value);
    if (whole || size >= 100) {
        return number(value, 0);
    }
    return number(value, size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4);
}

/** Digits after the point by unit: values of one kind are told alike everywhere. */
const DIGITS = {
    "°C": 1,
    "%": 0,
    "m/s": 1,
    ms: 2,
    µs: 1,
    "°": 2,
    m: 0,
    h: 0,
};

/** What forecasts are off by: a tenth of a degree is much of it. */
const ERROR = /(^|_)error$|^mae$|^bias$/;
const ERROR_DIGITS = 2;

/**
 * A value with its unit's digits; without a unit as many as are worth reading.
 *
 * @param {string} [field]  what it is: errors have more digits than what they are of
 */
export function measured(value, unit, whole, field = "") {
    const symbol = unitSymbol(unit);
    const digits = symbol === "°C" && ERROR.test(field) ? ERROR_DIGITS : DIGITS[symbol];
    const text = digits === undefined ? compact(value, whole) : number(value, digits);
    return symbol === "" || text === NONE ? text : `${text}${THIN}${symbol}`;
}

/** A share of 0 to 1 as percent. */
export function share(value, digits = 0) {
    return typeof value === "number" ? `${number(value * 100, digits)}${THIN}%` : NONE;
}

/** With its unit. @param {number | null | undefined} value @param {string} unit */
export function quantity(value, unit, digits = 1) {
    const text = number(value, digits);
    const symbol = unitSymbol(unit);
    return text === NONE || symbol === "" ? text : `${text}${THIN}${symbol}`;
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** @param {number | null | undefined} value @returns {{ text: string, unit: string }} */
export function byteParts(value) {
    if (typeof value !== "number" || !Number.isFinite(value)) {
        return { text: NONE, unit: "" };
    }
    let at = 0;
    let size = value;
    while (Math.abs(size) >= 1024 && at < BYTE_UNITS.length - 1) {
        size /= 1024;
        at++;
    }
    const digits = at === 0 || size >= 100 ? 0 : 1;
    return { text: number(size, digits), unit: BYTE_UNITS[at] };
}

export function bytes(value, per = "") {
    const { text, unit } = byteParts(value);
    return unit ? `${text}${THIN}${unit}${per}` : text;
}

/** A length of time in its two largest units at most. @param {number} ms */
export function duration(ms) {
    if (!Number.isFinite(ms)) {
        return NONE;
    }
    const size = Math.max(0, ms);
    if (size < SECOND_MS) {
        return `${Math.round(size)}${THIN}ms`;
    }
    if (size < MINUTE_MS) {
        return `${Math.floor(size / SECOND_MS)}${THIN}s`;
    }
    if (size < HOUR_MS) {
        return `${Math.floor(size / MINUTE_MS)}${THIN}min`;
    }
    if (size < DAY_MS) {
        return pair(size, HOUR_MS, "h", MINUTE_MS, "min");
    }
    if (size < 60 * DAY_MS) {
        return pair(size, DAY_MS, "d", HOUR_MS, "h");
    }
    const years = Math.floor(size / (365.25 * DAY_MS));
    const days = Math.floor((size - years * 365.25 * DAY_MS) / DAY_MS);
    return years > 0 ? `${years}${THIN}y ${days}${THIN}d` : `${days}${THIN}d`;
}

function pair(ms, large, largeUnit, small, smallUnit) {
    const first = Math.floor(ms / large);
    const second = Math.floor((ms - first * large) / small);
    const head = `${first}${THIN}${largeUnit}`;
    return second > 0 && first < 10 ? `${head} ${second}${THIN}${smallUnit}` : head;
}

/** @param {number | null} ms  null: it is not known */
export function age(ms) {
    if (ms === null || !Number.isFinite(ms)) {
        return "age unknown";
    }
    return ms < SECOND_MS ? "just now" : `${duration(ms)} ago`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const two = (value) => String(value).padStart(2, "0");

/** All dates are UTC: it is what observations are kept in. @param {number} ms */
export function date(ms) {
    const at = new Date(ms);
    return Number.isNaN(at.getTime())
        ? NONE
        : `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

/** @param {number} ms */
export function clockTime(ms, seconds = false) {
    const at = new Date(ms);
    if (Number.isNaN(at.getTime())) {
        return NONE;
    }
    const text = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
    return seconds ? `${text}:${two(at.getUTCSeconds())}` : text;
}

export function weekday(ms) {
    return WEEKDAYS[new Date(ms).getUTCDay()] ?? NONE;
}

/** @param {number} ms */
export function dateTime(ms) {
    const day = date(ms);
    return day === NONE ? NONE : `${day}, ${clockTime(ms)}`;
}

/** A key's last segment for reading: `new_york` is New York. @param {string} key */
export function titleOf(key) {
    return key
        .slice(key.lastIndexOf(".") + 1)
        .split("_")
        .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
        .join(" ");
}
