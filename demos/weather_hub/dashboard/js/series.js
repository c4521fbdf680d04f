// SPDX-License-Identifier: Apache-2.0
//
// Series of points as two columns, times and values, and what charts do with them. Pure.

/** Points of a record, in order of time; the oldest go when there are more than `limit`. */
export class Series {
    /** @type {number[]} */
    t = [];
    /** @type {(number | null)[]} */
    v = [];
    dropped = 0;
    #limit;

    /** @param {number} limit */
    constructor(limit) {
        this.#limit = limit;
    }

    get size() {
        return this.t.length;
    }

    get last() {
        return this.size > 0 ? { t: this.t[this.size - 1], v: this.v[this.size - 1] } : null;
    }

    /** A point of the newest time replaces it; an older one is put where it belongs. */
    push(t, v) {
        const end = this.size;
        if (end === 0 || t > this.t[end - 1]) {
            this.t.push(t);
            this.v.push(v);
        } else {
            const at = lowerBound(this.t, t);
            const known = this.t[at] === t ? 1 : 0;
            this.t.splice(at, known, t);
            this.v.splice(at, known, v);
        }
        // In pieces, so that not every push moves everything.
        if (this.size > this.#limit * 1.1) {
            const extra = this.size - this.#limit;
            this.t.splice(0, extra);
            this.v.splice(0, extra);
            this.dropped += extra;
        }
    }

    clear() {
        this.t = [];
        this.v = [];
        this.dropped = 0;
    }
}

/** The first index whose time is not before `t`. @param {number[]} times */
export function lowerBound(times, t) {
    let low = 0;
    let high = times.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (times[middle] < t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/** The usual distance of two points; null with fewer than two. */
export function usualStep(times) {
    const from = Math.max(1, times.length - 400);
    const steps = [];
    for (let i = from; i < times.length; i++) {
        steps.push(times[i] - times[i - 1]);
    }
    steps.sort((a, b) => a - b);
    return steps.length > 0 ? steps[steps.length >> 1] : null;
}

/** Longer than this many usual steps is a hole, not a line. */
const HOLE_STEPS = 3.5;

/**
 * Where no value came for much longer than usual.
 *
 * @param {number[]} times
 * @param {number | null} [step]
 * @returns {{ from: number, to: number }[]}
 */
export function holes(times, step = usualStep(times)) {
    const found = [];
    if (step === null || step <= 0) {
        return found;
    }
    for (let i = 1; i < times.length; i++) {
        if (times[i] - times[i - 1] > HOLE_STEPS * step) {
            found.push({ from: times[i - 1], to: times[i] });
        }
    }
    return found;
}

/**
 * At most four points per bucket (first, least, greatest, last), so that a line looks as if all
 * points were drawn. Null values stay: they part the line.
 *
 * @param {{ t: number[], v: (number | null)[] }} points
 * @param {number} from
 * @param {number} to
 * @param {number} buckets  pixels, say
 */
export function decimate(points, from, to, buckets) {
    const first = Math.max(0, lowerBound(points.t, from) - 1);
    const last = Math.min(points.t.length, lowerBound(points.t, to) + 2);
    if (last - first <= buckets * 4) {
        return { t: points.t.slice(first, last), v: points.v.slice(first, last) };
    }
    const t = [];
    const v = [];
    const width = (to - from) / buckets;
    let i = first;
    while (i < last) {
        const edge = from + (Math.floor((points.t[i] - from) / width) + 1) * width;
        let end = i;
        let low = i;
        let high = i;
        let hole = -1;
        while (end < last && (points.t[end] < edge || end === i)) {
            const value = points.v[end];
            if (value === null) {
                hole = end;
            } else {
                low = points.v[low] === null || value < points.v[low] ? end : low;
                high = points.v[high] === null || value > points.v[high] ? end : high;
            }
            end++;
        }
        const chosen = new Set([i, low, high, end - 1]);
        if (hole >= 0) {
            chosen.add(hole);
        }
        for (const at of [...chosen].sort((a, b) => a - b)) {
            t.push(points.t[at]);
            v.push(points.v[at]);
        }
        i = end;
    }
    return { t, v };
}

/** The points with a null in the middle of every hole, so that the line is not joined there. */
export function parted(points, gaps) {
    if (gaps.length === 0) {
        return points;
    }
    const t = [];
    const v = [];
    let gap = 0;
    for (let i = 0; i < points.t.length; i++) {
        while (gap < gaps.length && gaps[gap].to <= points.t[i]) {
            if (i > 0 && gaps[gap].from >= points.t[i - 1]) {
                t.push((points.t[i - 1] + points.t[i]) / 2);
                v.push(null);
            }
            gap++;
        }
        t.push(points.t[i]);
        v.push(points.v[i]);
    }
    return { t, v };
}

/**
 * One column of times for several series. `undefined` where a series has no point: its line goes
 * on; null parts it.
 *
 * @param {{ t: number[], v: (number | null)[] }[]} list
 */
export function align(list) {
    const times = [...new Set(list.flatMap(({ t }) => t))].sort((a, b) => a - b);
    const columns = list.map(({ t, v }) => {
        const column = new Array(times.length).fill(undefined);
        let at = 0;
        for (let i = 0; i < t.length; i++) {
            while (times[at] < t[i]) {
                at++;
            }
            column[at] = v[i];
        }
        return column;
    });
    return [times, ...columns];
}

/** @param {Iterable<number | null | undefined>} values */
export function summary(values) {
    let n = 0;
    let min = Infinity;
    let max = -Infinity;
    let sum = 0;
    for (const value of values) {
        if (typeof value === "number" && Number.isFinite(value)) {
            n++;
            sum += value;
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
    }
    return n === 0 ? null : { n, min, max, mean: sum / n };
}
