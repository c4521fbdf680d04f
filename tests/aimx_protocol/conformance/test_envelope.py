# SPDX-License-Identifier: Apache-2.0
"""What the decoder of frames accepts and what it drops without a word (aimx.md 3.1 to 3.4)."""

from __future__ import annotations

from cases import Case, load_tests

__all__ = ["load_tests"]

# A good request is {"t":"req","id":7,"method":"record.get","params":{"name":"boiler"}}; each of
# these must be answered with the id 7.
ACCEPTED = {
    "another order": '{"params":{"name":"boiler"},"method":"record.get","id":7,"t":"req"}',
    "white space": ' {  "t" :\t"req" , "id" : 7 ,"method":"record.get" , "params" : { "name" : "boiler" } } ',
    "no params": '{"t":"req","id":7,"method":"record.list"}',
    "null params": '{"t":"req","id":7,"method":"record.list","params":null}',
    "unknown members": '{"t":"req","a":1,"b":"x","c":[1,{}],"d":null,"e":{"f":{}},"id":7,"method":"m"}',
    "an unknown member twice": '{"t":"req","x":1,"id":7,"x":2,"method":"m","x":"3"}',
    "an escape in an unknown member": '{"t":"req","id":7,"method":"m","x":"\\u0041\\n\\"\\\\"}',
    "an escape in params": '{"t":"req","id":7,"method":"record.get","params":{"name":"boi\\u006cer"}}',
    "nulls for optional members": '{"t":"req","id":7,"seq":null,"last":null,"method":"m","topic":null,'
    '"sub":null,'
    '"params":null,"payload":null,"data":null,"ok":null,"err":null}',
    "unused members of the right type": '{"t":"req","id":7,"seq":1,"last":false,"method":"m","topic":"a",'
    '"sub":"b","payload":[1],"data":{},"ok":"c","err":"d"}',
    "raw characters beyond ASCII": '{"t":"req","id":7,"method":"größe.℃.😀","params":{"name":"größe"}}',
    "an empty method": '{"t":"req","id":7,"method":""}',
    "params of another kind": '{"t":"req","id":7,"method":"record.list","params":"text"}',
}

DROPPED = {
    "not JSON": "hello",
    "half an object": '{"t":"ping"',
    "an array": '[{"t":"ping"}]',
    "a string": '"ping"',
    "a number": "7",
    "null": "null",
    "an empty object": "{}",
    "bytes after the object": '{"t":"ping"}x',
    "a second object": '{"t":"ping"}{"t":"ping"}',
    "a comma after the object": '{"t":"ping"},',
    "a byte order mark": '\ufeff{"t":"ping"}',
    "a comma at the end": '{"t":"ping",}',
    "single quotes": "{'t':'ping'}",
    "a comment": '{"t":"ping"/**/}',
    "a bare name": '{t:"ping"}',
    "a control character in a string": '{"t":"ping","x":"\x01"}',
    "no t": '{"id":7,"method":"record.list"}',
    "an unknown t": '{"t":"pings"}',
    "another case of t": '{"t":"Ping"}',
    "t with a space": '{"t":"ping "}',
    "t that is null": '{"t":null}',
    "t that is a number": '{"t":1}',
    "t that is an array": '{"t":["ping"]}',
    "t twice": '{"t":"ping","t":"ping"}',
    "id twice": '{"t":"req","id":7,"id":7,"method":"m"}',
    "method twice": '{"t":"req","id":7,"method":"m","method":"m"}',
    "params twice": '{"t":"req","id":7,"method":"m","params":null,"params":null}',
    "an unused member twice": '{"t":"ping","seq":1,"seq":1}',
    "an unused null twice": '{"t":"ping","topic":null,"topic":null}',
    "a negative id": '{"t":"req","id":-1,"method":"m"}',
    "a fractional id": '{"t":"req","id":1.0,"method":"m"}',
    "a quoted id": '{"t":"req","id":"7","method":"m"}',
    "an id above 64 bits": '{"t":"req","id":18446744073709551616,"method":"m"}',
    "an id that is true": '{"t":"req","id":true,"method":"m"}',
    "an id with a leading zero": '{"t":"req","id":07,"method":"m"}',
    "req without id": '{"t":"req","method":"m"}',
    "req with a null id": '{"t":"req","id":null,"method":"m"}',
    "req without method": '{"t":"req","id":7}',
    "req with a null method": '{"t":"req","id":7,"method":null}',
    "a method that is a number": '{"t":"req","id":7,"method":1}',
    "sub without id": '{"t":"sub","topic":"boiler"}',
    "sub without topic": '{"t":"sub","id":7}',
    "sub with a null topic": '{"t":"sub","id":7,"topic":null}',
    "sub with a topic that is an array": '{"t":"sub","id":7,"topic":["boiler"]}',
    "unsub without sub": '{"t":"unsub"}',
    "unsub with a number": '{"t":"unsub","sub":7}',
    "write without topic": '{"t":"write","payload":1}',
    "seq of another type": '{"t":"req","id":7,"method":"m","seq":"x"}',
    "a negative seq": '{"t":"req","id":7,"method":"m","seq":-1}',
    "a fractional seq": '{"t":"ping","seq":1.5}',
    "last of another type": '{"t":"ping","last":1}',
    "topic of another type": '{"t":"ping","topic":5}',
    "sub of another type": '{"t":"ping","sub":7}',
    "err of another type": '{"t":"ping","err":{}}',
    "id of another type": '{"t":"ping","id":"x"}',
    "method of another type": '{"t":"ping","method":false}',
    "an escape in t": '{"t":"p\\u0069ng"}',
    "an escape in method": '{"t":"req","id":7,"method":"record\\u002elist"}',
    "an escaped slash in method": '{"t":"req","id":7,"method":"a\\/b"}',
    "an escape in topic": '{"t":"sub","id":7,"topic":"boil\\u0065r"}',
    "an escape in sub": '{"t":"unsub","sub":"\\u0037"}',
    "an escape in an unused topic": '{"t":"ping","topic":"a\\nb"}',
    "an escape in an unused err": '{"t":"ping","err":"a\\"b"}',
    "a reply": '{"t":"reply","id":7,"ok":1}',
    "an event": '{"t":"event","sub":"7","seq":1,"data":1}',
    "a snap": '{"t":"snap","sub":"7","seq":1,"topic":"boiler","data":1}',
    "a subscribed": '{"t":"subscribed","sub":"7"}',
    "a pong": '{"t":"pong"}',
}


