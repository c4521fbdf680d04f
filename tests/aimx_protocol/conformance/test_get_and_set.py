# SPDX-License-Identifier: Apache-2.0
"""record.get and record.set by buffer kind, with every error (aimx.md 7.2, 7.3)."""

from __future__ import annotations

from typing import Any

from cases import T0_MS, Case, command, load_tests, reading, setpoint

__all__ = ["load_tests"]


class Get(Case):
    def test_the_result_is_the_value_itself(self) -> None:
        self.server.produce("boiler.setpoint", setpoint(55))

        self.assertEqual(self.connect().call("record.get", {"name": "boiler.setpoint"}), setpoint(55))

    def test_a_single_latest_gives_its_newest_value_again_and_again(self) -> None:
        wire = self.connect()
        for celsius in (1, 2, 3):
            self.server.produce("boiler", setpoint(celsius))

            for _ in range(2):
                self.assertEqual(wire.call("record.get", {"name": "boiler"}), setpoint(celsius))

    def test_a_ring_gives_its_newest_value_on_a_fresh_connection(self) -> None:
        for celsius in range(20):
            self.server.produce("boiler.supply", reading(celsius, 0.5))

        for _ in range(2):
            self.assertEqual(self.connect().call("record.get", {"name": "boiler.supply"}), reading(19, 0.5))

    def test_a_get_of_a_ring_takes_nothing_from_a_drain(self) -> None:
        wire = self.connect()
        wire.call("record.drain", {"name": "boiler.supply"})
        self.server.produce("boiler.supply", reading(1))
        self.server.produce("boiler.supply", reading(2))

        self.assertEqual(wire.call("record.get", {"name": "boiler.supply"}), reading(2))

        drained = wire.call("record.drain", {"name": "boiler.supply"})
        self.assertEqual(drained["values"], [reading(1), reading(2)])

    def test_a_mailbox_shows_its_value_without_giving_it_away(self) -> None:
        self.server.produce("boiler.command", command("open"))

        for _ in range(3):
            self.assertEqual(self.connect().call("record.get", {"name": "boiler.command"}), command("open"))

    def test_a_record_without_a_value_is_not_found(self) -> None:
        wire = self.connect()
        for key in ("boiler", "boiler.supply", "boiler.command", "note", "log.lines"):
            with self.subTest(record=key):
                self.assertEqual(wire.refusal("record.get", {"name": key}), ("not_found", "no_value"))

    def test_an_unknown_record_is_not_found(self) -> None:
        wire = self.connect()
        for key in ("no.such", "", "Boiler", "boiler.", ".boiler", "boiler supply", "boiler::supply"):
            with self.subTest(record=key):
                self.assertEqual(wire.refusal("record.get", {"name": key}), ("not_found", "unknown_record"))

    def test_a_record_that_is_not_served_is_as_unknown_as_any(self) -> None:
        self.server.produce("private.secret", reading(1))
        wire = self.connect()

        secret = wire.reply(wire.send_request("record.get", {"name": "private.secret"}))
        unknown = wire.reply(wire.send_request("record.get", {"name": "private.nobody"}))

        self.assertEqual((secret["err"], secret["code"]), ("not_found", "unknown_record"))
        self.assertEqual(secret["msg"].replace("secret", "nobody"), unknown["msg"])

    def test_a_missing_name_is_not_found(self) -> None:
        wire = self.connect()
        nameless: list[Any] = [
            None,
            {},
            [],
            "boiler",
            1,
            {"name": None},
            {"name": 1},
            {"name": ["boiler"]},
            {"Name": "boiler"},
        ]
        for params in nameless:
            with self.subTest(params=params):
                self.assertEqual(wire.refusal("record.get", params)[0], "not_found")

    def test_patterns_are_not_accepted(self) -> None:
        self.server.produce("boiler.supply", reading(1))
        wire = self.connect()
        for pattern in ("#", "*", "boiler.*", "boiler.#", "*.supply"):
            with self.subTest(pattern=pattern):
                self.assertEqual(wire.refusal("record.get", {"name": pattern})[0], "not_found")

    def test_a_transform_shows_its_output(self) -> None:
        wire = self.connect()
        wire.subscribe("boiler.mean")
        self.server.produce("boiler.supply", reading(61.5))
        wire.until(lambda frame: frame["t"] == "event" and frame["data"]["celsius"] == 61.5)

        self.assertEqual(wire.call("record.get", {"name": "boiler.mean"})["celsius"], 61.5)


