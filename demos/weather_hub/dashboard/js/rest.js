// SPDX-License-Identifier: Apache-2.0
//
// The panels behind the first one.
import { Contracts } from "./models/contracts.js";
import { Weather } from "./models/weather.js";
import { startAccuracyChart } from "./panels/accuracy_chart.js";
import { startContracts } from "./panels/contracts.js";
import { startExplorer } from "./panels/explorer.js";
import { startFeed } from "./panels/feed.js";
import { startGraph } from "./panels/graph.js";
import { startHost } from "./panels/host.js";
import { startMap } from "./panels/map.js";
import { startStations } from "./panels/stations.js";
import { startStore } from "./panels/store.js";

export function startRest(shared) {
    const context = {
        ...shared,
        contracts: new Contracts(shared.hub),
        weather: new Weather(shared.hub),
    };
    startAccuracyChart(context);
    startMap(context);
    startStations(context);
    startExplorer(context);
    startStore(context);
    startHost(context);
    startFeed(context);
    startContracts(context);
    startGraph(context);
}
