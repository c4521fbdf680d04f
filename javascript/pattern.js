// SPDX-License-Identifier: Apache-2.0

/**
 * Whether AimX reads `topic` as a pattern: it has a `*` or a `#` anywhere.
 *
 * @param {string} topic
 */
export function isPattern(topic) {
    return topic.includes("*") || topic.includes("#");
}

const SEPARATOR = /\.|::/;

/**
 * AimX's matcher: segments are separated by `.` or `::`; `*` is one segment, `#` any number of
 * them, each only as a whole segment. Costs at most pattern x topic segments.
 *
 * @param {string} pattern
 * @param {string} topic
 */
export function matchesPattern(pattern, topic) {
    if (pattern === topic) {
        return true;
    }
    const wanted = pattern.split(SEPARATOR);
    const given = topic.split(SEPARATOR);
    let w = 0;
    let g = 0;
    let hash = -1; // Where the newest `#` stands, and
    let taken = 0; // up to which segment it has taken.
    while (g < given.length) {
        if (wanted[w] === "#") {
            hash = w++;
            taken = g;
        } else if (w < wanted.length && (wanted[w] === "*" || wanted[w] === given[g])) {
            w++;
            g++;
        } else if (hash >= 0) {
            w = hash + 1;
            g = ++taken;
        } else {
            return false;
        }
    }
    return wanted.slice(w).every((segment) => segment === "#");
}
