# SPDX-License-Identifier: Apache-2.0
"""Numbers, nesting and text of any value on its way through the server (aimx.md 3.2)."""

from __future__ import annotations

import contextlib
from typing import Any

from cases import Case, load_tests
from wire import ConnectionClosed

__all__ = ["load_tests"]


class Values(Case):
    fresh = False

    def set_note(self, text: str) -> dict[str, Any]:
        """Sends record.set of `note` with the value as it is written, and returns the reply."""
        wire = self.session()
        wire.send(f'{{"t":"req","id":7,"method":"record.set","params":{{"name":"note","value":{text}}}}}')
        return wire.reply(7)

    def test_any_json_value_comes_back_as_it_went_in(self) -> None:
        wire = self.connect()
        texts = ["", "grün ℃ 😀", 'quote " slash \\ / tab \t nul \x00', "\u2028\u2029\x7f\x1f", "a" * 10_000]
        for value in (
            0, -1, 1.5, True, False, [], {}, [None], {"a": None}, [[1, [2, [3]]]], {"": {"": [{}]}}, *texts,
        ):  # fmt: skip
            with self.subTest(value=value):
                self.assertEqual(wire.call("record.set", {"name": "note", "value": value})["value"], value)
                self.assertEqual(wire.call("record.get", {"name": "note"}), value)

    def test_integers_of_64_bits_are_exact(self) -> None:
        for number in (2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1, -(2**53) - 1):
            with self.subTest(number=number):
                self.assertEqual(self.set_note(str(number))["ok"]["value"], number)

    def test_doubles_are_exact(self) -> None:
        for number in (0.1, 1e-300, 1.7976931348623157e308, 5e-324, 123456789.12345679, -0.0):
            with self.subTest(number=number):
                self.assertEqual(self.set_note(repr(number))["ok"]["value"], number)

    def test_a_number_beyond_double_makes_the_params_null(self) -> None:
        # Without params the name is missing, and that is what the call is told.
        self.assertEqual(self.set_note("1e999")["err"], "internal")
        wire = self.connect()
        wire.send('{"t":"req","id":7,"method":"record.query","params":{"name":1e999}}')
        wire.send('{"t":"req","id":8,"method":"record.get","params":{"name":"note","x":-1e999}}')

        self.assertIn("t", wire.reply(7))
        self.assertEqual(wire.reply(8)["err"], "not_found")

    def test_text_that_is_no_value_makes_the_params_null_or_drops_the_frame(self) -> None:
        wire = self.connect()
        for text in ("01", "+1", "NaN", "Infinity", "nul", "'x'", "[1,]", '{"a":1,}', '"\\x"', '"\\ud800"'):
            with self.subTest(text=text):
                wire.send(
                    f'{{"t":"req","id":7,"method":"record.set","params":{{"name":"note","value":{text}}}}}'
                )

                for frame in wire.barrier():
                    self.assertEqual((frame["id"], frame.get("err")), (7, "internal"))

    def test_nesting_below_the_limit_is_served(self) -> None:
        for nested in ("[" * 100 + "]" * 100, '{"a":' * 100 + "1" + "}" * 100):
            reply = self.set_note(nested)

            self.assertEqual(reply["ok"]["status"], "success")

    def test_nesting_beyond_128_levels_makes_the_params_null(self) -> None:
        for levels in (129, 1_000, 20_000):
            for nested in (
                "[" * levels + "]" * levels,
                '{"a":' * min(levels, 9_000) + "1" + "}" * min(levels, 9_000),
            ):
                with self.subTest(levels=levels, opens=nested[0]):
                    self.assertEqual(self.set_note(nested)["err"], "internal")

    def test_deep_nesting_elsewhere_costs_at_most_its_own_frame(self) -> None:
        wire = self.connect()
        deep = "[" * 20_000 + "]" * 20_000
        wire.send(
            f'{{"t":"write","topic":"note","payload":{deep}}}',
            f'{{"t":"ping","x":{deep}}}',
            f'{{"t":"ping","data":{deep}}}',
            "[" * 60_000,
            '{"a":' * 12_000,
        )

        self.assertLessEqual({frame["t"] for frame in wire.barrier()}, {"pong"})

    def test_a_null_is_never_the_result_of_a_get(self) -> None:
        wire = self.connect()
        self.assertEqual(wire.call("record.set", {"name": "note", "value": None})["status"], "success")

        reply = wire.reply(wire.send_request("record.get", {"name": "note"}))  # the wire refuses ok:null

        self.assertIn("err", reply)

    def test_a_duplicate_member_inside_a_value_does_no_harm(self) -> None:
        wire = self.connect()
        wire.send('{"t":"write","topic":"note","payload":{"a":1,"a":2}}')

        self.assertEqual(wire.barrier(), [])


class Lengths(Case):
    def test_a_length_agreed_on_holds_for_what_the_server_sends(self) -> None:
        wire = self.connect(additions=True, max_frame=100_000)
        self.server.produce("note", "x" * 99_000)
        self.assertEqual(len(wire.call("record.get", {"name": "note"})), 99_000)
        self.server.produce("note", "x" * 100_000)

        self.assertEqual(wire.refusal("record.get", {"name": "note"}), ("internal", "too_large"))


class LongestFrames(Case):
    transports = ("unix", "ws")
    limit_bytes = 16 << 20  # lines and WebSocket messages without a length agreed on

    def test_a_frame_of_exactly_the_limit_is_served(self) -> None:
        wire = self.connect()
        wire.send_bytes(wire.wrap(b'{"t":"ping"}'.ljust(self.limit_bytes)))

        wire.expect("pong")

    def test_a_longer_frame_ends_the_connection(self) -> None:
        wire = self.connect()
        with contextlib.suppress(ConnectionClosed):  # the server need not read it all
            wire.send_bytes(wire.wrap(b'{"t":"ping"}'.ljust(self.limit_bytes + 1)))

        self.assertEqual(wire.expect_closed(), [])
