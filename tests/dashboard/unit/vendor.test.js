// SPDX-License-Identifier: Apache-2.0
//
// What is vendored is what its package has, byte by byte, and the page names nothing outside.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const here = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const dashboard = here("../../../demos/weather_hub/dashboard/");
const installed = here("../node_modules/uplot/");
const skip = existsSync(installed)
    ? false
    : "the packages are not installed: npm ci in tests/dashboard";

describe("uPlot", { skip }, () => {
    for (const [file, source] of [
        ["uPlot.esm.js", "dist/uPlot.esm.js"],
        ["uPlot.min.css", "dist/uPlot.min.css"],
        ["LICENSE", "LICENSE"],
    ]) {
        it(`${file} is the package's`, () => {
            assert.ok(
                readFileSync(`${dashboard}vendor/uplot/${file}`).equals(
                    readFileSync(installed + source),
                ),
            );
        });
    }

    it("is of the version that is pinned", () => {
        const pinned = JSON.parse(readFileSync(here("../package.json"))).devDependencies.uplot;
        assert.equal(JSON.parse(readFileSync(`${installed}package.json`)).version, pinned);
    });
});

const files = readdirSync(dashboard, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !(entry.parentPath ?? entry.path).includes("vendor"))
    .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`);

it("the page needs nothing from outside", () => {
    for (const file of files) {
        const outside =
            readFileSync(file, "utf8").match(/https?:\/\/(?!www\.w3\.org\/)[^\s"'`)]+/g) ?? [];
        assert.deepEqual(outside, [], file);
    }
});

it("modules that are asked for ahead are there", () => {
    const page = readFileSync(`${dashboard}index.html`, "utf8");
    const names = [...page.matchAll(/(?:href|src)="((?:js|css|vendor|aimx)\/[^"#]+)"/g)].map(
        ([, name]) => name,
    );
    assert.ok(names.length > 20);
    for (const name of names) {
        const path = name.startsWith("aimx/")
            ? here(`../../../javascript/${name.slice(5)}`)
            : dashboard + name;
        assert.ok(existsSync(path), name);
    }
});

it("the lock file names no host", () => {
    assert.doesNotMatch(readFileSync(here("../package-lock.json"), "utf8"), /resolved|https?:/);
});
