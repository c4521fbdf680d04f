// SPDX-License-Identifier: Apache-2.0
//
// From longitude and latitude to a drawing, and marks that do not cover each other. Pure.

/** Degrees to units of the drawing; its height follows from its width. */
export class Projection {
    #region;
    #scale;
    #squeeze;

    constructor(region) {
        this.#region = region;
        this.#squeeze = Math.cos((((region.north + region.south) / 2) * Math.PI) / 180);
        this.#scale = region.width / ((region.east - region.west) * this.#squeeze);
        this.width = region.width;
        this.height = Math.round((region.north - region.south) * this.#scale);
    }

    holds(longitude, latitude) {
        const { west, east, south, north } = this.#region;
        return longitude >= west && longitude <= east && latitude >= south && latitude <= north;
    }

    point(longitude, latitude) {
        return {
            x: (longitude - this.#region.west) * this.#squeeze * this.#scale,
            y: (this.#region.north - latitude) * this.#scale,
        };
    }

    degrees(x, y) {
        return [
            this.#region.west + x / (this.#squeeze * this.#scale),
            this.#region.north - y / this.#scale,
        ];
    }
}

/** Whether a point lies in an outline. @param {[number, number][]} outline */
export function inside([x, y], outline) {
    let within = false;
    for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
        const [ax, ay] = outline[i];
        const [bx, by] = outline[j];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) {
            within = !within;
        }
    }
    return within;
}

/** Land as the `d` of one path of dots, in rows that are set off against each other. */
export function dottedLand(region, projection, step) {
    let path = "";
    let row = 0;
    for (let y = step / 2; y < projection.height; y += step * 0.87, row++) {
        for (let x = row % 2 === 0 ? step / 2 : step; x < projection.width; x += step) {
            const at = projection.degrees(x, y);
            if (region.land.some((outline) => inside(at, outline))) {
                path += `M${x.toFixed(1)} ${y.toFixed(1)}h0`;
            }
        }
    }
    return path;
}

/**
 * Moves points apart until none are nearer than `distance`, or it has tried long enough.
 *
 * @param {{ x: number, y: number }[]} points
 * @param {number} distance
 */
export function spread(points, distance, rounds = 60) {
    const moved = points.map(({ x, y }) => ({ x, y }));
    for (let round = 0; round < rounds; round++) {
        let still = true;
        for (let i = 0; i < moved.length; i++) {
            for (let j = i + 1; j < moved.length; j++) {
                let dx = moved[j].x - moved[i].x;
                let dy = moved[j].y - moved[i].y;
                let length = Math.hypot(dx, dy);
                if (length >= distance) {
                    continue;
                }
                if (length < 1e-6) {
                    [dx, dy, length] = [1, 0.3 * (i + 1), Math.hypot(1, 0.3 * (i + 1))];
                }
                const push = (distance - Math.min(length, distance)) / 2 + 0.01;
                moved[i].x -= (dx / length) * push;
                moved[i].y -= (dy / length) * push;
                moved[j].x += (dx / length) * push;
                moved[j].y += (dy / length) * push;
                still = false;
            }
        }
        if (still) {
            break;
        }
    }
    return moved;
}

/** Square units of marks and names that a name may cover. */
const COVERED_LIMIT = 60;
/** A name so near to marks of another city looks like theirs; not as bad as covering them. */
const NEAR = 10;
const NEAR_WEIGHT = 0.2;

/** Sides of a group of marks that a name can stand on, best first. */
const SIDES = [
    ({ right, middle }) => ({ x: right + 15, y: middle + 4, anchor: "start" }),
    ({ left, middle }) => ({ x: left - 15, y: middle + 4, anchor: "end" }),
    ({ centre, bottom }) => ({ x: centre, y: bottom + 25, anchor: "middle" }),
    ({ centre, top }) => ({ x: centre, y: top - 16, anchor: "middle" }),
    ({ right, top }) => ({ x: right + 15, y: top + 4, anchor: "start" }),
    ({ right, bottom }) => ({ x: right + 15, y: bottom + 4, anchor: "start" }),
    ({ left, top }) => ({ x: left - 15, y: top + 4, anchor: "end" }),
    ({ left, bottom }) => ({ x: left - 15, y: bottom + 4, anchor: "end" }),
    ({ left, bottom }) => ({ x: left - 8, y: bottom + 25, anchor: "start" }),
    ({ right, bottom }) => ({ x: right + 8, y: bottom + 25, anchor: "end" }),
    ({ left, top }) => ({ x: left - 8, y: top - 16, anchor: "start" }),
    ({ right, top }) => ({ x: right + 8, y: top - 16, anchor: "end" }),
];

/**
 * A place for the name of each group of points, covering as few marks and other names as can be;
 * one that would have to cover much is left out. Who has the least room is served first.
 *
 * @param {{ name: string, points: { x: number, y: number }[] }[]} groups
 * @param {{ width: number, letter?: number, line?: number }} size  of the drawing and its letters
 */
export function placeNames(groups, { width, letter = 7.6, line = 13 }) {
    const taken = groups.flatMap(({ points }) => points.map((point) => markBox(point)));
    const covered = ({ box, outside }) =>
        taken.reduce((sum, other) => sum + overlap(box, other), outside * line * 3);
    const cost = (choice) => covered(choice) + choice.near * NEAR_WEIGHT;
    return groups
        .map(({ name, points }) => {
            const foreign = groups.flatMap((group) =>
                group.points === points ? [] : group.points,
            );
            const choices = SIDES.map((side) => {
                const at = side(boundsOf(points));
                const w = name.length * letter;
                const left = { start: at.x, middle: at.x - w / 2, end: at.x - w }[at.anchor];
                const outside = Math.max(0, -left) + Math.max(0, left + w - width);
                const box = { x: left, y: at.y - line + 2, w, h: line };
                const near = foreign.reduce(
                    (sum, point) => sum + overlap(box, markBox(point, NEAR)),
                    0,
                );
                return { at, outside, box, near };
            });
            return { name, choices, free: choices.filter((one) => cost(one) === 0).length };
        })
        .sort((a, b) => a.free - b.free)
        .map(({ name, choices }) => {
            const possible = choices.filter((choice) => covered(choice) <= COVERED_LIMIT);
            if (possible.length === 0) {
                return null;
            }
            const best = possible.reduce((a, b) => (cost(b) < cost(a) ? b : a));
            taken.push(best.box);
            return { name, ...best.at };
        })
        .filter((name) => name !== null);
}

/** What a mark takes, and so much around it. */
function markBox({ x, y }, around = 0) {
    const size = 12 + around;
    return { x: x - size, y: y - size, w: 2 * size, h: 2 * size };
}

function boundsOf(points) {
    const xs = points.map(({ x }) => x);
    const ys = points.map(({ y }) => y);
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
    return { left, right, top, bottom, centre: (left + right) / 2, middle: (top + bottom) / 2 };
}

function overlap(a, b) {
    const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
    const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
    return w > 0 && h > 0 ? w * h : 0;
}
