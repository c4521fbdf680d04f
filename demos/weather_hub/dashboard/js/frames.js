// SPDX-License-Identifier: Apache-2.0
//
// When the page draws: never more often than it says, and seldom what nobody sees.

/** What is out of view is kept true all the same, for who scrolls or prints. */
const UNSEEN_EVERY_MS = 5_000;

const painters = new Set();
let requested = false;

const seen = new IntersectionObserver(
    (entries) => {
        for (const { target, isIntersecting } of entries) {
            for (const painter of painters) {
                if (painter.element === target) {
                    painter.visible = isIntersecting;
                }
            }
        }
        request();
    },
    { rootMargin: "200px" },
);

/**
 * A function that asks for `paint` to be called in a later frame, `everyMs` at the earliest after
 * the call before; later while `element` is out of view.
 *
 * @param {Element} element
 * @param {() => void} paint
 * @param {number} [everyMs]
 */
export function painter(element, paint, everyMs = 250) {
    const state = { element, paint, everyMs, dirty: false, visible: false, last: -Infinity };
    painters.add(state);
    seen.observe(element);
    return () => {
        state.dirty = true;
        request();
    };
}

function request() {
    if (!requested) {
        requested = true;
        requestAnimationFrame(frame);
    }
}

function frame(now) {
    requested = false;
    let soonest = Infinity;
    for (const state of painters) {
        if (!state.dirty) {
            continue;
        }
        const due = state.last + (state.visible ? state.everyMs : UNSEEN_EVERY_MS);
        if (now < due) {
            soonest = Math.min(soonest, due - now);
            continue;
        }
        state.dirty = false;
        state.last = now;
        state.paint();
    }
    if (soonest < Infinity) {
        setTimeout(request, soonest);
    }
}
