// SPDX-License-Identifier: Apache-2.0
//
// What there is to say of the connection, in sentences. Pure.
import { clockTime, duration, number } from "./format.js";

/** What a break meant, in a sentence. */
export function breakText({ from, to, skipped, torn }) {
    const times = `${clockTime(from, true)}–${clockTime(to, true)} UTC`;
    const when = `Disconnected ${times} (${duration(to - from)}).`;
    if (skipped > 0) {
        const lost = `${number(skipped, 0)} values were passed over and are not on this page`;
        return `${when} ${lost}; charts read them again from history.`;
    }
    return torn
        ? `${when} The hub was started anew in between: what it had stored was read again.`
        : `${when} Reconnected; no value is known to be missing.`;
}

/** What was missed without a break. */
export function lapseText({ skipped, at }) {
    return (
        `${number(skipped, 0)} values came faster than they could be sent here, the last at ` +
        `${clockTime(at, true)} UTC; charts read them again from history.`
    );
}

/**
 * What the banner says; null when all is well.
 *
 * @param {{ connection: object, breaks: import("./breaks.js").Breaks, dismissedAt: number, now: number }} what
 * @returns {{ tone: "good" | "warn" | "bad", text: string, lasts: boolean, running?: string } | null}
 *     `running` is the part of the text that changes all the time
 */
export function noticeOf({ connection, breaks, dismissedAt, now }) {
    if (connection.state === "open") {
        return pastNotice(breaks, dismissedAt);
    }
    const why = connection.error ? ` (${connection.error.message})` : "";
    if (connection.state === "closed") {
        const text = `The connection to the hub has ended${why}. Reload the page to try again.`;
        return { tone: "bad", text, lasts: true };
    }
    const { last } = breaks;
    if (last === null && connection.attempt === 0) {
        return null; // It has only just begun.
    }
    const running = last ? ` for ${duration(now - last.from)}` : "";
    const since = last ? `${running}: values are of ${clockTime(last.from, true)} UTC` : "";
    const text = `No connection to the hub${since}. Trying again, attempt ${connection.attempt}${why}.`;
    return { tone: "bad", text, lasts: true, running };
}

function pastNotice({ all, last, lapse }, dismissedAt) {
    const texts = [];
    if (last !== null && last.to > dismissedAt) {
        texts.push(breakText(last), ...(all.length > 1 ? [`Breaks so far: ${all.length}.`] : []));
    }
    const lapsed = lapse.at > dismissedAt;
    if (lapsed) {
        texts.push(lapseText(lapse));
    }
    if (texts.length === 0) {
        return null;
    }
    const bad = lapsed || last?.skipped > 0 || last?.torn;
    return { tone: bad ? "warn" : "good", text: texts.join(" "), lasts: false };
}
