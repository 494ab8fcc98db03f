"""The conformance of a served my_timer with docs/wire.md, version 2: one line for each case.

    python3 conformance.py unix:/run/timer.sock

The server's limits are the defaults, but the time of a frame may be shorter. Nobody else may have registered `fetch_clock`, or
listen to a lot of events.
"""

import asyncio
import struct
import sys
import traceback

import cbor2

import v2
from v2 import Client, Declared, Disconnected, Failed, frame, i32, open_connection, text, u32, u64

PATIENCE = 300
CASES = []


def case(function):
    CASES.append(function)
    return function


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join(map(repr, what)))


async def fails(awaitable, ret):
    """Waits for something that fails with a status, and gives its error."""
    try:
        value = await awaitable
    except Failed as failed:
        check(failed.ret == ret, failed, ret)
        return failed.error
    raise AssertionError(f"{value!r} is no failure")


def echo(message, delay_ms=0):
    return {"req": {"message": message, "delay_ms": delay_ms}}


class Raw:
    """A connection whose bytes the case makes itself."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, address):
        return cls(*await open_connection(address))

    @classmethod
    async def greeted(cls, address, max_frame=1 << 20):
        raw = await cls.connect(address)
        raw.send(v2.PREFACE + frame(v2.HELLO, u32(max_frame), u64(0), text("")))
        check(await raw.reader.readexactly(8) == v2.PREFACE)
        kind, _ = await raw.receive()
        check(kind == v2.WELCOME, kind)
        return raw

    def send(self, data):
        self.writer.write(data)

    async def receive(self):
        (length,) = struct.unpack(">I", await self.reader.readexactly(4))
        body = await self.reader.readexactly(length)
        return body[0], v2.Fields(body[1:])

    async def expect(self, kind):
        """The next frame, which is of this kind."""
        come, fields = await self.receive()
        check(come == kind, f"{come:#x}", f"{kind:#x}")
        return fields

    async def expect_end(self, ret=None):
        """GOODBYE with this status, if there is one to be, and the end."""
        if ret is not None:
            fields = await self.expect(v2.SERVER_GOODBYE)
            come = fields.i32()
            check(come == ret and fields.rest().decode(), come, ret)
        try:
            rest = await self.reader.read()
        except ConnectionError:
            # The system may say it like this, if the server did not read all that was sent.
            rest = b""
        check(rest == b"", rest)
        self.writer.close()


def request(number, method, arguments=None, timeout_ms=0):
    payload = b"" if arguments is None else cbor2.dumps(arguments)
    return frame(v2.REQUEST, u64(number), u32(timeout_ms), text(method), payload)


@case
async def the_greeting(address):
    async with await Client.connect(address) as timer:
        check(timer.library == "my_timer" and timer.version and timer.abi_hash, timer.library)
        check(timer.server_max_frame >= 1024 and timer.max_in_flight >= 1)
        hash = timer.abi_hash
    async with await Client.connect(address, abi_hash=hash) as timer:
        check(timer.abi_hash == hash)


@case
async def a_greeting_byte_by_byte(address):
    raw = await Raw.connect(address)
    for byte in v2.PREFACE + frame(v2.HELLO, u32(1024), u64(0), text("")) + frame(v2.PING, u64(7)):
        raw.send(bytes([byte]))
        await asyncio.sleep(0)
    check(await raw.reader.readexactly(8) == v2.PREFACE)
    await raw.expect(v2.WELCOME)
    check((await raw.expect(v2.SERVER_PONG)).u64() == 7)
    raw.send(frame(v2.GOODBYE))
    await raw.expect_end()


@case
async def another_interface_is_refused(address):
    error = await fails(Client.connect(address, abi_hash=7), v2.ABI_MISMATCH)
    check("my_timer" in error, error)


@case
async def a_client_with_short_frames_is_refused(address):
    await fails(Client.connect(address, max_frame=1023), v2.INVALID_ARGUMENT)


@case
async def another_version_is_told_ours(address):
    raw = await Raw.connect(address)
    raw.send(b"FFIHOST\x09")
    check(await raw.reader.readexactly(8) == v2.PREFACE)
    await raw.expect_end()


@case
async def a_stranger_is_told_nothing(address):
    raw = await Raw.connect(address)
    raw.send(b"GET / HTTP/1.1\r\n\r\n")
    await raw.expect_end()


@case
async def requests(address):
    async with await Client.connect(address) as timer:
        check(await timer.request("name") == "ipc-server")
        check(await timer.request_raw("name", b"") == "ipc-server", "an empty payload is the empty map")
        check(await timer.request("echo", **echo("hello")) == {"echoed": "hello", "timer": "ipc-server"})
        plan = await timer.request("plan", schedule={
            "echoes": [{"message": "tick", "delay_ms": 10}, {"message": "tock", "delay_ms": 20}],
            "tags": ["a"], "note": None, "repeat": {"Times": 2}})
        check(plan["total_ms"] == 60 and len(plan["entries"]) == 4 and plan["title"] == "a", plan)
        check(await timer.request("total_delay", delays_ms=[1, 2, 3]) == 6)


@case
async def a_request_fails_in_each_way(address):
    async with await Client.connect(address) as timer:
        check(await fails(timer.request("echo", **echo("")), v2.ERR) == "Empty")
        too_long = await fails(timer.request("echo", **echo("x", 60_001)), v2.ERR)
        check(too_long == {"TooLong": {"delay_ms": 60_001}}, too_long)
        check("req" in await fails(timer.request("echo"), v2.DECODE))
        await fails(timer.request_raw("echo", b"\xff"), v2.DECODE)
        check("no_such_thing" in await fails(timer.request("no_such_thing"), v2.INVALID_ARGUMENT))
        await fails(timer.request(""), v2.INVALID_ARGUMENT)
        await fails(timer.request("x" * 256), v2.INVALID_ARGUMENT)
        await fails(timer.request("echo", **echo("x" * (1 << 17))), v2.TOO_LARGE)


@case
async def a_handle(address):
    async with await Client.connect(address) as timer:
        handle = await timer.request("start_stopwatch", label="lap")
        reading = await timer.request("read_stopwatch", stopwatch=handle)
        check(reading["label"] == "lap" and reading["elapsed_ns"] >= 0, reading)
        check(await timer.request("stopwatch_release", handle=handle) is None)
        await fails(timer.request("stopwatch_release", handle=handle), v2.UNKNOWN_TOKEN)
        await fails(timer.request("read_stopwatch", stopwatch=handle), v2.DECODE)


@case
async def the_descriptor(address):
    async with await Client.connect(address) as timer:
        descriptor = cbor2.loads(await timer.request("ffihost.descriptor"))
        check(descriptor["hash"] == timer.abi_hash)
        check(any(info.get("version") == timer.version for info in descriptor["info"]))


@case
async def requests_overtake_each_other(address):
    async with await Client.connect(address) as timer:
        _, slow = timer.start("echo", **echo("slow", 30_000))
        check((await timer.request("echo", **echo("quick")))["echoed"] == "quick")
        check(not slow.done())
        number = next(number for number, reply in timer.replies.items() if reply is slow)
        timer.cancel(number)
        await fails(slow, v2.CANCELLED)


@case
async def many_requests_at_once(address):
    async with await Client.connect(address) as timer:
        count = min(timer.max_in_flight, 500)
        echoes = await asyncio.gather(*(timer.request("echo", **echo(str(at), at % 5)) for at in range(count)))
        check([echo["echoed"] for echo in echoes] == [str(at) for at in range(count)])


@case
async def more_requests_than_allowed_are_busy(address):
    async with await Client.connect(address) as timer:
        running = [timer.start("echo", **echo("x", 60_000)) for _ in range(timer.max_in_flight)]
        await fails(timer.request("echo", **echo("one more")), v2.BUSY)
        for number, _ in running:
            timer.cancel(number)
        for _, reply in running:
            await fails(reply, v2.CANCELLED)
        check(await timer.request("name") == "ipc-server")


@case
async def cancelled(address):
    async with await Client.connect(address) as timer:
        number, reply = timer.start("echo", **echo("x", 60_000))
        timer.cancel(number)
        timer.cancel(number)
        await fails(reply, v2.CANCELLED)
        timer.cancel(number)
        timer.cancel(12345)
        check(await timer.request("name") == "ipc-server")


@case
async def timed_out(address):
    async with await Client.connect(address) as timer:
        await fails(timer.request("echo", 20, **echo("x", 60_000)), v2.TIMED_OUT)
        check((await timer.request("echo", 30_000, **echo("in time")))["echoed"] == "in time")


@case
async def ids_are_the_clients_to_choose(address):
    raw = await Raw.greeted(address)
    for number in (0, 2**64 - 1, 0):
        raw.send(request(number, "name"))
        fields = await raw.expect(v2.REPLY)
        check((fields.u64(), fields.i32()) == (number, 0))
    raw.send(frame(v2.GOODBYE))
    await raw.expect_end()


@case
async def events(address):
    async with await Client.connect(address) as timer, await Client.connect(address) as other:
        heard = await timer.listen("on_echo_fired")
        for at in range(3):
            await other.request("echo", **echo(f"event {at}"))
        for at in range(3):
            check(await anext(heard) == (0, {"message": f"event {at}"}))
        await heard.close()
        await other.request("echo", **echo("nobody hears this"))
        await timer.request("name")
        check([event async for event in heard] == [])


@case
async def two_listeners_of_one_client(address):
    async with await Client.connect(address) as timer:
        one, two = await timer.listen("on_echo_fired"), await timer.listen("on_echo_fired")
        await timer.request("echo", **echo("both"))
        check(await anext(one) == await anext(two) == (0, {"message": "both"}))
        await one.close()
        await timer.request("echo", **echo("one"))
        check(await anext(two) == (0, {"message": "one"}))


@case
async def no_such_event(address):
    async with await Client.connect(address) as timer:
        check("on_nothing" in await fails(timer.listen("on_nothing"), v2.INVALID_ARGUMENT))


@case
async def cancelled_before_it_is_open(address):
    raw = await Raw.greeted(address)
    listen, register = frame(v2.LISTEN, u64(1), text("on_echo_fired")), (u64(1), u32(0), u32(0), text("fetch_clock"))
    for opening in (listen, frame(v2.REGISTER, *register)):
        raw.send(opening + frame(v2.CANCEL, u64(1)))
        check((await raw.expect(v2.OPENED)).u64() == 1)
        fields = await raw.expect(v2.REPLY)
        check((fields.u64(), fields.i32(), fields.rest()) == (1, 0, b"\xf6"))
    raw.send(frame(v2.LISTEN, u64(1), text("on_nothing")) + frame(v2.CANCEL, u64(1)))
    fields = await raw.expect(v2.REPLY)
    check((fields.u64(), fields.i32()) == (1, v2.INVALID_ARGUMENT))
    raw.send(frame(v2.GOODBYE))
    await raw.expect_end()


@case
async def an_event_that_is_too_long_is_missed(address):
    async with await Client.connect(address, max_frame=1024) as timer:
        heard = await timer.listen("on_echo_fired")
        await fails(timer.request("echo", **echo("x" * 2000)), v2.TOO_LARGE)
        await timer.request("echo", **echo("short"))
        check(await anext(heard) == (1, {"message": "short"}))


@case
async def a_host_function(address):
    async with await Client.connect(address) as timer:
        check("NoClock" in await fails(timer.request("read_clock"), v2.ERR))

        async def fetch_clock():
            return 7

        clock = await timer.register("fetch_clock", fetch_clock)
        check(await timer.request("read_clock") == "ipc-server read 7 ms since 1970")
        await clock.close()
        check("NoClock" in await fails(timer.request("read_clock"), v2.ERR))


@case
async def a_host_function_fails_in_each_way(address):
    async with await Client.connect(address) as timer:
        async def raises():
            raise ValueError("planted")

        async def wrong():
            return "no number"

        for function, why in ((raises, "planted"), (wrong, "decode")):
            clock = await timer.register("fetch_clock", function)
            error = await fails(timer.request("read_clock"), v2.ERR)
            check(why in error["NoClock"], error)
            await clock.close()
        check([ret for _, ret in timer.refused] == [v2.DECODE], timer.refused)

        async def fetch_nothing():
            raise Declared("unused")

        await fails(timer.register("fetch_nothing", fetch_nothing), v2.INVALID_ARGUMENT)


@case
async def the_newest_registration_is_asked(address):
    async with await Client.connect(address) as one, await Client.connect(address) as two:
        async def first():
            return 1

        async def second():
            return 2

        await one.register("fetch_clock", first)
        newer = await two.register("fetch_clock", second)
        check("read 2 ms" in await one.request("read_clock"))
        await newer.close()
        check("read 1 ms" in await one.request("read_clock"))
        newer = await one.register("fetch_clock", second)
        check("read 2 ms" in await one.request("read_clock"), "also when both are one client's")
        await newer.close()
        check("read 1 ms" in await one.request("read_clock"))


@case
async def a_call_that_is_too_late(address):
    async with await Client.connect(address) as timer:
        ended = asyncio.Event()

        async def never():
            try:
                await asyncio.sleep(PATIENCE)
            finally:
                ended.set()

        await timer.register("fetch_clock", never, 0, 50)
        await fails(timer.request("read_clock"), v2.ERR)
        await ended.wait()
        check(not timer.calls)


@case
async def answers_that_are_none(address):
    raw = await Raw.greeted(address)
    raw.send(frame(v2.COMPLETE, u64(1), i32(0), b"\xf6"))
    fields = await raw.expect(v2.CALL_REFUSED)
    check((fields.u64(), fields.i32()) == (1, v2.UNKNOWN_TOKEN))
    raw.send(frame(v2.REGISTER, u64(3), u32(0), u32(0), text("fetch_clock")))
    check((await raw.expect(v2.OPENED)).u64() == 3)
    raw.send(request(4, "read_clock"))
    fields = await raw.expect(v2.CALL)
    call = fields.u64()
    check((fields.u64(), cbor2.loads(fields.rest())) == (3, {}))
    raw.send(frame(v2.COMPLETE, u64(call), i32(0), b"\x07"))
    raw.send(frame(v2.COMPLETE, u64(call), i32(0), b"\x08"))
    kinds = sorted([(await raw.receive())[0], (await raw.receive())[0]])
    check(kinds == [v2.REPLY, v2.CALL_REFUSED], kinds)
    raw.send(frame(v2.GOODBYE))
    fields = await raw.expect(v2.REPLY)
    check(fields.u64() == 3)
    await raw.expect_end()


@case
async def a_registration_that_ends_gives_its_calls_up(address):
    async with await Client.connect(address) as timer, await Client.connect(address) as asker:
        called, ended = asyncio.Event(), asyncio.Event()

        async def never():
            called.set()
            try:
                await asyncio.sleep(PATIENCE)
            finally:
                ended.set()

        clock = await timer.register("fetch_clock", never)
        _, reading = asker.start("read_clock")
        await called.wait()
        await clock.close()
        await ended.wait()
        await fails(reading, v2.ERR)


@case
async def a_client_that_is_gone_fails_its_calls(address):
    async with await Client.connect(address) as asker:
        timer = await Client.connect(address)
        called = asyncio.Event()

        async def never():
            called.set()
            await asyncio.sleep(PATIENCE)

        await timer.register("fetch_clock", never)
        _, reading = asker.start("read_clock")
        await called.wait()
        timer.abort()
        error = await fails(reading, v2.ERR)
        check("connection" in error["NoClock"] or "isconnected" in error["NoClock"], error)


@case
async def pings(address):
    async with await Client.connect(address) as timer:
        check(await timer.ping(42) == 42)
        check(await timer.ping(2**64 - 1) == 2**64 - 1)


@case
async def goodbye(address):
    timer = await Client.connect(address)
    heard = await timer.listen("on_echo_fired")
    _, late = timer.start("echo", **echo("late", 100))
    await timer.close()
    check(cbor2.loads(late.result())["echoed"] == "late", "it was answered first")
    check(timer.goodbye is None and heard.ended and not timer.replies, timer.replies)


@case
async def nothing_is_opened_after_goodbye(address):
    raw = await Raw.greeted(address)
    raw.send(request(1, "echo", echo("x", 200)) + frame(v2.GOODBYE) + request(2, "name"))
    fields = await raw.expect(v2.REPLY)
    check((fields.u64(), fields.i32()) == (2, v2.CLOSING))
    check((await raw.expect(v2.REPLY)).u64() == 1)
    await raw.expect_end()


@case
async def violations_end_the_connection(address):
    hello = frame(v2.HELLO, u32(1024), u64(0), text(""))
    violations = {
        "HELLO again": hello,
        "an open id": request(1, "echo", echo("x", 60_000)) + frame(v2.LISTEN, u64(1), text("on_echo_fired")),
        "no kind": u32(0),
        "an unknown kind": frame(0x0A),
        "kind 0": frame(0),
        "a server's kind": frame(v2.OPENED, u64(1)),
        "a short frame": frame(v2.CANCEL, b"\0" * 7),
        "a long frame": frame(v2.GOODBYE, b"\0"),
        "a short text": frame(v2.LISTEN, u64(1), b"\0\2a"),
        "no UTF-8": frame(v2.LISTEN, u64(1), b"\0\1\xff"),
    }
    for name, data in violations.items():
        raw = await Raw.greeted(address)
        raw.send(data)
        try:
            await raw.expect_end(v2.INVALID_ARGUMENT)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None
    raw = await Raw.connect(address)
    raw.send(v2.PREFACE + request(1, "name"))
    check(await raw.reader.readexactly(8) == v2.PREFACE)
    await raw.expect_end(v2.INVALID_ARGUMENT)


@case
async def a_frame_over_the_limit(address):
    async with await Client.connect(address) as timer:
        longest = timer.server_max_frame
    raw = await Raw.greeted(address)
    raw.send(u32(longest + 1))
    await raw.expect_end(v2.TOO_LARGE)
    raw = await Raw.greeted(address)
    payload = b"\xa0" + bytes(longest - 1 - 8 - 4 - 2 - 4 - 1)
    raw.send(frame(v2.REQUEST, u64(1), u32(0), text("name"), payload))
    fields = await raw.expect(v2.REPLY)
    check(fields.i32() if fields.u64() == 1 else False, "as long as a frame may be, and answered")
    raw.send(frame(v2.GOODBYE))
    await raw.expect_end()


@case
async def a_frame_that_never_ends(address):
    raw = await Raw.greeted(address)
    raw.send(u32(100) + b"\x02")
    await raw.expect_end(v2.TIMED_OUT)


@case
async def who_goes_in_the_middle_disturbs_nobody(address):
    async with await Client.connect(address) as timer:
        whole = v2.PREFACE + frame(v2.HELLO, u32(1024), u64(0), text("")) + request(1, "echo", echo("x", 60_000))
        for length in range(0, len(whole) + 1, 3):
            raw = await Raw.connect(address)
            raw.send(whole[:length])
            await raw.writer.drain()
            raw.writer.transport.abort()
        check(await timer.request("name") == "ipc-server")


@case
async def a_connection_that_is_lost_fails_what_waits(address):
    timer = await Client.connect(address)
    _, reply = timer.start("echo", **echo("x", 60_000))
    timer.abort()
    try:
        await reply
    except Disconnected:
        return
    raise AssertionError("nobody could answer that")


async def main(address):
    failed = 0
    for case in CASES:
        name = case.__name__.replace("_", " ")
        try:
            await asyncio.wait_for(case(address), PATIENCE)
        except Exception:
            failed += 1
            print(f"FAILED  {name}")
            traceback.print_exc()
        else:
            print(f"ok      {name}", flush=True)
    print(f"{len(CASES) - failed} of {len(CASES)} cases hold")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: conformance.py unix:<path> | tcp:<host>:<port>")
    sys.exit(asyncio.run(main(sys.argv[1])))