class GetWithMeta(Case):
    def test_the_envelope_comes_with_the_value(self) -> None:
        wire = self.connect(additions=True)
        for celsius in (50, 51):
            position = self.server.produce_at("boiler.setpoint", T0_MS + celsius, setpoint(celsius))

            answer = wire.call("record.get", {"name": "boiler.setpoint", "meta": True})

            self.assertEqual(set(answer), {"value", "pos", "epoch", "ts"})
            self.assertEqual(
                (answer["value"], answer["pos"], answer["ts"]), (setpoint(celsius), position, T0_MS + celsius)
            )
            self.assertIsInstance(answer["epoch"], str)

    def test_a_client_without_additions_may_ask_for_it_too(self) -> None:
        position = self.server.produce("boiler.supply", reading(1))

        answer = self.connect().call("record.get", {"name": "boiler.supply", "meta": True})

        self.assertEqual((answer["value"], answer["pos"]), (reading(1), position))

    def test_without_it_the_bare_value_comes(self) -> None:
        self.server.produce("boiler.supply", reading(1))
        wire = self.connect(additions=True)

        for params in ({}, {"meta": False}, {"meta": None}):
            self.assertEqual(wire.call("record.get", {"name": "boiler.supply", **params}), reading(1))

    def test_it_changes_no_error(self) -> None:
        wire = self.connect(additions=True)

        self.assertEqual(
            wire.refusal("record.get", {"name": "boiler", "meta": True}), ("not_found", "no_value")
        )
        self.assertEqual(
            wire.refusal("record.get", {"name": "x", "meta": True}), ("not_found", "unknown_record")
        )


class Set(Case):
    def test_the_result_reads_the_record_back(self) -> None:
        wire = self.connect()
        answer = wire.call(
            "record.set", {"name": "boiler.setpoint", "value": {"celsius": 57, "unknown": [1]}}
        )

        self.assertEqual(answer, {"status": "success", "value": setpoint(57)})
        self.assertEqual(wire.call("record.get", {"name": "boiler.setpoint"}), setpoint(57))

    def test_a_set_of_a_mailbox_leaves_the_value_in_it(self) -> None:
        wire = self.connect()

        self.assertEqual(
            wire.call("record.set", {"name": "boiler.command", "value": command("open")}),
            {"status": "success", "value": command("open")},
        )
        self.assertEqual(wire.call("record.get", {"name": "boiler.command"}), command("open"))

    def test_a_set_of_a_ring_echoes_nothing(self) -> None:
        wire = self.connect()
        answer = wire.call("record.set", {"name": "log.lines", "value": command("x")})

        self.assertEqual(answer, {"status": "success"})
        self.assertEqual(wire.call("record.get", {"name": "log.lines"}), command("x"))

    def test_a_null_is_a_value(self) -> None:
        wire = self.connect()

        self.assertEqual(wire.call("record.set", {"name": "note", "value": None})["status"], "success")

    def test_another_session_sees_what_was_set(self) -> None:
        watcher = self.connect(transport="unix")
        sub = watcher.subscribe("note")

        self.connect().call("record.set", {"name": "note", "value": {"a": 1}})

        self.assertEqual(watcher.expect("event", sub=sub, seq=1)["data"], {"a": 1})

    def test_without_a_name_the_params_are_bad(self) -> None:
        wire = self.connect()
        for params in (None, {}, {"value": 1}, {"name": None, "value": 1}, {"name": 1, "value": 1}):
            with self.subTest(params=params):
                self.assertEqual(wire.refusal("record.set", params), ("internal", "bad_params"))

    def test_without_a_value_the_params_are_bad_whatever_the_record(self) -> None:
        wire = self.connect()
        for key in ("boiler.setpoint", "boiler.supply", "no.such", "private.secret"):
            with self.subTest(record=key):
                self.assertEqual(wire.refusal("record.set", {"name": key}), ("internal", "bad_params"))

    def test_a_record_that_is_not_writable_is_denied(self) -> None:
        wire = self.connect()
        for key in ("boiler", "boiler.supply", "boiler.mean", "boiler.both"):
            with self.subTest(record=key):
                params = {"name": key, "value": {"celsius": "x"}}
                self.assertEqual(wire.refusal("record.set", params), ("denied", "not_writable"))

    def test_an_unknown_record_is_denied_like_one_that_is_not_writable(self) -> None:
        wire = self.connect()
        for key in ("no.such", "private.secret", "", "boiler.*", "#"):
            with self.subTest(record=key):
                self.assertEqual(wire.refusal("record.set", {"name": key, "value": 1})[0], "denied")

    def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(self) -> None:
        wire = self.connect()
        wire.call("record.set", {"name": "boiler.setpoint", "value": setpoint(50)})

        misfits: list[Any] = [{"celsius": "x"}, {"celsius": {}}, "x", 7, None, []]
        for value in misfits:
            with self.subTest(value=value):
                params = {"name": "boiler.setpoint", "value": value}
                self.assertEqual(wire.refusal("record.set", params), ("internal", "decode_failed"))

        self.assertEqual(wire.call("record.get", {"name": "boiler.setpoint"}), setpoint(50))

    def test_the_reason_of_a_refusal_names_the_record(self) -> None:
        wire = self.connect()
        reply = wire.reply(wire.send_request("record.set", {"name": "boiler.supply", "value": reading(1)}))

        self.assertIn("boiler.supply", reply["msg"])
