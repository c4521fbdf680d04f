// SPDX-License-Identifier: Apache-2.0
//
// Dials first, paints the accuracy panel from one query, then brings in everything else.
import { keepAges } from "./ages.js";
import { watchSilence } from "./area.js";
import { startBanner } from "./banner.js";
import { startHeader } from "./header.js";
import { Hub } from "./hub.js";
import { startClock } from "./models/clock.js";
import { Places } from "./models/places.js";
import { startAccuracy } from "./panels/accuracy.js";

const hub = new Hub();
let begin;
const ready = new Promise((resolve) => {
    begin = resolve;
});
const { clock, changed: clockChanged } = startClock(hub, ready);
const context = { hub, clock, clockChanged, places: new Places(hub, ready) };
const accuracy = startAccuracy(context);

startHeader(context);
startBanner(context);
watchSilence();
// Nothing is followed before history is there; until then index.html says what is waited for.
accuracy.answered.then(begin);
await ready;
keepAges(clock);
const { startRest } = await import("./rest.js");
startRest({ ...context, accuracy });