class Envelope(Case):
    fresh = False

    def test_a_frame_within_the_rules_is_served(self) -> None:
        wire = self.connect()
        for name, frame in ACCEPTED.items():
            with self.subTest(frame=name):
                wire.send(frame)

                self.assertEqual(wire.expect("reply")["id"], 7)

    def test_a_frame_against_the_rules_is_dropped_and_the_connection_kept(self) -> None:
        wire = self.connect()
        for name, frame in DROPPED.items():
            with self.subTest(frame=name):
                wire.send(frame)

                self.assertEqual(wire.barrier(), [])

    def test_a_dropped_frame_takes_no_neighbour_with_it(self) -> None:
        wire = self.connect()
        for frame in DROPPED.values():
            wire.send(frame, '{"t":"ping"}')

        for _ in DROPPED:
            wire.expect("pong")
        self.assertEqual(wire.barrier(), [])

    def test_an_escape_in_a_required_name_is_read(self) -> None:
        wire = self.connect()
        self.server.produce("note", "here")
        wire.send('{"t":"req","id":7,"method":"record.get","params":{"n\\u0061me":"\\u006eote"}}')

        self.assertEqual(wire.reply(7)["ok"], "here")

    def test_ids_go_through_exactly(self) -> None:
        wire = self.connect()
        for request_id in (0, 1, 2**31, 2**32, 2**53 + 1, 2**63, 2**64 - 1):
            wire.send(f'{{"t":"req","id":{request_id},"method":"record.list","params":null}}')

            self.assertEqual(wire.recv()["id"], request_id)

    def test_an_id_of_a_request_may_be_used_again(self) -> None:
        wire = self.connect()
        for _ in range(3):
            wire.send('{"t":"req","id":5,"method":"record.list"}')

            self.assertIn("ok", wire.reply(5))

    def test_a_null_where_a_value_is_optional_is_the_same_as_nothing(self) -> None:
        wire = self.connect()
        wire.send(
            '{"t":"ping","id":null,"seq":null,"last":null,"method":null,"topic":null,"sub":null,"err":null}'
        )

        wire.expect("pong")


class Order(Case):
    fresh = False

    def test_a_hundred_requests_at_once_are_each_answered_once(self) -> None:
        wire = self.connect()
        ids = [wire.send_request("record.get", {"name": "no.such"}) for _ in range(100)]

        replies = [wire.expect("reply")["id"] for _ in ids]

        self.assertEqual(sorted(replies), ids)
        self.assertEqual(wire.barrier(), [])

    def test_a_write_is_applied_before_the_request_behind_it(self) -> None:
        wire = self.connect()
        for value in range(20):
            wire.send({"t": "write", "topic": "note", "payload": value})

            self.assertEqual(wire.call("record.get", {"name": "note"}), value)

    def test_a_set_is_applied_before_the_request_behind_it(self) -> None:
        wire = self.connect()
        for value in range(20):
            first = wire.send_request("record.set", {"name": "note", "value": value})
            second = wire.send_request("record.get", {"name": "note"})

            self.assertEqual(wire.reply(first)["ok"]["value"], value)
            self.assertEqual(wire.reply(second)["ok"], value)

    def test_every_ping_has_its_pong(self) -> None:
        wire = self.connect()
        wire.send(*['{"t":"ping"}'] * 50)

        for _ in range(50):
            wire.expect("pong")
        self.assertEqual(wire.barrier(), [])
