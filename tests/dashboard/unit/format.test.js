// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
    age,
    byteParts,
    bytes,
    compact,
    date,
    dateTime,
    duration,
    measured,
    number,
    quantity,
    share,
    signed,
    titleOf,
    unitSymbol,
} from "../../../demos/weather_hub/dashboard/js/format.js";

const plain = (text) => text.replaceAll("\u202f", " ");

describe("numbers", () => {
    it("have the digits they were given", () => {
        assert.equal(number(12.345, 1), "12.3");
        assert.equal(number(7, 0), "7");
    });

    it("are grouped from five digits on", () => {
        assert.equal(plain(number(1234, 0)), "1234");
        assert.equal(plain(number(1234567, 0)), "1 234 567");
        assert.equal(plain(number(12345.678, 2)), "12 345.68");
    });

    it("have a real minus, but none when they are shown as zero", () => {
        assert.equal(number(-2.5), "\u22122.5");
        assert.equal(number(-0.01), "0.0");
        assert.equal(signed(0.01), "0.0");
        assert.equal(signed(0.5), "+0.5");
    });

    it("are a dash when there is none", () => {
        for (const none of [null, undefined, NaN, Infinity, "5"]) {
            assert.equal(number(none), "–");
        }
        assert.equal(quantity(null, "celsius"), "–");
        assert.equal(share(null), "–");
    });

    it("carry their unit", () => {
        assert.equal(plain(quantity(21.04, "celsius")), "21.0 °C");
        assert.equal(plain(share(0.456)), "46 %");
        assert.equal(unitSymbol("unix ms"), "time");
        assert.equal(unitSymbol("furlong"), "furlong");
        assert.equal(unitSymbol(null), "");
    });

    it("have the digits of their unit wherever they are", () => {
        assert.deepEqual(
            [9, 21.04, -3.26].map((value) => plain(measured(value, "celsius"))),
            ["9.0 °C", "21.0 °C", "\u22123.3 °C"],
        );
        assert.equal(plain(measured(61.3, "percent")), "61 %");
        assert.equal(plain(measured(0.123, "furlong")), "0.12 furlong");
        assert.equal(measured(null, "celsius"), "–");
        assert.equal(measured(7, ""), "7");
    });

    it("have two digits where they are errors, which are small", () => {
        for (const field of ["signed_error", "absolute_error", "mae", "bias"]) {
            assert.equal(plain(measured(1.234, "°C", undefined, field)), "1.23 °C");
        }
        assert.equal(plain(measured(1.234, "°C", undefined, "celsius")), "1.2 °C");
        assert.equal(plain(measured(1.234, "%", undefined, "absolute_error")), "1 %");
    });

    it("have as many digits as are worth reading", () => {
        assert.deepEqual(
            [0.01234, 1.234, 12.34, 1234.5].map((value) => compact(value)).map(plain),
            ["0.0123", "1.23", "12.3", "1235"],
        );
    });
});

it("a number that is measured has a point also where it is whole", () => {
    assert.deepEqual([compact(8), compact(8, false), compact(0, false)], ["8", "8.00", "0.00"]);
});

describe("bytes", () => {
    it("are told in the largest unit that fits", () => {
        assert.deepEqual(byteParts(0), { text: "0", unit: "B" });
        assert.equal(plain(bytes(1536)), "1.5 KiB");
        assert.equal(plain(bytes(300 * 1024 ** 3, "/s")), "300 GiB/s");
        assert.equal(bytes(null), "–");
    });
});

describe("times", () => {
    it("are UTC", () => {
        const at = Date.UTC(2015, 2, 4, 5, 6);
        assert.equal(date(at), "4 Mar 2015");
        assert.equal(dateTime(at), "4 Mar 2015, 05:06");
        assert.equal(dateTime(NaN), "–");
    });

    it("last as long as their two largest units say", () => {
        const of = (ms) => plain(duration(ms));
        assert.equal(of(250), "250 ms");
        assert.equal(of(61_000), "1 min");
        assert.equal(of(2 * 3_600_000 + 5 * 60_000), "2 h 5 min");
        assert.equal(of(30 * 3_600_000), "1 d 6 h");
        assert.equal(of(40 * 86_400_000), "40 d");
        assert.equal(of(800 * 86_400_000), "2 y 69 d");
        assert.equal(of(NaN), "–");
    });

    it("have an age, or it is not known", () => {
        assert.equal(plain(age(5_400)), "5 s ago");
        assert.equal(age(400), "just now");
        assert.equal(age(null), "age unknown");
    });
});

it("a key's last segment is a title", () => {
    assert.equal(titleOf("accuracy.new_york"), "New York");
    assert.equal(titleOf("vienna"), "Vienna");
});
